"""What is history and what is news, though runs fail, queries are edited and clocks jump.

It is decided by what a run listed and under which query, not by when its record came at last.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from faults.bench import library, paper
from faults.conftest import MakeBench

from litwatch.demo.library import Revision
from litwatch.settings import Topic

TOPIC = Topic("t", "T", "scleromyxedema[tiab]")
EDITED = replace(TOPIC, query="scleromyxedema[tiab] OR scleromyxoedema[tiab]")
THIRD = Topic("third", "3", "scleredema[tiab]")
OLD = paper(99100001, "Scleromyxedema, on file.")
YEAR = timedelta(days=365)


def old(title: str, number: int) -> list[Mapping[str, tuple[Revision, ...]]]:
    """Papers that PubMed has had for months."""
    made = date(2026, 6, 1)
    return [paper(99400000 + n, f"{title}, old {n}.", created=made) for n in range(number)]


def new(title: str, day: int) -> Mapping[str, tuple[Revision, ...]]:
    """A paper that PubMed creates on that day of November 2026."""
    return paper(99300001, title, created=date(2026, 11, day), published="2026 Nov")


# ---- history stays history ---------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "acral[tiab] AND scleromyxedema[tiab]"])
def test_what_another_topic_has_on_file_is_filed_though_the_run_is_broken_off(
    make_bench: MakeBench, before: str
) -> None:
    """A new topic, or one with an edited query: it has nothing to fetch, and so is complete."""
    narrow = Topic("narrow", "N", "nodular[tiab] AND scleromyxedema[tiab]")
    watched = [TOPIC, THIRD, replace(narrow, query=before)] if before else [TOPIC]
    bench = make_bench(library(OLD, *old("Nodular scleromyxedema", 9)), *watched)
    bench.week(1)
    bench.configure(topics=(TOPIC, narrow, THIRD))
    bench.stand_in.fail("esearch", "blocked", after=4 if before else 3)
    report = bench.on_day(3)
    assert [topic.error is None for topic in report.topics] == [True, True, False]

    assert bench.week(2).digests[0].articles == 0
    assert len(bench.state()["topics"]["narrow"]) == 9  # type: ignore[index]


def test_history_that_the_first_run_listed_and_could_not_have_is_no_news_when_it_comes(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD, *old("Scleromyxedema", 9)), TOPIC)
    bench.stand_in.fail("efetch", "empty-set", times=None)
    assert bench.week(1).complete
    bench.stand_in.heal()

    assert bench.week(2).digests[0].articles == 0
    assert len(bench.state()["known"]) == 10  # type: ignore[arg-type]


def test_older_papers_that_an_edited_query_listed_and_could_not_have_are_no_news_when_they_come(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD, *old("Scleromyxoedema", 9)), TOPIC)
    bench.week(1)
    bench.configure(topics=(EDITED,))
    bench.stand_in.fail("efetch", "empty-set", times=None)
    assert bench.week(2).complete
    bench.stand_in.heal()

    assert bench.week(3).digests[0].articles == 0
    assert len(bench.state()["known"]) == 10  # type: ignore[arg-type]


@pytest.mark.parametrize("when", ["before the edit", "at the edit", "until the edit"])
def test_a_clock_that_says_1970_makes_no_news_of_what_an_edited_query_adds(
    make_bench: MakeBench, when: str
) -> None:
    bench = make_bench(library(OLD, *old("Scleroatrophy", 9)), TOPIC)
    edited = replace(TOPIC, query="scleromyxedema[tiab] OR scleroatrophy[tiab]")

    def in_1970() -> object:
        return bench.now.replace(year=1970)

    bench.clock = in_1970 if when == "until the edit" else None  # type: ignore[assignment]
    bench.week(1)
    bench.clock = None if when == "at the edit" else in_1970  # type: ignore[assignment]
    bench.week(2)
    bench.clock = in_1970 if when == "at the edit" else None  # type: ignore[assignment]
    bench.configure(topics=(edited,))
    bench.week(3)
    bench.clock = None
    bench.week(4)

    assert bench.delivered() <= {"99100001"}, "the first issue alone holds a paper"
    assert len(bench.state()["known"]) == 10  # type: ignore[arg-type]


# ---- and news stays news -----------------------------------------------------------------------


def test_a_paper_that_could_be_searched_days_after_its_creation_is_news_for_an_edited_query(
    make_bench: MakeBench,
) -> None:
    """Created before the last run with the old query, and found by nobody then."""
    late = {
        pmid: tuple(replace(state, at=date(2026, 11, 10)) for state in states)
        for pmid, states in new("Scleromyxedema, lagging.", 8).items()
    }
    bench = make_bench(library(OLD, late), TOPIC)
    bench.weeks([1, 2])
    bench.configure(topics=(EDITED,))
    bench.weeks([3, 4])

    assert "99300001" in bench.delivered()


def test_a_paper_that_a_run_listed_and_did_not_read_is_news_though_the_query_is_edited(
    make_bench: MakeBench,
) -> None:
    """Created months ago, indexed now, and listed by a run whose fetch failed."""
    found = {"at": date(2026, 11, 5), "title": "Scleromyxedema, indexed late."}
    late = paper(99300001, "Mucinosis.", created=date(2026, 6, 1), revisions=[found])
    bench = make_bench(library(OLD, late), TOPIC)
    bench.week(1)
    bench.stand_in.fail("efetch", "server-error", times=None)
    assert not bench.week(2).complete
    assert bench.pending() == {}
    bench.stand_in.heal()
    bench.configure(topics=(EDITED,))
    bench.weeks([3, 4])

    assert "99300001" in bench.delivered()


def test_a_paper_that_was_given_up_is_news_when_it_comes_though_the_query_is_edited(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD, new("Scleromyxedema, kept away.", 5)), TOPIC)
    bench.week(1)
    bench.stand_in.fail("efetch", "empty-set", ids=["99300001"], times=None)
    bench.weeks([2, 3, 4])
    assert bench.state()["withdrawn"] == {"pubmed:99300001"}
    bench.stand_in.heal()
    bench.configure(topics=(EDITED,))
    bench.weeks([5, 6])

    assert "99300001" in bench.delivered()


def test_a_run_a_year_ahead_makes_no_history_of_what_comes_before_an_edit(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD, new("Scleromyxedema, new.", 12)), TOPIC)
    bench.week(1)
    bench.clock = lambda: bench.now + YEAR
    bench.week(2)
    bench.clock = None
    bench.configure(topics=(EDITED,))
    bench.weeks([3, 4])

    assert "99300001" in bench.delivered()
