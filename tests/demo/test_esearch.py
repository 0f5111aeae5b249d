"""ESearch over HTTP, as NCBI answers it."""

import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from litwatch.demo.calls import Options

SEARCH_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN"'
    ' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)


def test_a_search_answers_in_the_recorded_shape(serve, call, quartet):
    reply = call(serve(quartet), "esearch", term="scleromyxedema[ti]", retmax="2")

    assert reply.text == (
        SEARCH_DOCTYPE
        + "<eSearchResult><Count>3</Count><RetMax>2</RetMax><RetStart>0</RetStart><IdList>\n"
        "<Id>103</Id>\n<Id>102</Id>\n</IdList><TranslationSet/>"
        '<QueryTranslation>"scleromyxedema"[Title]</QueryTranslation></eSearchResult>\n'
    )


def test_the_other_recorded_layout_says_the_same(serve, call, quartet, pmids):
    reply = call(serve(quartet, options=Options(layout="tabs")), "esearch", term="myxedema[ti]")

    assert "<eSearchResult>\n<Count>1</Count>" in reply.text
    assert "<IdList>\n\t<Id>104</Id>\n</IdList>\n<TranslationSet/>" in reply.text
    assert reply.text.endswith("</QueryTranslation>\n\n</eSearchResult>\n")
    assert pmids(reply) == ["104"]


def test_a_reply_has_the_recorded_headers(serve, call, quartet):
    headers = call(serve(quartet), "esearch", term="myxedema").headers

    assert headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("3", "2")
    assert headers["Date"] == "Mon, 02 Nov 2026 06:30:00 GMT"
    assert headers["Set-Cookie"].startswith("ncbi_sid=")


def test_json_has_lower_case_keys_and_numbers_as_strings(serve, call, quartet):
    served = serve(quartet)
    reply = call(
        served, "esearch", term="sample cutan[la] OR myxedema[ti]", retmode="json", usehistory="y"
    )
    result = reply.json()["esearchresult"]

    assert reply.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert reply.json()["header"] == {"type": "esearch", "version": "0.3"}
    assert result == {
        "count": "1",
        "retmax": "1",
        "retstart": "0",
        "querykey": "1",
        "webenv": result["webenv"],
        "idlist": ["104"],
        "translationset": [],
        "querytranslation": '"sample cutan"[Language] OR "myxedema"[Title]',
    }


def test_complaints_stand_in_their_lists(serve, call, quartet):
    served = serve(quartet)
    term = 'abcXYZ[ti] OR "zz qq" OR myxedema[nofield] OR the[ti]'
    as_json = call(served, "esearch", term=term, retmode="json").json()["esearchresult"]
    root = etree.fromstring(call(served, "esearch", term=term).content)

    assert as_json["errorlist"] == {
        "phrasesnotfound": ["abcXYZ[ti]"],
        "fieldsnotfound": ["nofield"],
    }
    assert as_json["warninglist"] == {
        "phrasesignored": ["the[ti]"],
        "quotedphrasesnotfound": ['"zz qq"'],
        "outputmessages": [],
    }
    complaints = [(x.tag, x.text) for name in ("ErrorList", "WarningList") for x in root.find(name)]
    assert complaints == [
        ("PhraseNotFound", "abcXYZ[ti]"),
        ("FieldNotFound", "nofield"),
        ("PhraseIgnored", "the[ti]"),
        ("QuotedPhraseNotFound", '"zz qq"'),
    ]
    assert root.findtext("Count") == "1"


def test_no_hits_say_so(serve, call, quartet):
    reply = call(serve(quartet), "esearch", term="abcXYZ")

    assert reply.text == SEARCH_DOCTYPE + (
        "<eSearchResult><Count>0</Count><RetMax>0</RetMax><RetStart>0</RetStart><IdList/>"
        "<TranslationSet/><QueryTranslation>(abcXYZ[All Fields])</QueryTranslation><ErrorList>"
        "<PhraseNotFound>abcXYZ</PhraseNotFound></ErrorList><WarningList><OutputMessage>"
        "No items found.</OutputMessage></WarningList></eSearchResult>\n"
    )


def test_a_count_alone_is_all_that_rettype_count_gives(serve, call, quartet):
    reply = call(serve(quartet), "esearch", term="scleromyxedema", rettype="count")

    assert reply.text == SEARCH_DOCTYPE + (
        "<eSearchResult>\n\t<Count>3</Count>\n</eSearchResult>\n"
    )


def test_pages_tile_the_result(serve, call, quartet, pmids):
    served = serve(quartet)
    pages = [
        pmids(call(served, "esearch", term="2026[crdt]", retstart=str(start), retmax="3"))
        for start in (0, 3, 6)
    ]

    assert pages == [["104", "103", "102"], ["101"], []]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["103", "102", "101"]),
        ("pub_date", ["101", "103", "102"]),
        ("Author", ["102", "103", "101"]),
        ("JournalName", ["103", "102", "101"]),
    ],
)
def test_the_order_is_as_asked(serve, call, quartet, sort, expected, pmids):
    assert pmids(call(serve(quartet), "esearch", term="scleromyxedema", sort=sort)) == expected


def test_an_unknown_order_is_ignored_with_a_warning(serve, call, quartet, pmids, text):
    reply = call(serve(quartet), "esearch", term="scleromyxedema", sort="colour")

    assert pmids(reply) == ["103", "102", "101"]
    assert text(reply, "WarningList/OutputMessage") == "Unknown sort schema 'colour' ignored"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"mindate": "2026/09/03", "maxdate": "2026/09/03", "datetype": "crdt"}, {"102", "103"}),
        ({"mindate": "2026/09/03", "datetype": "crdt"}, {"101", "102", "103"}),
        ({"mindate": "2024", "maxdate": "2024", "datetype": "pdat"}, {"103"}),
        ({"reldate": "60", "datetype": "edat"}, {"102", "103"}),
    ],
)
def test_date_parameters_limit_a_search(serve, call, quartet, limits, expected, pmids):
    reply = call(serve(quartet), "esearch", {"term": "scleromyxedema"} | limits)

    assert set(pmids(reply)) == expected


def test_a_date_parameter_stands_in_the_translation(serve, call, quartet, text):
    reply = call(serve(quartet), "esearch", term="myxedema[ti]", reldate="60", datetype="edat")

    assert text(reply, "QueryTranslation") == (
        '"myxedema"[Title] AND 2026/09/03:2026/11/02[Date - Entry]'
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Empty term and query_key - nothing todo"),
        ({"term": "  "}, "Empty term and query_key - nothing todo"),
        ({"term": "x", "db": "nothing"}, "Invalid db name specified: nothing"),
        ({"term": "x", "db": ""}, "Invalid db name specified: "),
        ({"query_key": "1", "WebEnv": "MCID_gone"}, "Unable to obtain query #1"),
        ({"term": "#3 AND x"}, "Unable to obtain query #3"),
    ],
)
def test_what_cannot_be_searched_is_an_error_at_200(serve, call, quartet, params, message, text):
    served = serve(quartet)
    reply = call(served, "esearch", params)

    assert (reply.status_code, text(reply, "ERROR")) == (200, message)
    assert call(served, "esearch", params, retmode="json").json()["esearchresult"] == {
        "ERROR": message
    }


def test_a_query_of_bottomless_depth_is_an_error_of_the_backend(serve, call, quartet, text):
    reply = call(serve(quartet), "esearch", term="(a OR " * 2000 + "b" + ")" * 2000)

    assert text(reply, "ERROR").startswith("Search Backend failed: ")


@pytest.fixture
def running(serve, quartet):
    """One stand-in for all the examples of a property."""
    return serve(quartet)


@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=40))
def test_any_term_at_all_gets_a_reply_that_can_be_parsed(running, call, term):
    as_xml = call(running, "esearch", term=term)
    as_json = call(running, "esearch", term=term, retmode="json")

    assert etree.fromstring(as_xml.content).tag == "eSearchResult"
    assert "esearchresult" in as_json.json()


def test_get_and_post_mean_the_same_and_may_be_mixed(serve, call, quartet, pmids):
    served = serve(quartet)
    mixed = requests.post(
        f"{served.base_url}esearch.fcgi?db=pubmed&retmax=1", data={"term": "2026[crdt]"}, timeout=5
    )

    assert pmids(mixed) == ["104"]
    assert (
        call(served, "esearch", method="GET", term="2026[crdt]").content
        == call(served, "esearch", method="POST", term="2026[crdt]").content
    )


def test_no_search_reaches_past_9999_and_the_count_stays_true(serve, call, crowd, pmids, text):
    reply = call(serve(crowd), "esearch", term="crowd", retmax="100000")

    assert (text(reply, "Count"), text(reply, "RetMax"), len(pmids(reply))) == (
        "10050",
        "9999",
        9999,
    )
    assert text(reply, "WarningList/OutputMessage") == (
        "Restrictions achieved. start and count adjusted to 0, 9999"
    )


def test_a_start_past_the_cap_is_an_error_with_a_raw_newline_in_json(serve, call, crowd, text):
    served = serve(crowd)
    as_json = call(served, "esearch", term="crowd", retstart="9999", retmode="json")
    as_xml = call(served, "esearch", term="crowd", retstart="9999")

    assert as_json.status_code == 200
    with pytest.raises(ValueError, match="control character"):
        json.loads(as_json.text)
    message = json.loads(as_json.text, strict=False)["esearchresult"]["ERROR"]
    assert message == text(as_xml, "ERROR")
    assert message.startswith(
        "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed,"
    )


def test_the_last_reachable_record_is_number_9999(serve, call, crowd, pmids):
    reply = call(serve(crowd), "esearch", term="crowd", retstart="9998", retmax="5")

    assert len(pmids(reply)) == 1
