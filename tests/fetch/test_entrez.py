"""The transport: what is sent, what is accepted, what is tried again, and what never shows."""

import gzip
import inspect
import logging
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random

import pytest
from Bio import Entrez as BioEntrez

from litwatch.errors import (
    HistoryLost,
    KeyRefused,
    SourceBlocked,
    SourceBusy,
    SourceError,
    TooMuch,
)
from litwatch.fetch.entrez import Entrez, Limits
from litwatch.fetch.pace import Pace
from litwatch.settings import Ncbi, Secret

KEY = "5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0ffee"
EMAIL = "watch+er@example.org"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SEARCH = {"db": "pubmed", "term": "scleromyxedema", "retmode": "xml"}
FETCH = {"db": "pubmed", "id": "1,2", "retmode": "xml"}
FOUND = (
    b'<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch'
    b' 20060628//EN" "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
    b"<eSearchResult><Count>0</Count><IdList/></eSearchResult>\n"
)
PROLOG = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st '
    b'January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
RECORDS = PROLOG + b"<PubmedArticleSet><PubmedArticle>one</PubmedArticle></PubmedArticleSet>\n"
BLOCKED = (
    b"<html><head><title>NCBI - WWW Error Blocked Diagnostic</title></head><body>"
    b"<h1>Access Denied</h1><dd>blocked for possible abuse</dd></body></html>"
)
MAINTENANCE = b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"


def efetch_error(*texts: str) -> bytes:
    errors = "".join(f"<ERROR>{text}</ERROR>" for text in texts)
    return f'<?xml version="1.0"?>\n<eFetchResult>{errors}</eFetchResult>'.encode()


def esearch_error(text: str) -> bytes:
    return f'<?xml version="1.0"?>\n<eSearchResult><ERROR>{text}</ERROR></eSearchResult>'.encode()


@pytest.fixture
def make(server, virtual_time, tmp_path: Path) -> Callable[..., Entrez]:
    """Builds a client of the scripted server, in virtual time unless told otherwise."""

    def build(
        *,
        url: str = "",
        key: str = KEY,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = virtual_time.sleep,
        monotonic: Callable[[], float] = virtual_time.monotonic,
    ) -> Entrez:
        ncbi = Ncbi(EMAIL, url or server.url, str(tmp_path / "pace"), Secret(key))
        return Entrez(
            ncbi,
            pace=Pace(tmp_path / "pace", 0.0, sleep=sleep, monotonic=monotonic),
            clock=lambda: NOW,
            sleep=sleep,
            random=Random(1),
            monotonic=monotonic,
            limits=limits or Limits(timeout_seconds=2.0),
        )

    return build


@pytest.fixture
def entrez(make: Callable[..., Entrez]) -> Entrez:
    return make()


@pytest.fixture
def impatient(make: Callable[..., Entrez]) -> Entrez:
    """A client that waits a moment only for the server, and tries twice."""
    return make(limits=Limits(timeout_seconds=0.15, tries=2))


# ---- what is sent ----------------------------------------------------------------------------


def test_every_call_is_a_post_with_tool_address_and_key(server, does, entrez) -> None:
    server.steps = [does.answer(FOUND)]

    entrez.call("esearch", SEARCH)

    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/entrez/eutils/esearch.fcgi")
    assert call.params == SEARCH | {"tool": "litwatch", "email": EMAIL, "api_key": KEY}
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"


def test_without_a_key_none_is_sent_even_if_another_part_gave_biopython_one(
    server, does, make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BioEntrez, "api_key", "another")
    server.steps = [does.answer(FOUND)]

    make(key="").call("esearch", SEARCH)

    assert "api_key" not in server.calls[0].params


def test_a_query_of_any_length_passes(server, does, entrez) -> None:
    term = " OR ".join(f'"rare disease {number}"[tiab]' for number in range(2000))
    server.steps = [does.answer(FOUND)]

    entrez.call("esearch", SEARCH | {"term": term})

    assert server.calls[0].params["term"] == term


def test_a_base_url_without_its_last_slash_means_the_same(server, does, make) -> None:
    server.steps = [does.answer(FOUND)]

    make(url=server.url.rstrip("/")).call("esearch", SEARCH)

    assert server.calls[0].path == "/entrez/eutils/esearch.fcgi"


def test_biopython_keeps_nothing_of_ours(server, does, entrez) -> None:
    server.steps = [does.answer(FOUND)]

    entrez.call("esearch", SEARCH)

    assert (BioEntrez.email, BioEntrez.tool, BioEntrez.api_key) == (None, "biopython", None)
    assert socket.getdefaulttimeout() is None


def test_biopython_has_what_is_used_of_it() -> None:
    """A new version that changed one of these must fail here, not in a run."""
    assert version("biopython").startswith("1.88")
    assert [*inspect.signature(BioEntrez._build_request).parameters][:3] == [
        "cgi",
        "params",
        "post",
    ]
    assert [*inspect.signature(BioEntrez._open).parameters] == ["request"]
    assert hasattr(BioEntrez._open, "previous")
    assert BioEntrez.max_tries == 1


def test_biopythons_own_limiter_never_waits(
    server, does, entrez, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts in wall clock time: set back by an hour, it would sleep for an hour."""
    monkeypatch.setattr(BioEntrez._open, "previous", time.time() + 3600)
    monkeypatch.setattr(BioEntrez.time, "sleep", lambda seconds: pytest.fail(f"slept {seconds}"))
    server.steps = [does.answer(FOUND), does.answer(FOUND)]

    entrez.call("esearch", SEARCH)
    entrez.call("esearch", SEARCH)

    assert len(server.calls) == 2


def test_it_works_without_a_home_directory() -> None:
    """Biopython's parser makes a folder there when it is imported; it never is."""
    program = "import sys, litwatch.fetch.pubmed; print('Bio.Entrez.Parser' in sys.modules)"
    environment = {**os.environ, "HOME": "/nonexistent"}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


# ---- what is an answer -----------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_an_answer_is_handed_over_byte_by_byte(server, does, entrez, framing: str) -> None:
    server.steps = [does.answer(RECORDS, framing=framing)]

    assert entrez.call("efetch", FETCH) == RECORDS


@pytest.mark.parametrize(
    "body",
    [
        PROLOG + b"<PubmedArticleSet></PubmedArticleSet>",
        b'<?xml version="1.0"?><PubmedArticleSet/>',
        b"\xef\xbb\xbf" + RECORDS,
        b"<!-- made by us --><PubmedArticleSet>\n</PubmedArticleSet >\n",
        PROLOG + b"<PubmedArticleSet><T>API key invalid, timeout, Access Denied</T><ERROR/>"
        b"</PubmedArticleSet>",
    ],
    ids=["empty set", "empty element", "byte order mark", "comment", "alarming words in a record"],
)
def test_these_are_answers_too(server, does, entrez, body: bytes) -> None:
    server.steps = [does.answer(body)]

    assert entrez.call("efetch", FETCH) == body


def test_an_answer_called_plain_text_is_taken(server, does, entrez) -> None:
    server.steps = [does.answer(RECORDS, Content_Type="text/plain; charset=latin-1")]

    assert entrez.call("efetch", FETCH) == RECORDS


def test_an_answer_compressed_unasked_is_decoded(server, does, entrez) -> None:
    server.steps = [does.answer(gzip.compress(RECORDS), Content_Encoding="gzip")]

    assert entrez.call("efetch", FETCH) == RECORDS


def test_an_answer_in_another_compression_is_refused(server, does, entrez) -> None:
    server.steps = [does.answer(b"\x8b\x00\x80", Content_Encoding="br")]

    with pytest.raises(SourceError, match="compressed its answer in a way that was not asked for"):
        entrez.call("efetch", FETCH)


@pytest.mark.parametrize("body", [b"x" * 2000, gzip.compress(b"x" * 100_000)], ids=["plain", "gz"])
def test_an_endless_answer_is_given_up(server, does, make, body: bytes) -> None:
    server.steps = [does.answer(body)]

    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        make(limits=Limits(answer_bytes=1000)).call("efetch", FETCH)

    assert len(server.calls) == 1


def test_declared_entities_are_refused(server, does, entrez) -> None:
    bomb = b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><eSearchResult>&b;</eSearchResult>'
    server.steps = [does.answer(bomb)]

    with pytest.raises(SourceError, match="declares entities"):
        entrez.call("esearch", SEARCH)


# ---- clocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "is_told"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", False),
        ("Wed, 25 Nov 2026 11:00:00 GMT", False),
        ("Wed, 24 Nov 2027 12:00:00 GMT", True),
        ("Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("yesterday", False),
        ("Fri, 31 Dec 9999 23:59:59 -1200", False),  # past the last moment that Python knows
    ],
)
def test_a_clock_that_is_days_from_the_servers_is_told_once_and_hinders_nothing(
    server, does, entrez, caplog: pytest.LogCaptureFixture, theirs: str, is_told: bool
) -> None:
    reply = f"HTTP/1.1 200 OK\r\nDate: {theirs}\r\n\r\n".encode() + FOUND
    server.otherwise = lambda _: does.raw(reply)

    assert [entrez.call("esearch", SEARCH) for _ in range(2)] == [FOUND, FOUND]

    told = [r.getMessage() for r in caplog.records if "set the clock" in r.getMessage()]
    assert len(told) == is_told
    assert all("2026-11-24 12:00 UTC" in line and "127.0.0.1" in line for line in told)


# ---- what is tried again ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        PROLOG,
        PROLOG[:70],
        PROLOG + b"<PubmedArtic",
        RECORDS.removesuffix(b"</PubmedArticleSet>\n"),
        MAINTENANCE,
        efetch_error("Search Backend failed: Database is not supported: pubmed"),
        efetch_error("Search Backend failed: Unable to open connection to #PMQuerySrv"),
        RECORDS.replace(b"one", b"<ERROR>Search Backend failed: no</ERROR>"),
        efetch_error(" Error: External viewer error: Empty Response. Status: Timeout"),
        b'{"error":"API rate limit exceeded","count":"4","limit":"3"}',
        b'{"header":{"type":"esearch","version":"0.3"},"esearchresult":{"coun',
    ],
    ids=[
        "empty",
        "blank",
        "prolog only",
        "cut in the prolog",
        "cut in the root",
        "cut after a record",
        "maintenance page",
        "backend unsupported",
        "backend unreachable",
        "an error among the records",
        "viewer timeout",
        "rate limit",
        "cut JSON",
    ],
)
def test_a_status_of_200_alone_is_no_answer(server, does, entrez, body: bytes) -> None:
    server.steps = [does.answer(body), does.answer(RECORDS)]

    assert entrez.call("efetch", FETCH) == RECORDS
    assert len(server.calls) == 2


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_half_an_answer_is_fetched_again_however_it_is_framed(
    server, does, entrez, framing: str
) -> None:
    half = RECORDS[: len(RECORDS) // 2]
    cut = {"length": "length", "chunked": "chunked-cut", "close": "close"}[framing]
    server.steps = [does.answer(half, framing=cut, claim=1), does.answer(RECORDS)]

    assert entrez.call("efetch", FETCH) == RECORDS


@pytest.mark.parametrize("framing", ["length", "chunked-cut"])
def test_an_answer_that_looks_whole_but_came_short_is_fetched_again(
    server, does, entrez, framing: str
) -> None:
    server.steps = [does.answer(RECORDS, framing=framing, claim=10), does.answer(RECORDS)]

    entrez.call("efetch", FETCH)

    assert len(server.calls) == 2


def test_a_length_that_is_none_is_no_length(server, does, entrez) -> None:
    length = b"9" * 5000
    server.steps = [does.raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n" + FOUND)]

    assert entrez.call("esearch", SEARCH) == FOUND


def test_a_compressed_answer_that_is_cut_is_fetched_again(server, does, entrez) -> None:
    zipped = gzip.compress(RECORDS)
    server.steps = [does.answer(zipped[:-4]), does.answer(zipped[:20] + b"?"), does.answer(zipped)]

    assert entrez.call("efetch", FETCH) == RECORDS
    assert len(server.calls) == 3


def test_a_search_that_failed_behind_a_good_status_is_made_again(server, does, entrez) -> None:
    failed = esearch_error("Search Backend failed: Database is not supported: pubmed")
    server.steps = [does.answer(failed), does.answer(FOUND)]

    assert entrez.call("esearch", SEARCH) == FOUND


@pytest.mark.parametrize("body", [MAINTENANCE, RECORDS, b""], ids=["page", "records", "empty"])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_these_statuses_are_tried_again(server, does, entrez, status: int, body: bytes) -> None:
    server.steps = [does.answer(body, status=status), does.answer(RECORDS)]

    assert entrez.call("efetch", FETCH) == RECORDS
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    "error",
    [
        " Error: External viewer error: Empty Response. Bytes read: 0 Status: Timeout",
        "Reading failed: NCBI C++ Exception: Error",
    ],
)
def test_a_400_that_tells_of_a_passing_trouble_is_tried_again(
    server, does, entrez, error: str
) -> None:
    server.steps = [does.answer(efetch_error(error), status=400), does.answer(RECORDS)]

    assert entrez.call("efetch", FETCH) == RECORDS


def test_a_connection_that_ends_before_the_answer_is_tried_again(server, does, entrez) -> None:
    server.steps = [does.hang_up, does.reset, does.answer(RECORDS)]

    assert entrez.call("efetch", FETCH) == RECORDS
    assert len(server.calls) == 3


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<Pub"],
    ids=["before the status", "in the headers", "in the body"],
)
def test_a_server_that_falls_silent_is_left_and_asked_again(
    server, does, impatient, beginning: bytes
) -> None:
    server.steps = [does.stall(beginning), does.answer(RECORDS)]
    started = time.monotonic()

    assert impatient.call("efetch", FETCH) == RECORDS
    assert time.monotonic() - started < 5.0, "the server hung up first"


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n<"],
    ids=["in the headers", "in the body"],
)
def test_a_server_that_drips_is_left_at_the_deadline(server, does, make, beginning: bytes) -> None:
    """Each byte comes in time, so no socket ever times out."""
    limits = Limits(timeout_seconds=5.0, deadline_seconds=0.3)
    server.otherwise = lambda _: does.drip(beginning)
    started = time.monotonic()

    with pytest.raises(TooMuch, match="no answer in time"):
        make(limits=limits, sleep=time.sleep, monotonic=time.monotonic).call("efetch", FETCH)

    assert time.monotonic() - started < 2.0
    assert len(server.calls) == 1


def test_the_wait_grows_from_2_to_64_seconds_and_ends_after_five_tries(
    server, does, entrez, virtual_time
) -> None:
    server.otherwise = lambda _: does.answer(MAINTENANCE, status=502)

    with pytest.raises(TooMuch, match=r"^NCBI efetch: HTTP status 502 \(5 tries\)$"):
        entrez.call("efetch", FETCH)

    assert len(server.calls) == 5
    expected = [2, 8, 32, 64]
    assert [wait // 1 for wait in virtual_time.sleeps] != expected, "no jitter"
    for wait, least in zip(virtual_time.sleeps, expected, strict=True):
        assert least <= wait <= 1.25 * least


def test_no_wait_goes_past_the_deadline(server, does, entrez, virtual_time) -> None:
    server.otherwise = lambda _: does.answer(b"", status=503, Retry_After="100")

    with pytest.raises(SourceBusy):
        entrez.call("efetch", FETCH)

    assert virtual_time.sleeps == [100]
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("header", "least"),
    [("7", 7.0), ("Tue, 24 Nov 2026 12:00:20 GMT", 20.0), ("0", 2.0), ("soon", 2.0)],
)
def test_the_wait_is_what_the_server_asks_for(
    server, does, entrez, virtual_time, header: str, least: float
) -> None:
    busy = b'{"error":"API rate limit exceeded"}'
    server.steps = [does.answer(busy, status=429, Retry_After=header), does.answer(FOUND)]

    entrez.call("esearch", SEARCH)

    assert least <= virtual_time.sleeps[0] <= 1.25 * least


@pytest.mark.parametrize(
    ("body", "headers", "least"),
    [
        (b"", {"Retry_After": "20"}, 20.0),
        (b"", {}, 2.0),
        (b'{"error":"API rate limit exceeded"}', {}, 2.0),
    ],
)
def test_after_a_429_all_processes_pause(
    server, does, entrez, virtual_time, tmp_path: Path, body: bytes, headers, least: float
) -> None:
    other = Pace(tmp_path / "pace", 0.0, monotonic=virtual_time.monotonic, sleep=lambda _: None)
    server.steps = [does.answer(body, status=429, **headers), does.answer(FOUND)]
    moments: list[float] = []
    entrez._sleep = lambda seconds: (moments.append(other.wait()), virtual_time.sleep(seconds))

    entrez.call("esearch", SEARCH)

    assert len(moments) == 1
    assert 1000 + least <= moments[0] <= 1000 + 1.25 * least


def test_a_smaller_request_is_near_so_a_large_one_is_tried_less(server, does, entrez) -> None:
    server.otherwise = lambda _: does.answer(b"", status=502)

    with pytest.raises(TooMuch, match="2 tries"):
        entrez.call("efetch", FETCH, tries_at_this_size=2)

    assert len(server.calls) == 2


def test_what_is_not_a_matter_of_size_is_tried_in_full(server, does, entrez) -> None:
    server.otherwise = lambda _: does.answer(b"", status=429)

    with pytest.raises(SourceBusy, match=r"too many calls \(5 tries\)") as caught:
        entrez.call("efetch", FETCH, tries_at_this_size=2)

    assert not isinstance(caught.value, TooMuch)


# ---- what is not tried again -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error":"API key invalid","api-key":"k",\n"status":"unknown"}', KeyRefused, "key"),
        (200, b'{"error":"API key invalid","api-key":"k"}', KeyRefused, "LITWATCH_NCBI_API_KEY"),
        (400, efetch_error("ID list is empty! Possibly it has no correct IDs."), SourceError, "ID"),
        (200, esearch_error("Empty term and query_key - nothing todo"), SourceError, "Empty term"),
        (200, esearch_error("Invalid db name specified: x"), SourceError, "Invalid db"),
        (
            200,
            esearch_error(
                "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998"
            ),
            SourceError,
            "9998",
        ),
        (200, efetch_error("Unable to obtain query #1"), HistoryLost, "query #1"),
        (
            400,
            efetch_error(
                "Cannot retrieve history data. query_key: 1, WebEnv: MCID_1, retstart: 0",
                "Can't fetch uids from history because of: NCBI C++ Exception:\n Error",
            ),
            HistoryLost,
            "history",
        ),
        (
            400,
            efetch_error("Cannot retrieve history data: OUT OF RANGE. Parameter retstart=1"),
            HistoryLost,
            "OUT OF RANGE",
        ),
        (400, b"<x>what never was said</x>", SourceError, "status 400: .*what never was said"),
        (404, MAINTENANCE, SourceError, "status 404"),
        (414, b"", SourceError, "status 414: an empty page"),
        (200, b"what never was said", SourceError, "what never was said"),
        (200, efetch_error("Something new"), SourceError, "Something new"),
        (200, b'{"header":{"type":"efetch"}}', SourceError, "header"),
        (400, efetch_error("Access Denied to query 1"), SourceError, "to query 1"),
        (407, b"<html>Access Denied</html>", SourceError, "proxy wants a login"),
    ],
)
def test_a_permanent_failure_is_of_its_kind_at_once(
    server, does, entrez, status: int, body: bytes, kind: type[SourceError], words: str
) -> None:
    server.steps = [does.answer(body, status=status)]
    endpoint = "esearch" if b"eSearchResult" in body else "efetch"

    with pytest.raises(SourceError, match=words) as caught:
        entrez.call(endpoint, {"db": "pubmed"})

    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "https://misuse.ncbi.nlm.nih.gov/error/abuse.shtml",
        "//misuse.ncbi.nlm.nih.gov",
        "/error/abuse.shtml",
    ],
)
def test_a_redirect_to_the_misuse_page_is_a_block_and_is_not_followed(
    server, does, entrez, location: str
) -> None:
    server.steps = [does.answer(b"", status=302, Location=location)]

    with pytest.raises(SourceBlocked, match=r"info@ncbi\.nlm\.nih\.gov"):
        entrez.call("efetch", FETCH)

    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [200, 403, 429, 503])
def test_the_block_page_stops_at_once_whatever_its_status(
    server, does, entrez, status: int
) -> None:
    server.steps = [does.answer(BLOCKED, status=status)]

    with pytest.raises(SourceBlocked):
        entrez.call("efetch", FETCH)

    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_because_the_query_would_be_lost(
    server, does, entrez, status: int
) -> None:
    """A redirected POST is repeated by urllib as a GET without its parameters."""
    server.otherwise = lambda _: does.answer(b"", status=status, Location="/login?next=efetch")

    with pytest.raises(SourceBusy, match=r"redirected to another page: check ncbi\.base_url"):
        entrez.call("efetch", FETCH)

    assert [call.method for call in server.calls] == ["POST"] * 5


@pytest.mark.parametrize("status", [300, 302, 303, 307])
@pytest.mark.parametrize("location", ["http://[", "//[x]/"])
def test_a_redirect_to_no_address_at_all_is_tried_again(
    server, does, entrez, status: int, location: str
) -> None:
    """Both urllib and urlsplit raise a bare ValueError for such a Location."""
    head = f"HTTP/1.1 {status} Elsewhere\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
    server.otherwise = lambda _: does.raw(head.encode())

    with pytest.raises(SourceBusy, match=r"redirected to another page: check ncbi\.base_url"):
        entrez.call("efetch", FETCH)

    assert len(server.calls) == 5


# ---- what cannot be reached ------------------------------------------------------------------


def test_a_refused_connection_is_tried_again(server, does, make, virtual_time) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    server.steps = [does.answer(FOUND)]
    client = make(url=f"http://127.0.0.1:{port}/")

    def sleep(seconds: float) -> None:
        virtual_time.sleep(seconds)
        if len(virtual_time.sleeps) == 2:
            client._ncbi = Ncbi(EMAIL, server.url, "")

    client._sleep = sleep

    assert client.call("esearch", SEARCH) == FOUND


def test_a_server_that_is_not_there_gets_one_line_with_its_name_and_the_cause(make) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{closed.getsockname()[1]}"

    with pytest.raises(SourceBusy) as caught:
        make(url=f"http://{server}/").call("esearch", SEARCH)

    message = f"{server} cannot be reached: the connection was refused (5 tries)"
    assert str(caught.value) == message
    assert not isinstance(caught.value, TooMuch), "half the request would fail as well"


def test_what_speaks_no_tls_is_named(server, make, does) -> None:
    server.otherwise = lambda _: does.answer(FOUND)

    with pytest.raises(SourceBusy, match=r"cannot be reached: TLS failed \("):
        make(url=server.url.replace("http:", "https:")).call("esearch", SEARCH)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_certificate_that_is_not_accepted_is_named_and_not_tried_again(
    make, tmp_path: Path, virtual_time
) -> None:
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    command = ["openssl", *made.split(), "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    class Greeting(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(self.request, server_side=True)

    with socketserver.TCPServer(("127.0.0.1", 0), Greeting) as tls:
        threading.Thread(target=tls.handle_request).start()
        with pytest.raises(SourceError, match="its TLS certificate is not accepted") as caught:
            make(url=f"https://127.0.0.1:{tls.server_address[1]}/").call("esearch", SEARCH)

    assert not isinstance(caught.value, SourceBusy)
    assert virtual_time.sleeps == []


# ---- proxies ---------------------------------------------------------------------------------


@dataclass
class Proxy:
    """What a proxy hears, and what it answers to everybody."""

    heard: list[bytes] = field(default_factory=list)
    reply: bytes = b"HTTP/1.1 502 Bad Gateway\r\n\r\n"


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy that the environment names."""
    proxy = Proxy()

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            proxy.heard.append(self.request.recv(65536))
            self.request.sendall(proxy.reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.01,)).start()
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{listening.server_address[1]}")
        yield proxy
        listening.shutdown()


def test_behind_an_https_proxy_nothing_is_ever_sent_in_clear_text(make, proxy) -> None:
    """A request of urllib, used for a third time, goes to the proxy as plain HTTP with the key."""
    with pytest.raises(SourceBusy, match="Tunnel connection failed: 502"):
        make(url="https://eutils.invalid/entrez/eutils/").call("esearch", SEARCH)

    assert len(proxy.heard) == 5
    assert {heard.split()[0] for heard in proxy.heard} == {b"CONNECT"}
    assert KEY.encode() not in b"".join(proxy.heard)


def test_a_proxy_that_wants_a_login_is_named_and_not_asked_again(make, proxy) -> None:
    proxy.reply = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"

    with pytest.raises(SourceError, match=r"the proxy refuses: .*407.*HTTPS_PROXY") as caught:
        make(url="https://eutils.invalid/entrez/eutils/").call("esearch", SEARCH)

    assert not isinstance(caught.value, SourceBusy)
    assert len(proxy.heard) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http:/user:PassWord@proxy.invalid:3128",
        "http://user:PassWord",
        "http://user:PassWord@proxy.invalid:port",
        "http://user:PassWord@pro xy:3128",
        "http://user:PassWord@pro..xy:3128",
        f"http://user:PassWord@{'p' * 70}.invalid:3128",
    ],
)
def test_a_wrong_address_of_the_proxy_is_named_without_its_password(
    make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HTTPS_PROXY", address)

    with pytest.raises(SourceError, match="the proxy's address in HTTPS_PROXY") as caught:
        make(url="https://eutils.invalid/entrez/eutils/").call("esearch", SEARCH)

    assert not isinstance(caught.value, SourceBusy)
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "PassWord" not in shown


def test_a_server_on_this_machine_is_reached_without_the_proxy(server, does, make, proxy) -> None:
    server.steps = [does.answer(FOUND)]

    assert make().call("esearch", SEARCH) == FOUND
    assert proxy.heard == []


# ---- what never shows ------------------------------------------------------------------------

ECHOES: dict[str, Callable[[bytes], bytes]] = {
    "status line": lambda sent: b"HTTP/9 " + sent + b"\r\n\r\n",
    "reason": lambda sent: b"HTTP/1.1 500 " + sent + b"\r\n\r\n",
    "location": lambda sent: (
        b"HTTP/1.1 302 Found\r\nLocation: http://x.invalid/?" + sent + b"\r\n\r\n"
    ),
    "host of location": lambda sent: (
        b"HTTP/1.1 302 Found\r\nLocation: http://" + sent + b"\r\n\r\n"
    ),
    "429": lambda sent: (
        b'HTTP/1.1 429 Too Many\r\n\r\n{"error":"API rate limit exceeded","q":"' + sent + b'"}'
    ),
    "400": lambda sent: b"HTTP/1.1 400 Bad\r\n\r\n" + sent,
    "400 key invalid": lambda sent: (
        b'HTTP/1.1 400 Bad\r\n\r\n{"error":"API key invalid","k":"' + sent + b'"}'
    ),
    "page": lambda sent: b"HTTP/1.1 200 OK\r\n\r\n<html>" + sent + b"</html>",
    "error": lambda sent: b"HTTP/1.1 200 OK\r\n\r\n" + efetch_error(sent.decode()),
    "unknown": lambda sent: b"HTTP/1.1 200 OK\r\n\r\n" + sent.upper(),
    "encoding": lambda sent: b"HTTP/1.1 200 OK\r\nContent-Encoding: " + sent + b"\r\n\r\nx",
}


@pytest.mark.parametrize("echo", ECHOES)
def test_no_error_cause_or_log_holds_the_key_or_the_address(
    server, does, entrez, caplog: pytest.LogCaptureFixture, echo: str
) -> None:
    """Replies repeat what was sent, as it was sent and in other spellings."""
    caplog.set_level(logging.DEBUG)
    spelt = (
        f"api_key={KEY}&email={EMAIL}&email=watch%2ber%40example.org&email=watch+er&#64;EXAMPLE.org"
    )
    server.otherwise = lambda call: does.raw(ECHOES[echo](call.body + spelt.encode()))

    with pytest.raises(SourceError) as caught:
        entrez.call("efetch", {"db": "pubmed", "id": "1"})

    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(entrez)
    assert KEY not in server.calls[0].path
    for secret in (KEY, KEY.upper(), "watch+er", "watch%2Ber", "watch%2ber", "example.org"):
        assert secret.lower() not in shown.lower().replace("info@", ""), secret


def test_what_an_unknown_reply_said_is_kept_for_the_log(
    server, does, entrez, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.steps = [does.answer(b"<x>" + b"word " * 1000 + b"</x>", status=400)]

    with pytest.raises(SourceError) as caught:
        entrez.call("efetch", FETCH)

    assert len(str(caught.value)) < 400
    assert caplog.text.count("word") == 399


@pytest.mark.parametrize(
    "spelt",
    [
        KEY,
        KEY.upper(),
        EMAIL,
        "watch%2Ber%40example.org",
        "".join(f"&#{ord(character)};" for character in KEY),
        "".join(f"&#x{ord(character):X};" for character in KEY),
    ],
)
def test_a_list_of_hits_that_repeats_what_was_sent_loses_the_key_and_the_address(
    server, does, entrez, spelt: str
) -> None:
    """PubMed shows the query as it took it, and readers and the database are told."""
    told = "<QueryTranslation>before {} after</QueryTranslation></eSearchResult>"
    answer = FOUND.decode().replace("</eSearchResult>", told)
    server.steps = [does.answer(answer.format(spelt).encode())]

    assert entrez.call("esearch", SEARCH) == answer.format("***").encode()


def test_records_lose_the_key_and_keep_the_address_that_may_be_an_authors(
    server, does, entrez
) -> None:
    answer = RECORDS.replace(b"one", f"{EMAIL} Gr\xfc\xdfe {{}}".encode("latin-1"))
    server.steps = [does.answer(answer.replace(b"{}", KEY.encode()))]

    assert entrez.call("efetch", FETCH) == answer.replace(b"{}", b"***")
