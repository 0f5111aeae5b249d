"""Faults on purpose: each name does on the wire what its line in the table says."""

import http.client
import json
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from litwatch.demo.calls import Reply
from litwatch.demo.damage import DAMAGES
from litwatch.demo.esearch import PAST_REACH
from litwatch.demo.faults import FAULTS, Fault, spoil

FETCH = {"id": "101,102,103,104"}


@pytest.fixture
def spoiled(serve, call, quartet):
    """The reply to one call that meets a fault, and the stand-in that gave it."""

    def make(endpoint, fault, params=None, method="POST", ids=(), **more):
        served = serve(quartet, drip_seconds=0.01)
        served.fail(endpoint, fault, ids=ids)
        return call(served, endpoint, params, method, **more)

    return make


@pytest.fixture
def raw():
    """The reply to a GET, read by hand: nothing is retried, decoded or drained."""
    with ExitStack() as connections:

        def get(served, path: str) -> http.client.HTTPResponse:
            port = urlsplit(served.base_url).port
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=0.5)
            connections.callback(connection.close)
            connection.request("GET", f"/entrez/eutils/{path}")
            return connections.enter_context(connection.getresponse())

        yield get


# ---- which call meets a fault ------------------------------------------------------------------


def test_a_fault_spares_the_first_calls_and_happens_so_often(serve, call, quartet):
    served = serve(quartet)
    served.fail("efetch", "bad-gateway", after=1, times=2)
    codes = [call(served, "efetch", FETCH).status_code for _ in range(4)]

    assert codes == [200, 502, 502, 200]
    assert [request.status for request in served.log] == codes


def test_a_fault_may_last_and_concern_one_endpoint_or_any(serve, call, quartet):
    served = serve(quartet)
    served.fail("esearch", "unavailable", times=None)

    assert [call(served, "esearch", term="x").status_code for _ in range(3)] == [503] * 3
    assert call(served, "efetch", FETCH).status_code == 200
    served.fail("*", "server-error")
    assert call(served, "epost", FETCH).status_code == 500


def test_a_fault_may_concern_the_calls_that_name_an_id(serve, call, quartet):
    served = serve(quartet)
    served.fail("efetch", "viewer-timeout", ids=["103"], times=None)
    codes = [call(served, "efetch", id=ids).status_code for ids in ("101,103", "101", "103")]

    assert codes == [400, 200, 400]


def test_a_fault_may_concern_large_calls_alone(serve, call, quartet):
    served = serve(quartet)
    served.fail("efetch", "bad-gateway", times=None, more_than=2)

    assert [
        call(served, "efetch", id=ids).status_code
        for ids in ("101,102,103,104", "101,102,103", "103,104", "101")
    ] == [502, 502, 200, 200]
    assert call(served, "esearch", term="myxedema").status_code == 200


def test_faults_come_in_the_order_in_which_they_were_planned(serve, call, quartet):
    served = serve(quartet)
    served.fail("efetch", "rate-limit")
    served.fail("efetch", Fault(status=418, body="teapot for {caller}", type="text/plain"))
    first, second = call(served, "efetch", FETCH), call(served, "efetch", FETCH)

    assert (first.status_code, second.status_code) == (429, 418)
    assert second.text == "teapot for 127.0.0.1"


# ---- whole replies -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "content"),
    [
        ("rate-limit", 429, '"error":"API rate limit exceeded"'),
        ("rate-limit-bare", 429, '"error":"API rate limit exceeded"'),
        ("server-error", 500, "WWW Error 500 Diagnostic"),
        ("json-without-count", 500, '"esearchresult":{}'),
        ("bad-gateway", 502, "Bad Gateway"),
        ("unavailable", 503, ""),
        ("gateway-timeout", 504, "Gateway Time-out"),
        ("key-invalid", 400, '"error":"API key invalid"'),
        ("viewer-timeout", 400, "External viewer error: Empty Response"),
        ("id-list-empty", 400, "ID list is empty!"),
        ("uri-too-long", 414, "414 Request-URI Too Large"),
        ("maintenance", 200, "down_bethesda"),
        ("captive-portal", 200, "please log in"),
        ("proxy-login", 407, "Proxy Authentication Required"),
        ("history-lost-400", 400, "Cannot retrieve history data. query_key: 1"),
        ("out-of-range", 400, "OUT OF RANGE"),
        ("link-backend", 200, "TXCLIENT::readAll EOF"),
        ("backend-unsupported", 200, "Database is not supported: pubmed"),
        ("backend-connection", 200, "Unable to open connection"),
        ("empty", 200, ""),
        ("history-lost", 200, "Unable to obtain query #1"),
    ],
)
def test_a_named_fault_answers_in_the_place_of_a_record(spoiled, fault, status, content):
    reply = spoiled("efetch", fault, FETCH)

    assert reply.status_code == status
    assert content in reply.text
    assert "PubmedArticle>" not in reply.text
    assert reply.headers.get("Retry-After") == ("2" if fault == "rate-limit" else None)


def test_the_rate_limit_of_a_key_shows_the_key(serve, call, quartet):
    served = serve(quartet, known_keys={"geheim-1"})
    served.fail("efetch", "rate-limit")
    reply = call(served, "efetch", FETCH, api_key="geheim-1")

    assert reply.json()["api-key"] == "geheim-1"
    assert reply.headers.get("X-RateLimit-Remaining") == "0"
    assert "geheim-1" not in repr(served.log)


def test_a_blocked_address_is_led_to_the_page_that_says_so(serve, call, quartet):
    served = serve(quartet)
    served.fail("efetch", "blocked", times=None)
    reply = call(served, "efetch", FETCH)

    assert [step.status_code for step in reply.history] == [302]
    assert (reply.status_code, reply.url) == (
        200,
        served.base_url.replace("/entrez/eutils/", "/error/abuse.shtml"),
    )
    assert "WWW Error Blocked Diagnostic" in reply.text


def test_a_redirected_post_comes_back_as_an_empty_get(serve, call, quartet):
    served = serve(quartet)
    served.fail("esearch", "redirect")
    reply = call(served, "esearch", term="myxedema")

    assert [request.method for request in served.log] == ["POST", "GET"]
    assert "Invalid db name specified" in reply.text


# ---- connections and framing -------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reset", "disconnect"])
def test_a_connection_may_end_without_a_reply(serve, quartet, fault, raw):
    served = serve(quartet)
    served.fail("efetch", fault)
    expected = ConnectionResetError if fault == "reset" else http.client.RemoteDisconnected

    with pytest.raises(expected) as caught:
        raw(served, "efetch.fcgi?db=pubmed&id=101")
    assert (type(caught.value) is http.client.RemoteDisconnected) == (fault == "disconnect")
    assert [request.status for request in served.log] == [None]


def test_headers_may_never_come(serve, call, quartet):
    served = serve(quartet)
    served.fail("efetch", "silent")

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{served.base_url}efetch.fcgi", data={"db": "pubmed"}, timeout=0.2)
    assert call(served, "efetch", FETCH).status_code == 200


def test_a_body_may_stop_coming(serve, quartet, raw):
    served = serve(quartet)
    served.fail("efetch", "stall")
    reply = raw(served, "efetch.fcgi?db=pubmed&id=101")

    with pytest.raises(TimeoutError):
        reply.read()


def test_a_body_may_come_byte_by_byte(serve, quartet, raw):
    served = serve(quartet, drip_seconds=0.02)
    served.fail("epost", "drip")
    started = time.perf_counter()
    reply = raw(served, "epost.fcgi?db=pubmed&id=101")

    assert reply.read(10) == b"<?xml vers"
    assert time.perf_counter() - started >= 9 * 0.02


@pytest.mark.parametrize("fault", ["short", "cut"])
def test_a_body_may_be_shorter_than_its_framing_says(serve, quartet, fault, raw):
    served = serve(quartet)
    served.fail("efetch", fault)

    with pytest.raises(http.client.IncompleteRead):
        raw(served, "efetch.fcgi?db=pubmed&id=101").read()


def test_a_body_without_framing_may_end_just_after_a_record(serve, quartet, raw):
    served = serve(quartet)
    served.fail("efetch", "unframed-cut")
    reply = raw(served, "efetch.fcgi?db=pubmed&id=101,102")
    body = reply.read()

    assert reply.headers["Content-Length"] is reply.headers["Transfer-Encoding"] is None
    assert body.rstrip().endswith(b"</PubmedArticle>")


def test_a_body_may_be_compressed_unasked(serve, quartet, raw):
    served = serve(quartet)
    served.fail("efetch", "gzip")
    reply = raw(served, "efetch.fcgi?db=pubmed&id=101")

    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.read(2) == b"\x1f\x8b"


def test_a_body_may_be_endless(serve, quartet, raw):
    served = serve(quartet)
    served.fail("efetch", "flood")
    reply = raw(served, "efetch.fcgi?db=pubmed&id=101")

    assert len(reply.read(8_000_000)) == 8_000_000


# ---- damaged bodies ----------------------------------------------------------------------------


def test_records_may_be_missing(spoiled, pmids):
    assert pmids(spoiled("efetch", "missing-records", FETCH, ids=["101", "103"])) == ["102", "104"]
    assert pmids(spoiled("efetch", "missing-records", FETCH)) == ["101", "102", "103"]


def test_a_record_may_come_twice_or_unasked(spoiled, pmids):
    assert pmids(spoiled("efetch", "duplicate-record", id="101,102", ids=["101"])) == [
        "101",
        "101",
        "102",
    ]
    assert pmids(spoiled("efetch", "unasked-record", id="101")) == ["101", "1"]


def test_one_record_may_hold_a_control_character(spoiled):
    reply = spoiled("efetch", "malformed-record", FETCH, ids=["102"])

    assert reply.content.count(b"\x0b") == 1
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(reply.content)


def test_an_unknown_element_may_turn_up(spoiled, text):
    assert etree.fromstring(spoiled("efetch", "unknown-element", FETCH).content).xpath(
        "count(//New)"
    ) == len(FETCH["id"].split(","))
    assert text(spoiled("esearch", "unknown-element", term="myxedema"), "NewThing") == "1"


def test_a_body_may_be_a_prolog_alone_or_half(spoiled):
    prolog = spoiled("efetch", "prolog-only", FETCH).text
    half = spoiled("esearch", "half", term="myxedema", retmode="json").text

    assert prolog.startswith('<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet')
    assert prolog.rstrip().endswith('.dtd">')
    with pytest.raises(json.JSONDecodeError):
        json.loads(half)


def test_types_marks_and_doctypes_may_be_odd(spoiled):
    assert spoiled("efetch", "plain-type", FETCH).headers["Content-Type"] == "text/plain"
    marked = spoiled("efetch", "wrong-charset", FETCH)
    assert marked.content.startswith(b"\xef\xbb\xbf<?xml")
    assert marked.headers["Content-Type"] == "text/xml; charset=ISO-8859-1"
    assert '"http://dtd.nlm.nih.gov' in spoiled("efetch", "http-doctype", FETCH).text
    bomb = spoiled("efetch", "entity-bomb", FETCH).text
    assert "<!ENTITY f SYSTEM" in bomb
    assert "<ArticleTitle>&c;&f;Scleromyxedema one" in bomb


@pytest.mark.parametrize("mode", ["xml", "json"])
def test_a_search_may_go_wrong_in_either_form(spoiled, mode):
    def search(fault: str) -> tuple[str, list[str], str]:
        reply = spoiled("esearch", fault, term="scleromyxedema", retmode=mode)
        if mode == "json":
            result = reply.json()["esearchresult"]
            return result["count"], result["idlist"], result["querytranslation"]
        root = etree.fromstring(reply.content)
        listed = [str(element.text) for element in root.iterfind("IdList/Id")]
        return root.findtext("Count"), listed, root.findtext("QueryTranslation")

    assert search("zero-count")[:2] == ("0", [])
    assert search("short-list")[:2] == ("3", ["103", "102"])
    assert search("bad-ids")[1] == ["103", "102", "101", "0", "abc"]
    assert search("translation-changed")[2] == '"something else"[All Fields]'
    assert search("one-more")[:2] == ("4", ["103", "102", "101"])
    assert search("shifted-ids")[:2] == ("3", ["103", "103", "101"])
    assert search("clamped-list")[:2] == ("3", ["103"])
    assert search("translation-stack") == search("gzip")


@pytest.mark.parametrize("mode", ["xml", "json"])
def test_a_list_that_pubmed_shortens_says_so(spoiled, mode):
    reply = spoiled("esearch", "clamped-list", term="scleromyxedema", retmode=mode)

    assert "Restrictions achieved. start and count adjusted to 0, 1" in reply.text


def test_the_old_stack_stands_before_the_translation(spoiled, text):
    reply = spoiled("esearch", "translation-stack", term="scleromyxedema")

    assert text(reply, "TranslationStack/TermSet/Count") == "1"
    assert text(reply, "Count") == "3"


def test_the_cap_may_be_told_in_json_that_is_none(spoiled):
    reply = spoiled("esearch", "past-reach", term="scleromyxedema", retmode="json")

    with pytest.raises(json.JSONDecodeError, match="control character"):
        json.loads(reply.text)
    error = json.loads(reply.text, strict=False)["esearchresult"]["ERROR"]
    assert error == PAST_REACH


def test_a_set_may_be_empty_and_a_record_be_there_in_two_versions(spoiled, pmids):
    assert pmids(spoiled("efetch", "empty-set", FETCH)) == []
    twice = spoiled("efetch", "newer-version", FETCH)
    versions = [each.get("Version") for each in etree.fromstring(twice.content).iter("PMID")]
    assert pmids(twice)[-2:] == ["104", "104"]
    assert versions[-2:] == ["2", "1"]


def test_states_links_and_attributes_may_be_unknown(spoiled):
    reply = spoiled("efetch", "unknown-values", FETCH).text

    assert "<PublicationStatus>beyondprint</PublicationStatus>" in reply
    assert etree.fromstring(reply.encode()) is not None


# ---- the table ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_every_named_fault_can_be_played_on_any_reply(name):
    spoiled_reply = spoil(FAULTS[name], Reply(b"not even XML"), (), {})

    assert isinstance(spoiled_reply, Reply) != bool(FAULTS[name].silence)


def test_every_damage_belongs_to_a_named_fault():
    assert {fault.damage for fault in FAULTS.values()} - {None} == set(DAMAGES)
