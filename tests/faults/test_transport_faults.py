"""F1-F37 of the faults that a client of PubMed meets: refusals, connections, bodies, clocks.

What each is about, and what litwatch does, stands in docs/faults.md.
"""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from faults.bench import IMPATIENT, KEY, NEWS, Bench, is_failed, library, messages, paper

from litwatch.cli import explain
from litwatch.demo.calls import XML
from litwatch.demo.faults import Fault
from litwatch.errors import KeyRefused
from litwatch.fetch.entrez import Limits
from litwatch.settings import Secret, Topic
from postbox import HOST, free_port, server_context

BOTH = pytest.mark.parametrize("endpoint", ["esearch", "efetch"])
State = dict[str, object]


def retried(bench: Bench, clean: list[State], endpoint: str, fault: str, times: int = 1) -> None:
    """Plays a passing fault in the second week: nothing is lost, doubled, or worth a warning."""
    bench.stand_in.fail(endpoint, fault, times=times)
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert report.is_well, messages(report)
    assert bench.state() == clean[2]
    assert len([wait for wait in bench.waits if wait >= 2]) >= times, "asked again without a pause"
    assert len(bench.requests(since=before)) == 5 + times


def caught_up(bench: Bench, clean: list[State]) -> None:
    """The next run, in the same week, brings all that the failed one did not."""
    report = bench.an_hour_later()

    assert report.complete
    assert bench.state() == clean[2]


# ---- refusals ----------------------------------------------------------------------------------


def test_f01_a_429_with_retry_after_is_waited_out_and_the_pace_slows_down(
    watching: Bench, clean: list[State]
) -> None:
    retried(watching, clean, "esearch", "rate-limit", times=2)

    refused = [request.tick for request in watching.stand_in.log if request.status == 429]
    ticks = [request.tick for request in watching.stand_in.log if request.tick >= refused[0]]
    gaps = [later - earlier for earlier, later in pairwise(ticks)]
    assert all(gap >= 2 for gap in gaps[:2])
    assert min(gaps[2:]) > 4 * 0.12 - 0.001


def test_f02_a_429_without_retry_after_is_backed_off_with_jitter(
    watching: Bench, clean: list[State], make_bench
) -> None:
    retried(watching, clean, "esearch", "rate-limit-bare", times=3)
    other = make_bench()
    other.seed = 2
    other.stand_in.fail("esearch", "rate-limit-bare", times=3)
    other.week(1)

    ours, others = ([wait for wait in bench.waits if wait >= 2][:3] for bench in (watching, other))
    for first, bound in zip(ours, (2, 8, 32), strict=True):
        assert bound <= first <= 1.25 * bound
    assert ours != others


def test_f03_a_429_at_every_call_fails_the_run_within_its_bounds(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("*", "rate-limit", times=10)
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert is_failed(report)
    assert all(topic.count is None for topic in report.topics)
    assert len(watching.requests(since=before)) == 5 * len(watching.config.topics)
    assert sum(watching.waits) < 180 * len(watching.config.topics)
    caught_up(watching, clean)
    changes = [
        r.params["term"] for r in watching.requests("esearch") if "[mdat]" in r.params["term"]
    ]
    assert all('"2026/10/30"[mdat]' in term for term in changes), "the watermark has moved"


def test_f03_a_429_that_asks_for_long_waits_is_given_up_within_180_seconds(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("*", Fault(status=429, headers=(("Retry-After", "100"),)), times=4)
    before, waited = len(watching.stand_in.log), len(watching.waits)

    assert is_failed(watching.week(2))

    assert len(watching.requests(since=before)) == 2 * len(watching.config.topics)
    assert [wait for wait in watching.waits[waited:] if wait >= 2].count(100) == 2
    caught_up(watching, clean)


def test_f04_the_key_in_the_body_of_a_429_is_shown_nowhere(
    watching: Bench, clean: list[State]
) -> None:
    """That it is nowhere is looked up after every test here; here it is in every answer."""
    repeated = Fault(status=429, body=f'{{"error":"API rate limit exceeded","api-key":"{KEY}"}}')
    watching.stand_in.fail("*", repeated, times=10)

    assert is_failed(watching.week(2))
    assert "rate limit exceeded" in messages(watching.reports[-1])
    caught_up(watching, clean)


@pytest.mark.parametrize("hyphen", ["&#045;", "&#x002D;", "&#45", "%2d", r"\u002d"])
def test_f04_the_key_is_shown_nowhere_however_it_is_spelt(watching: Bench, hyphen: str) -> None:
    """The texts of errors are decoded when the key has been taken out of them."""
    spelt = KEY.replace("-", hyphen)
    body = f"<eSearchResult><ERROR>api_key={spelt}</ERROR></eSearchResult>"
    watching.stand_in.fail("esearch", Fault(status=200, type=XML, body=body), times=10)

    assert is_failed(watching.week(2))
    assert "api_key=***" in messages(watching.reports[-1])


@BOTH
def test_f05_a_500_with_a_diagnostic_page_is_tried_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    retried(watching, clean, endpoint, "server-error")


@BOTH
@pytest.mark.parametrize("fault", ["unavailable", "gateway-timeout"])
def test_f07_a_503_or_504_is_tried_again(
    watching: Bench, clean: list[State], endpoint: str, fault: str
) -> None:
    retried(watching, clean, endpoint, fault)


def test_f08_a_500_in_json_without_a_count_is_tried_again(
    watching: Bench, clean: list[State]
) -> None:
    retried(watching, clean, "esearch", "json-without-count")


@pytest.mark.parametrize(("endpoint", "calls"), [("esearch", 1), ("efetch", 5)])
def test_f09_a_key_that_is_not_known_stops_at_once_with_exit_code_2(
    watching: Bench, clean: list[State], endpoint: str, calls: int
) -> None:
    watching.stand_in.fail(endpoint, "key-invalid")
    before, waited = len(watching.stand_in.log), len(watching.waits)

    with pytest.raises(KeyRefused, match="LITWATCH_NCBI_API_KEY") as caught:
        watching.week(2)

    assert explain(caught.value) == 2
    assert len(watching.requests(since=before)) == calls
    assert [wait for wait in watching.waits[waited:] if wait >= 2] == []
    assert KEY not in str(caught.value)
    assert watching.state() == clean[1]
    caught_up(watching, clean)


def test_f09_where_no_key_is_configured_none_is_to_blame(watching: Bench) -> None:
    watching.configure(ncbi=replace(watching.config.ncbi, api_key=Secret("")))
    watching.stand_in.fail("*", "key-invalid", times=2)

    report = watching.week(2)

    assert not report.is_well
    assert "an API key is refused, and none was sent" in messages(report)
    assert "LITWATCH_NCBI_API_KEY" not in messages(report)


def test_f10_a_400_that_tells_of_a_timeout_is_tried_again(
    watching: Bench, clean: list[State]
) -> None:
    retried(watching, clean, "efetch", "viewer-timeout")


def test_f11_an_empty_list_of_ids_is_never_sent(make_bench) -> None:
    nothing = Topic("nothing", "Nothing", "scleromyxedema[tiab] AND 1900[dp]")
    bench = make_bench(None, nothing)

    report = bench.week(1)

    assert report.is_well
    assert report.topics[0].count == 0
    assert bench.requests("efetch") == []


def test_f11_the_answer_that_the_list_is_empty_is_not_asked_for_twice(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("efetch", "id-list-empty")
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert report.is_well
    asked = watching.asked(before)
    assert len(asked) == len(set(asked))
    assert watching.state() == clean[2]


def test_f12_a_query_of_any_length_is_posted_and_so_never_too_long(make_bench) -> None:
    words = " OR ".join(f"scleromyxedema{number}[tiab]" for number in range(2000))
    bench = make_bench(None, Topic("long", "Long", f"scleromyxedema[tiab] OR {words}"))

    report = bench.week(1)

    assert report.complete
    assert report.topics[0].new >= 3
    (search, *_) = bench.requests("esearch")
    assert (search.method, search.status) == ("POST", 200)
    assert len(search.params["term"]) > 40_000


def test_f12_a_414_all_the_same_fails_its_topic_alone(watching: Bench, clean: list[State]) -> None:
    watching.stand_in.fail("esearch", "uri-too-long")
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert not report.complete
    assert [bool(topic.error) for topic in report.topics] == [True, False]
    assert len(watching.requests("esearch", before)) == 1 + 2
    watching.an_hour_later()
    assert watching.state()["known"] == clean[2]["known"]


@pytest.mark.parametrize("fault", ["blocked", "blocked-page"])
@BOTH
def test_f13_a_block_stops_every_call_and_is_remembered(
    watching: Bench, clean: list[State], endpoint: str, fault: str
) -> None:
    watching.stand_in.fail(endpoint, fault)
    blocked = watching.week(2)
    calls = len(watching.stand_in.log)
    assert watching.stand_in.log[-1].endpoint == endpoint, "asked on after the block"

    cooling = watching.run_after(timedelta(hours=3))
    still = watching.run_after(timedelta(hours=20))

    assert len(watching.stand_in.log) == calls
    for report, code in (
        (blocked, "blocked"),
        (cooling, "cooling-down"),
        (still, "cooling-down"),
    ):
        assert code in {error.code for error in report.errors}
        assert "info@ncbi.nlm.nih.gov" in messages(report)
        assert not report.complete
        assert not report.is_well
    assert watching.run_after(timedelta(hours=2)).is_well
    watching.week(3)
    for what in ("known", "topics", "delivered", "told"):
        assert watching.state()[what] == clean[3][what], what


THOUSAND = 850
"""Records for five pages of 200."""


@pytest.fixture(scope="module")
def thousand():
    papers = (paper(99100001 + number, f"Scleromyxedema {number}.") for number in range(THOUSAND))
    return library(*papers)


def test_f14_a_block_on_the_third_of_five_pages_completes_nothing(make_bench, thousand) -> None:
    bench = make_bench(thousand, Topic("t", "T", "scleromyxedema[tiab]"))
    bench.stand_in.fail("efetch", "blocked", after=2)

    report = bench.week(1)

    assert is_failed(report)
    assert report.topics[0].count is None
    assert len(bench.asked()) == 3
    assert len(bench.state()["known"]) == 400
    after = bench.run_after(timedelta(days=2))
    assert after.is_well
    assert (after.topics[0].count, after.topics[0].new) == (THOUSAND, THOUSAND - 400)
    assert after.digests[0].articles == 5, "the rest of the history was mailed as news"


@BOTH
@pytest.mark.parametrize("fault", ["maintenance"])
def test_f15_a_page_of_maintenance_at_200_is_transient(
    watching: Bench, clean: list[State], endpoint: str, fault: str
) -> None:
    retried(watching, clean, endpoint, fault)


def test_f15_maintenance_that_lasts_fails_the_run_and_the_next_catches_up(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("*", "maintenance", times=10)

    assert is_failed(watching.week(2))
    assert watching.state() == clean[1]
    caught_up(watching, clean)


@BOTH
def test_f16_a_login_page_of_the_network_at_200_is_not_pubmed(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    watching.stand_in.fail(endpoint, "captive-portal", times=10 if endpoint == "esearch" else 5)

    report = watching.week(2)

    assert not report.complete
    assert not report.is_well
    assert "login page of this network" in messages(report)
    assert watching.state()["known"] == clean[1]["known"]
    watching.an_hour_later()
    assert watching.state()["known"] == clean[2]["known"]


def test_f17_a_proxy_that_wants_a_login_is_named_and_not_asked_again(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("*", "proxy-login", times=2)
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert is_failed(report)
    assert "HTTPS_PROXY" in messages(report)
    assert len(watching.requests(since=before)) == len(watching.config.topics)
    caught_up(watching, clean)


# ---- connections -------------------------------------------------------------------------------


def test_f20_a_connection_refused_for_two_of_three_tries_is_made_at_the_third(
    make_bench, clean: list[State]
) -> None:
    bench = make_bench(port=free_port())
    bench.week(1)
    bench.stand_in.__exit__(None, None, None)
    waited = len(bench.waits)

    def come_back() -> None:
        if len([wait for wait in bench.waits[waited:] if wait >= 2]) == 2:
            bench.on_wait = lambda: None
            bench.stand_in.__enter__()

    bench.on_wait = come_back
    report = bench.week(2)

    assert report.is_well, messages(report)
    assert bench.state() == clean[2]


class _Door(socketserver.ThreadingTCPServer):
    """A server whose certificate nobody here trusts."""

    daemon_threads = True
    knocks = 0


@pytest.fixture
def door() -> Iterator[_Door]:
    context = server_context()

    class Knock(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            door.knocks += 1
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(self.request, server_side=True)

    with _Door((HOST, 0), Knock) as door:
        threading.Thread(target=door.serve_forever, args=(0.01,)).start()
        yield door
        door.shutdown()


def test_f21_a_certificate_that_is_not_accepted_is_named_and_not_tried_again(
    watching: Bench, clean: list[State], door: _Door
) -> None:
    right = watching.config.ncbi
    url = f"https://{HOST}:{door.server_address[1]}/entrez/eutils/"
    watching.configure(ncbi=replace(right, base_url=url))

    report = watching.week(2)

    assert is_failed(report)
    assert "TLS certificate is not accepted" in messages(report)
    assert door.knocks <= len(watching.config.topics)
    watching.configure(ncbi=right)
    caught_up(watching, clean)


@BOTH
def test_f22_a_reset_connection_is_tried_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    retried(watching, clean, endpoint, "reset", times=1 if endpoint == "efetch" else 2)


@BOTH
def test_f23_a_server_that_hangs_up_without_a_word_is_asked_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    retried(watching, clean, endpoint, "disconnect")


@BOTH
def test_f24_a_server_that_never_answers_is_left_and_asked_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    watching.limits = IMPATIENT
    retried(watching, clean, endpoint, "silent")


@BOTH
def test_f25_a_body_that_stops_halfway_is_left_and_asked_for_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    watching.limits = IMPATIENT
    retried(watching, clean, endpoint, "stall")


def test_f26_a_body_that_drips_is_ended_by_the_deadline(
    watching: Bench, clean: list[State]
) -> None:
    """Each byte comes in time for the socket; only the sum of them does not."""
    watching.limits = Limits(timeout_seconds=0.5, deadline_seconds=1.0)
    watching.stand_in.fail("esearch", "drip")

    report = watching.week(2)

    assert "no answer in time" in (report.topics[0].error or "")
    assert report.topics[1].error is None
    watching.stand_in.fail("efetch", "drip")
    watching.an_hour_later()
    assert watching.state()["known"] == clean[2]["known"]


@BOTH
@pytest.mark.parametrize("fault", ["short"])
def test_f27_a_body_shorter_than_its_length_is_fetched_again(
    watching: Bench, clean: list[State], endpoint: str, fault: str
) -> None:
    retried(watching, clean, endpoint, fault)


@BOTH
def test_f28_a_chunked_body_without_its_end_is_fetched_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    retried(watching, clean, endpoint, "cut")


@BOTH
def test_f29_a_body_that_ends_just_after_a_record_is_fetched_again(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    retried(watching, clean, endpoint, "unframed-cut")


def test_f30_records_missing_from_a_sound_answer_are_asked_for_one_by_one(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("efetch", "missing-records", ids=NEWS[:2])
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert report.is_well
    assert watching.asked(before)[1:] == [(pmid,) for pmid in reversed(NEWS[:2])] or watching.asked(
        before
    )[1:] == [(pmid,) for pmid in NEWS[:2]]
    assert watching.state() == clean[2]


# ---- bodies ------------------------------------------------------------------------------------


def unharmed(bench: Bench, clean: list[State], endpoint: str, fault: str) -> None:
    """Plays a fault that an answer can be read in spite of, at every call of the second week."""
    bench.stand_in.fail(endpoint, fault, times=None)
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert report.is_well, messages(report)
    assert bench.state() == clean[2]
    assert len(bench.requests(since=before)) == 5, "asked again for what had come"


@BOTH
def test_f31_a_body_compressed_unasked_is_decoded(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    unharmed(watching, clean, endpoint, "gzip")
    assert watching.stand_in.log[-1].headers["Accept-Encoding"] == "identity"


@BOTH
def test_f32_a_redirect_is_not_followed_since_the_query_would_be_lost(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    """Followed, it would arrive as a GET without parameters; none of the requests is one."""
    retried(watching, clean, endpoint, "redirect")


@BOTH
def test_f33_xml_that_is_called_plain_text_is_read(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    unharmed(watching, clean, endpoint, "plain-type")


@BOTH
def test_f34_a_wrong_charset_and_a_byte_order_mark_yield_to_the_declaration(
    watching: Bench, clean: list[State], endpoint: str
) -> None:
    unharmed(watching, clean, endpoint, "wrong-charset")
    with watching.store() as store:
        authors = store.articles.get("pubmed:99026110").article.authors
    assert any(author.last == "Łukasiewicz-Brandt" for author in authors)


def test_f35_half_a_gigabyte_is_given_up_at_the_limit_and_not_asked_for_again(
    watching: Bench, clean: list[State]
) -> None:
    watching.limits = replace(watching.limits, answer_bytes=2_000_000)
    watching.stand_in.fail("esearch", "flood", times=2)
    before, waited = len(watching.stand_in.log), len(watching.waits)

    report = watching.week(2)

    assert is_failed(report)
    assert "more than 2,000,000 bytes" in messages(report)
    assert len(watching.requests(since=before)) == 2
    assert [wait for wait in watching.waits[waited:] if wait >= 2] == []
    caught_up(watching, clean)


# ---- clocks ------------------------------------------------------------------------------------


def test_f36_a_clock_set_back_in_the_midst_of_a_run_stops_no_call(
    watching: Bench, clean: list[State]
) -> None:
    def set_back() -> None:
        watching.on_wait = lambda: None
        watching.now -= timedelta(hours=5)

    watching.on_wait = set_back
    report = watching.week(2)

    assert report.is_well
    assert max(watching.waits) < 1
    assert watching.state() == clean[2]


@pytest.mark.parametrize(
    "wrong", [datetime(2027, 11, 9, 6, 30, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
)
def test_f37_a_run_at_a_wrong_time_loses_nothing_for_those_that_follow(
    watching: Bench, clean: list[State], wrong: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    """PubMed is at its second Monday; this machine thinks otherwise, and is told of it."""
    right = datetime(2026, 11, 9, 6, 30, tzinfo=UTC)
    watching.clock = lambda: watching.now + (wrong - right)
    watching.week(2)
    assert "set the clock" in caplog.text
    watching.clock = lambda: watching.now

    watching.week(3)

    state = watching.state()
    for what in ("known", "topics", "pending", "delivered", "told"):
        assert state[what] == clean[3][what], what
