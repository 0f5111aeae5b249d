"""F43-F65: what an ESearch can answer instead of what was asked, and what its counts can hide."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from faults.bench import Bench, is_failed, library, messages, paper, warnings

from litwatch.demo import damage, esearch
from litwatch.demo.calls import JSON, Options
from litwatch.demo.faults import Fault
from litwatch.demo.library import Revision
from litwatch.fetch import pubmed
from litwatch.settings import Topic
from world import FIRST_MONDAY

State = dict[str, object]
Damage = Callable[[bytes], bytes]
TOPIC = Topic("t", "T", "scleromyxedema[tiab]")


@pytest.fixture
def spoiling(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Damage], Fault]:
    """Makes a fault of a change to the body."""

    def make(name: str, change: Damage) -> Fault:
        monkeypatch.setitem(damage.DAMAGES, name, lambda body, _: change(body))
        return Fault(damage=name)

    return make


def papers(count: int, first: int = 99100001, **fields: object) -> list[dict[str, object]]:
    """So many papers of the topic, one created each day until October 2026."""
    last = date(2026, 10, 28)
    return [
        paper(first + n, f"Scleromyxedema {n}.", created=last - timedelta(days=n), **fields)
        for n in range(count)
    ]


def asked_again(bench: Bench, clean: list[State], fault: str | Fault) -> None:
    """Plays a passing fault of the search: asked again, nothing lost, nothing to warn of."""
    bench.stand_in.fail("esearch", fault)
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert report.is_well, messages(report)
    assert bench.state() == clean[2]
    assert len(bench.requests("esearch", before)) == 5


def lasts(bench: Bench, clean: list[State], fault: str, words: str, *, tries: int = 5) -> None:
    """Plays a fault that lasts: said, not taken for an empty week, and made good by the next.

    `tries` is how often a search is made before its topic is given up.
    """
    bench.stand_in.fail("esearch", fault, times=tries * len(bench.config.topics))

    report = bench.week(2)

    assert is_failed(report)
    assert all(topic.count is None and topic.error for topic in report.topics)
    assert words in messages(report)
    assert bench.state() == clean[1]
    assert bench.an_hour_later().is_well
    assert bench.state() == clean[2]


# ---- errors behind a good status ---------------------------------------------------------------


def test_f43_a_backend_that_does_not_know_its_database_is_not_an_empty_week(
    watching: Bench, clean: list[State]
) -> None:
    lasts(watching, clean, "backend-unsupported", "Database is not supported: pubmed")


def test_f43_a_backend_that_comes_back_is_asked_again(watching: Bench, clean: list[State]) -> None:
    asked_again(watching, clean, "backend-unsupported")


def test_f44_a_backend_without_connection_is_not_an_empty_week(
    watching: Bench, clean: list[State]
) -> None:
    lasts(watching, clean, "backend-connection", "Unable to open connection")


def test_f45_a_prolog_without_a_document_is_asked_for_again(
    watching: Bench, clean: list[State]
) -> None:
    asked_again(watching, clean, "prolog-only")


def test_f46_an_empty_body_is_asked_for_again(watching: Bench, clean: list[State]) -> None:
    asked_again(watching, clean, "empty")


PAST_THE_CAP = Fault(
    type=JSON,
    body='{"header":{"type":"esearch","version":"0.3"},"esearchresult":{"ERROR":"'
    + esearch.PAST_REACH
    + '"}}',
)
"""In JSON this message holds a line break as it is, so that it is no JSON (paperscraper 40)."""


def test_f47_the_cap_is_recognised_even_in_broken_json_and_not_tried_again(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("esearch", PAST_THE_CAP, times=2)
    before, waited = len(watching.stand_in.log), len(watching.waits)

    report = watching.week(2)

    assert is_failed(report)
    assert "cannot be larger than 9998" in messages(report)
    assert len(watching.requests(since=before)) == 2
    assert [wait for wait in watching.waits[waited:] if wait >= 2] == []
    assert watching.an_hour_later().complete
    assert watching.state() == clean[2]


@pytest.mark.parametrize(
    "fault",
    ["half", Fault(type=JSON, body='{"header":{"type":"esearch"},"esearchresult":{"count":"25')],
    ids=["xml", "json"],
)
def test_f48_an_answer_cut_in_the_middle_is_asked_for_again(
    watching: Bench, clean: list[State], fault: str | Fault
) -> None:
    """Litwatch asks for XML; the JSON is that of a server which minds nothing."""
    asked_again(watching, clean, fault)


# ---- counts that mean something ----------------------------------------------------------------


def test_f49_a_query_that_finds_nothing_of_a_sudden_is_an_alarm_and_loses_nothing(
    make_bench,
) -> None:
    bench = make_bench(library(*papers(40)), TOPIC)
    bench.week(1)
    before = bench.state()
    bench.stand_in.fail("esearch", "zero-count")

    report = bench.week(2)

    assert (report.topics[0].count, report.complete, report.is_well) == (0, True, False)
    assert warnings(report) == {"count-collapsed"}
    assert "0 hits, 40 in the last trusted run" in messages(report)
    assert "Warning count-collapsed" in bench.digest()
    assert "count-collapsed" in bench.html()
    for what in ("known", "topics", "delivered", "withdrawn"):
        assert bench.state()[what] == before[what]
    assert bench.week(3).is_well


def test_f50_a_quiet_week_is_a_normal_empty_digest(make_bench) -> None:
    bench = make_bench(library(*papers(40)), TOPIC)
    bench.week(1)

    report = bench.week(2)

    assert report.is_well
    assert (report.topics[0].count, report.topics[0].new) == (40, 0)
    assert [(digest.status, digest.articles) for digest in report.digests] == [("written", 0)]
    assert "Warning" not in bench.digest()
    assert "T: 40 in PubMed" in " ".join(bench.digest().split())


def test_f51_a_word_that_pubmed_does_not_know_is_told_and_the_hits_are_kept(make_bench) -> None:
    bench = make_bench(None, Topic("t", "T", "scleromyxedema[tiab] OR scleromyxedemma[tiab]"))

    report = bench.week(1)

    assert report.topics[0].count == report.topics[0].new >= 3
    assert warnings(report) == {"phrase-not-found"}
    assert not report.is_well
    for shown in (messages(report), bench.digest(), bench.html()):
        assert "scleromyxedemma" in shown


def test_f52_a_phrase_outside_the_index_that_finds_nothing_is_an_alarm(make_bench) -> None:
    bench = make_bench(None, Topic("t", "T", '"waxy myxedematous plaque"[tiab]'))
    bench.stand_in.options = Options(missing_quotes="nothing")

    report = bench.week(1)

    assert report.topics[0].count == 0
    assert warnings(report) == {"phrase-not-found"}
    assert not report.is_well
    for shown in (messages(report), bench.digest()):
        assert "waxy myxedematous plaque" in " ".join(shown.split())


def test_f53_a_phrase_that_pubmed_takes_apart_is_an_alarm_and_its_hits_no_news(make_bench) -> None:
    apart = [
        paper(99200001 + n, f"Mucinosis, not acral at all, number {n}.", created=date(2026, 9, 3))
        for n in range(70)
    ]
    query = 'scleromyxedema[tiab] OR "acral mucinosis"[tiab]'
    bench = make_bench(library(*papers(12), *apart), Topic("t", "T", query))
    bench.week(1)
    bench.stand_in.options = Options(missing_quotes="words")

    report = bench.week(2)

    assert (report.topics[0].count, report.is_well) == (12 + 70, False)
    assert warnings(report) >= {"phrase-not-found", "count-exploded"}
    assert "acral mucinosis" in messages(report)
    assert report.digests[0].articles == 0
    assert not any(pmid.startswith("992") for pmid in bench.delivered())
    bench.week(3)
    assert not any(pmid.startswith("992") for pmid in bench.delivered())


def test_f54_a_field_that_pubmed_does_not_know_is_an_alarm_that_names_it(make_bench) -> None:
    bench = make_bench(None, Topic("t", "T", "scleromyxedema[tiabb]"))

    report = bench.week(1)

    assert report.topics[0].count == report.topics[0].new > 0
    assert warnings(report) == {"field-not-found"}
    assert "tiabb" in messages(report)
    assert not report.is_well


def test_f55_a_query_that_pubmed_understands_otherwise_is_noted(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("esearch", "translation-changed")

    report = watching.week(2)

    assert warnings(report) == {"translation-changed"}
    assert '"something else"[All Fields]' in messages(report)
    assert report.complete
    assert watching.state() == clean[2]
    assert "translation-changed" in watching.digest()


# ---- past what one search lists ----------------------------------------------------------------


@pytest.fixture
def low_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """PubMed lists 99 hits at most, and litwatch knows: the arithmetic at a hundredth the size."""
    assert pubmed.WINDOW == esearch.REACH == 9_999
    monkeypatch.setattr(pubmed, "WINDOW", 99)
    monkeypatch.setattr(pubmed, "ROOMY", 90)
    monkeypatch.setattr(esearch, "REACH", 99)


@pytest.mark.usefixtures("low_cap")
def test_f56_more_hits_than_can_be_listed_are_sliced_and_their_union_is_whole(make_bench) -> None:
    """The full size, 50,000 hits past the cap of 9,999: tests/fetch/test_fifty_thousand.py."""
    bench = make_bench(library(*papers(450)), TOPIC)

    report = bench.week(1)

    assert report.is_well, messages(report)
    assert (report.topics[0].count, report.topics[0].new) == (450, 450)
    assert len(bench.state()["known"]) == 450
    assert all(request.params.number("retmax", 0) <= 99 for request in bench.requests("esearch"))
    assert not any("retstart" in request.params for request in bench.requests("esearch"))


@pytest.mark.usefixtures("low_cap")
def test_f57_more_hits_of_one_day_than_can_be_listed_are_reported_as_incomplete(make_bench) -> None:
    baseline = papers(0) + [
        paper(99200001 + n, f"Scleromyxedema {n}.", created=date(2026, 6, 1)) for n in range(110)
    ]
    bench = make_bench(library(*papers(5), *baseline), TOPIC)

    report = bench.week(1)

    assert is_failed(report)
    assert "110 hits that PubMed created on 2026-06-01" in messages(report)
    assert "narrow the query" in messages(report)
    assert bench.state()["known"] == frozenset()


@pytest.mark.usefixtures("low_cap")
def test_f58_slices_that_do_not_add_up_are_done_once_more(make_bench, spoiling) -> None:
    bench = make_bench(library(*papers(150)), TOPIC)
    bench.stand_in.fail("esearch", spoiling("one-more", _one_more))

    report = bench.week(1)

    assert report.is_well
    assert (report.topics[0].count, report.topics[0].new) == (150, 150)
    assert [request.params["term"] for request in bench.requests("esearch")].count(TOPIC.query) == 2


@pytest.mark.usefixtures("low_cap")
def test_f58_slices_that_do_not_add_up_twice_are_reported(make_bench, spoiling) -> None:
    bench = make_bench(library(*papers(150)), TOPIC)
    bench.week(1)
    slices = 2  # of the 150 on file, at most 90 in each
    bench.stand_in.fail("esearch", spoiling("one-more", _one_more))
    bench.stand_in.fail("esearch", spoiling("one-more", _one_more), after=slices)

    report = bench.week(2)

    assert is_failed(report)
    assert "PubMed counts 151 hits, and lists 150 by their create dates" in messages(report)
    assert bench.an_hour_later().is_well


def _one_more(body: bytes) -> bytes:
    return re.sub(rb"<Count>(\d+)<", lambda m: b"<Count>%d<" % (int(m[1]) + 1), body, count=1)


def test_f59_a_page_that_pubmed_shortens_is_continued_by_what_came(make_bench, spoiling) -> None:
    bench = make_bench(library(*papers(40)), TOPIC)
    bench.stand_in.fail("esearch", spoiling("clamp", _clamped), times=2)

    report = bench.week(1)

    assert report.is_well, messages(report)
    assert (report.topics[0].count, report.topics[0].new) == (40, 40)
    starts = [request.params.number("retstart", 0) for request in bench.requests("esearch")]
    assert starts == [0, 15, 30]


def _clamped(body: bytes) -> bytes:
    """As PubMed says it where more is asked than it lists: here it lists 15."""
    ids = re.findall(rb"<Id>\d+</Id>", body)
    body = re.sub(
        rb"<IdList>.*</IdList>",
        b"<IdList>" + b"".join(ids[:15]) + b"</IdList>",
        body,
        flags=re.DOTALL,
    )
    body = re.sub(rb"<RetMax>\d+<", b"<RetMax>15<", body)
    said = b"Restrictions achieved. start and count adjusted to 0, 15"
    warned = b"<WarningList><OutputMessage>" + said + b"</OutputMessage></WarningList>"
    return body.replace(b"</eSearchResult>", warned + b"</eSearchResult>")


def test_f60_a_list_that_names_one_record_twice_is_asked_for_again(make_bench, spoiling) -> None:
    """The order shifted while it was listed: one record stands there twice, another not at all."""
    bench = make_bench(library(*papers(40)), TOPIC)
    bench.stand_in.fail("esearch", spoiling("shifted", _shifted))

    report = bench.week(1)

    assert report.is_well
    assert (report.topics[0].count, report.topics[0].new) == (40, 40)
    assert len(bench.requests("esearch")) == 2


def _shifted(body: bytes) -> bytes:
    first, second, *_ = re.findall(rb"<Id>\d+</Id>", body)
    return body.replace(second, first)


@pytest.mark.usefixtures("low_cap")
def test_f60_a_record_in_two_slices_is_one_record(make_bench, spoiling) -> None:
    bench = make_bench(library(*papers(150)), TOPIC)
    twice = spoiling("overlap", lambda body: _one_more(body.replace(b"</IdList>", _FIRST_AGAIN)))
    bench.week(1)
    bench.stand_in.fail("esearch", twice, after=2)  # all, the newer slice, and the older one
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert report.is_well, messages(report)
    terms = [request.params["term"] for request in bench.requests("esearch", before)]
    assert terms.count(TOPIC.query) == 1, "the second listing has helped"
    assert (report.topics[0].count, report.topics[0].new) == (150, 0)


_FIRST_AGAIN = b"<Id>99100001</Id></IdList>"


@pytest.mark.usefixtures("low_cap")
def test_f61_a_count_that_changes_between_the_first_search_and_the_last_is_made_out(
    make_bench,
) -> None:
    while_asking = FIRST_MONDAY + timedelta(days=7, milliseconds=50)
    new = Revision(while_asking, paper(99300001, "Scleromyxedema, new.")["99300001"][0].xml)
    bench = make_bench(library(*papers(150), {"99300001": [new]}), TOPIC)
    bench.week(1)

    report = bench.week(2)

    assert report.is_well, messages(report)
    assert (report.topics[0].count, report.topics[0].new) == (151, 1)
    assert report.digests[0].articles == 1
    terms = [request.params["term"] for request in bench.requests("esearch")]
    assert terms.count(TOPIC.query) == 1 + 2, "it was created before all was asked for"


# ---- lists that contradict themselves ----------------------------------------------------------


def test_f62_fewer_ids_than_the_count_are_asked_for_again(
    watching: Bench, clean: list[State]
) -> None:
    asked_again(watching, clean, "short-list")


def test_f62_fewer_ids_than_the_count_twice_are_reported(
    watching: Bench, clean: list[State]
) -> None:
    lasts(watching, clean, "short-list", "PubMed counts 7 hits, and lists 6", tries=2)


def test_f63_ids_that_are_none_are_rejected_and_never_fetched(
    watching: Bench, clean: list[State]
) -> None:
    lasts(watching, clean, "bad-ids", "holds '0', which is no PMID", tries=2)
    asked = {pmid for page in watching.asked() for pmid in page}
    assert asked <= {uid.partition(":")[2] for uid in clean[2]["known"]}


def test_f64_a_translation_stack_changes_nothing(
    watching: Bench, clean: list[State], spoiling
) -> None:
    """PubMed sent one until November 2022; its counts and terms stand where others do too."""
    stack = (
        b"<TranslationStack><TermSet><Term>scleromyxedema[tiab]</Term><Field>tiab</Field>"
        b"<Count>1</Count><Explode>N</Explode></TermSet><OP>GROUP</OP></TranslationStack>"
    )
    added = spoiling(
        "stack", lambda body: body.replace(b"<QueryTranslation>", stack + b"<QueryTranslation>")
    )
    watching.stand_in.fail("esearch", added, times=None)

    report = watching.week(2)

    assert report.is_well
    assert watching.state() == clean[2]


def test_f65_an_element_that_nobody_knows_changes_nothing(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("esearch", "unknown-element", times=None)

    report = watching.week(2)

    assert report.is_well
    assert watching.state() == clean[2]
