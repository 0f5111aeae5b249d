"""Papers that PubMed has under two numbers, and notices that come before the record of their paper.

A reader gets a paper once, in the record that PubMed still has, and hears of what befalls it once:
as a mark in the digest that holds it where it was known by then, else in a later one.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from faults.bench import Bench, library, paper, warnings
from faults.conftest import MakeBench

from litwatch.demo.library import Revision
from litwatch.fetch.pubmed import PubMed
from litwatch.settings import Filters, Topic
from litwatch.why import why_not

Entry = dict[str, tuple[Revision, ...]]

TOPIC = Topic("t", "T", "scleromyxedema[tiab]")
OLD = paper(99100001, "Scleromyxedema, on file.")
A, B, NOTICE, PRINT = 99300001, 99300002, 99300008, 99300009
FIRST, SECOND, THIRD = date(2026, 11, 5), date(2026, 11, 12), date(2026, 11, 19)
"""Days before the second, third and fourth Monday's run."""
IVIG = "A man of 60 with scleromyxedema was treated with intravenous immunoglobulin and improved."
GONE = Revision(SECOND, b"", withdrawn=True)
RETRACTED = ["Journal Article", "Retracted Publication"]


def new(pmid: int, title: str = "Scleromyxedema, a case.", **fields: Any) -> Entry:
    """A paper of the second week."""
    return paper(pmid, title, **({"created": FIRST, "published": "2026 Nov"} | fields))


def twin(pmid: int, **fields: Any) -> Entry:
    """One of two records of one paper."""
    return new(pmid, **({"doi": "10.5555/twin"} | fields))


def gone(entry: Entry) -> Entry:
    """The paper, deleted in the third week."""
    return {pmid: (*states, GONE) for pmid, states in entry.items()}


def link(kind: str, pmid: int | None = None, source: str = "Synth. 2026") -> dict[str, Any]:
    """A link to a notice, or from one."""
    return {"kind": kind, "source": source} | ({"pmid": pmid} if pmid else {})


def notice(
    of: int = A,
    kind: str = "RetractionOf",
    type_: str = "Retraction of Publication",
    pmid: int = NOTICE,
    created: date = SECOND,
) -> Entry:
    """A notice about another paper."""
    return new(
        pmid,
        "Notice on scleromyxedema.",
        created=created,
        types=[type_],
        corrections=[link(kind, of)],
    )


def on_day(bench: Bench, day: int) -> None:
    """A run at half past six on a day of November 2026."""
    moment = datetime(2026, 11, day, 6, 30, tzinfo=UTC)
    bench.uptime += max(0.0, (moment - bench.now).total_seconds())
    bench.now = moment
    bench.run()


def let_pass(bench: Bench, **filters: Any) -> None:
    """The reader asks for such papers only."""
    (one,) = bench.config.subscribers
    bench.configure(subscribers=(replace(one, filters=Filters(**filters)),))


def mails(bench: Bench) -> str:
    """All that the reader was ever sent."""
    with bench.store() as store:
        return "\n".join(row.text for row in reversed(store.outbox.rows(99)))


def sent(bench: Bench) -> set[int]:
    """Which of the two records the reader was sent."""
    return {int(pmid) for pmid in bench.delivered()} & {A, B}


SIGNS = {"types": RETRACTED, "corrections": [link("RetractionIn", NOTICE)]}
"""What the record of a retracted paper says."""


# ---- one paper under two numbers ---------------------------------------------------------------


def test_two_abstracts_of_a_supplement_with_one_doi_and_one_title_are_two_papers(
    make_bench: MakeBench,
) -> None:
    one, two = twin(A, authors=["Abel, A"], pages="S1"), twin(B, authors=["Zorn, Z"], pages="S97")
    bench = make_bench(library(OLD, one, two), TOPIC)
    bench.weeks([1, 2])

    assert sent(bench) == {A, B}


def test_a_twin_that_passes_the_filters_is_sent_where_the_first_did_not(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD, twin(A), twin(B, abstract=IVIG, created=SECOND)), TOPIC)
    let_pass(bench, treatments=("ivig",))
    bench.weeks([1, 2, 3, 4])

    assert sent(bench) == {B}


def test_a_paper_is_not_sent_again_through_another_topic(make_bench: MakeBench) -> None:
    other = twin(B, keywords=["mucinosis"], created=SECOND)
    bench = make_bench(library(OLD, twin(A), other), TOPIC, Topic("u", "U", "mucinosis[tiab]"))
    bench.weeks([1, 2, 3])

    assert sent(bench) == {A}
    source = PubMed.over_network(bench.config.ncbi, clock=lambda: bench.now)
    said = "\n".join(why_not(bench.config, f"pubmed:{B}", source, bench.now))
    assert f"it is the same paper as pubmed:{A}, which is in digest 2026-W46, written" in said


def test_a_paper_is_not_sent_again_when_its_twin_is_revised(make_bench: MakeBench) -> None:
    """The twin passes the filters since then; and a week later its title is another."""
    states = [
        {"at": THIRD, "abstract": IVIG},
        {"at": THIRD + timedelta(days=7), "abstract": IVIG, "title": "Scleromyxedema: one case."},
    ]
    other = twin(B, created=SECOND, revisions=states)
    bench = make_bench(library(OLD, twin(A, abstract=IVIG), other), TOPIC)
    let_pass(bench, treatments=("ivig",))
    bench.weeks([1, 2, 3, 4, 5, 6])

    assert sent(bench) == {A}


def test_a_paper_is_not_sent_again_when_its_title_was_completed(make_bench: MakeBench) -> None:
    whole = twin(B, title="Scleromyxedema, a case: report and review.", created=SECOND)
    bench = make_bench(library(OLD, gone(twin(A)), whole), TOPIC)
    bench.weeks([1, 2, 3])

    assert sent(bench) == {A}


def test_a_corrected_republication_is_a_paper_of_its_own(make_bench: MakeBench) -> None:
    again = twin(B, corrections=[link("CorrectedandRepublishedFrom", A)])
    old = paper(A, "Scleromyxedema, a case.", doi="10.5555/twin")
    bench = make_bench(library(OLD, old, again), TOPIC)
    bench.weeks([1, 2, 3])

    assert B in sent(bench)


def test_of_two_records_that_are_owed_the_one_that_lives_is_sent(make_bench: MakeBench) -> None:
    """Daily runs and a weekly digest: the first record is withdrawn before it is written."""
    first, second = twin(A, created=date(2026, 11, 10)), twin(B, created=SECOND)
    bench = make_bench(library(OLD, gone(first), second), TOPIC)
    bench.configure(recheck_days=1)
    bench.weeks([1, 2])
    for day in range(10, 17):
        on_day(bench, day)
    bench.weeks([4, 5])

    assert bench.state()["withdrawn"] == {f"pubmed:{A}"}
    assert sent(bench) == {B}
    assert bench.state()["told"] == []


def test_a_withdrawn_record_is_sent_with_where_its_paper_is_now(make_bench: MakeBench) -> None:
    """The record that lives does not pass the reader's filters: it has no abstract."""
    first = twin(A, created=date(2026, 11, 10), abstract=IVIG)
    bench = make_bench(library(OLD, gone(first), twin(B, created=SECOND)), TOPIC)
    let_pass(bench, treatments=("ivig",))
    bench.configure(recheck_days=1)
    bench.weeks([1, 2])
    for day in range(10, 17):
        on_day(bench, day)

    assert sent(bench) == {A}
    assert "Under another number in PubMed" in bench.digest()
    assert f"https://pubmed.ncbi.nlm.nih.gov/{B}/" in bench.digest()


def test_the_record_that_stayed_is_sent_where_the_other_was_held_and_is_gone(
    make_bench: MakeBench,
) -> None:
    flood = [gone(new(99500000 + n, f"Scleromyxedema, flood {n}.")) for n in range(70)]
    bench = make_bench(library(OLD, *flood, gone(twin(A)), twin(B, created=SECOND)), TOPIC)
    bench.week(1)
    assert "count-exploded" in warnings(bench.week(2))
    assert "count-exploded" not in warnings(bench.week(3))
    bench.week(4)

    assert sent(bench) == {B}


@pytest.mark.parametrize("doubtful", ["record", "notice"])
def test_what_befalls_the_record_that_stayed_is_told_to_those_who_got_the_other(
    make_bench: MakeBench, doubtful: str
) -> None:
    late = date(2026, 12, 17)
    sign = SIGNS | {"at": late}
    second = twin(B, created=SECOND, revisions=[sign] if doubtful == "record" else [])
    others = [notice(B, created=late)] if doubtful == "notice" else []
    bench = make_bench(library(OLD, gone(twin(A)), second, *others), TOPIC)
    bench.configure(recheck_days=1)
    bench.weeks(range(1, 10))

    assert sent(bench) == {A}
    assert bench.state()["told"] == [
        (f"pubmed:{A}", "retraction"),
        (f"pubmed:{A}", "withdrawn"),
    ]


def test_a_retraction_that_comes_with_a_second_record_is_told_to_those_who_got_the_first(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD, twin(A), twin(B, created=SECOND, **SIGNS)), TOPIC)
    bench.weeks([1, 2, 3, 4])

    assert sent(bench) == {A}
    assert bench.state()["told"] == [(f"pubmed:{A}", "retraction")]


# ---- notices that come before the record of their paper ----------------------------------------


EARLY = {
    "before its digest": (date(2026, 11, 10), SECOND),
    "in the same run": (FIRST, FIRST),
    "before its paper": (SECOND, FIRST),
    "before its paper and the reader": (FIRST, date(2026, 10, 1)),
}
"""When the paper is created, and when its notice."""


@pytest.mark.parametrize("numbers", [(A, NOTICE), (NOTICE, A)], ids=["after", "first"])
@pytest.mark.parametrize("says", ["never", "later"])
@pytest.mark.parametrize("came", EARLY)
def test_a_notice_that_came_marks_its_paper_in_the_digest_and_is_not_told_again(
    make_bench: MakeBench, came: str, says: str, numbers: tuple[int, int]
) -> None:
    """The record of the paper says so after the digest, or never; a run reads by number."""
    number, its = numbers
    created, known = EARLY[came]
    sign = SIGNS | {"at": THIRD, "corrections": [link("RetractionIn", its)]}
    own = new(number, created=created, revisions=[sign] if says == "later" else [])
    bench = make_bench(library(OLD, own, notice(number, pmid=its, created=known)), TOPIC)
    bench.weeks([1, 2])
    for day in (11, 13, 16):
        on_day(bench, day)
    bench.weeks([4, 5, 6])

    assert str(number) in bench.delivered()
    assert mails(bench).count("!! Retracted\n") == 1
    assert bench.state()["told"] == []


@pytest.mark.parametrize("first", ["record", "notice"])
def test_an_erratum_is_told_once_though_the_record_names_no_pmid(
    make_bench: MakeBench, first: str
) -> None:
    days = [SECOND, THIRD]
    on_record, on_notice = days if first == "record" else days[::-1]
    sign = {"at": on_record, "corrections": [link("ErratumIn")]}
    its = notice(A, "ErratumFor", "Published Erratum", created=on_notice)
    bench = make_bench(library(OLD, new(A, revisions=[sign]), its), TOPIC)
    bench.weeks([1, 2, 3, 4, 5])

    assert bench.state()["told"] == [(f"pubmed:{A}", "erratum")]


def test_a_retraction_with_two_notices_is_told_once(make_bench: MakeBench) -> None:
    """The record names first the notice of the print issue, which the query does not find."""
    links = [link("RetractionIn", PRINT, "Synth. 2026 print"), link("RetractionIn", NOTICE)]
    own = new(A, revisions=[{"at": THIRD, "corrections": links}])
    bench = make_bench(library(OLD, own, notice()), TOPIC)
    bench.weeks([1, 2, 3, 4, 5])

    assert bench.state()["told"] == [(f"pubmed:{A}", "retraction")]


def test_a_second_erratum_on_the_same_page_of_the_journal_is_told(make_bench: MakeBench) -> None:
    """Two notices, two PMIDs, one citation: journals print several errata on a page."""
    one, two = (link("ErratumIn", pmid, "Synth. 2026;1(2):99") for pmid in (NOTICE, PRINT))
    states = [{"at": SECOND, "corrections": [one]}, {"at": THIRD, "corrections": [one, two]}]
    bench = make_bench(library(OLD, new(A, revisions=states)), TOPIC)
    bench.weeks([1, 2, 3, 4, 5])

    assert bench.state()["told"] == [(f"pubmed:{A}", "erratum")] * 2


@pytest.mark.parametrize("says", ["record", "republication"])
def test_a_paper_that_was_retracted_and_republished_is_said_to_be_both(
    make_bench: MakeBench, says: str
) -> None:
    back = [link("RetractedandRepublishedFrom", A)] if says == "republication" else []
    again = new(B, "Scleromyxedema, counted anew.", created=SECOND, corrections=back)
    sign = {"at": SECOND, "corrections": [link("RetractedandRepublishedIn", B)]}
    old = new(A, "Scleromyxedema, miscounted.", revisions=[sign] if says == "record" else [])
    bench = make_bench(library(OLD, old, again), TOPIC)
    bench.weeks([1, 2, 3])

    assert bench.state()["told"] == [(f"pubmed:{A}", "retraction")]
    entry = " ".join(bench.digest().split()).partition("CORRECTIONS TO")[2]
    assert "!! Retracted and republished Scleromyxedema, miscounted." in entry
    assert "This paper has been retracted, and published again in another form." in entry
    assert "1 retraction" in bench.digest()
