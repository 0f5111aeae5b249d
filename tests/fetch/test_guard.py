"""The guard: what counts as a warning, and what is a week like any other."""

from dataclasses import dataclass

import pytest

from litwatch.fetch.guard import Figures, controls, figures, judge
from litwatch.models import Notice, Search
from litwatch.settings import Topic

TRANSLATION = '"scleromyxedema"[MeSH Terms] OR "scleromyxedema"[Title/Abstract]'


@dataclass
class Run:
    count: int | None
    query_translation: str = TRANSLATION


def codes(count: int, previous: int, *, query_changed: bool = False) -> list[str]:
    search = Search((), count, TRANSLATION)
    notices = judge(search, Figures(previous, TRANSLATION), query_changed=query_changed)
    return [notice.code for notice in notices]


@pytest.mark.parametrize(
    ("count", "previous", "expected"),
    [
        (1900, 1900, []),
        (0, 1900, ["count-collapsed"]),
        (949, 1900, ["count-collapsed"]),
        (950, 1900, []),
        (9, 19, ["count-collapsed"]),
        (8, 17, []),
        (0, 9, []),
        (0, 10, ["count-collapsed"]),
        (3801, 1900, ["count-exploded"]),
        (3800, 1900, []),
        (99, 49, ["count-exploded"]),
        (97, 48, []),
        (49, 0, []),
        (50, 0, ["count-exploded"]),
    ],
)
def test_a_count_warns_under_half_and_over_double_but_not_for_a_few(
    count: int, previous: int, expected: list[str]
) -> None:
    assert codes(count, previous) == expected


def test_a_warning_of_a_count_names_both_figures() -> None:
    (notice,) = judge(Search((), 3, TRANSLATION), Figures(812, TRANSLATION))

    assert "3 hits, 812 in the last complete run" in notice.message


def test_a_changed_translation_is_shown_where_it_differs() -> None:
    before = " OR ".join(f'"word{number}"[Title/Abstract]' for number in range(30))
    now = before.replace("word17", "mucin17")

    (notice,) = judge(Search((), 5, now), Figures(5, before))

    assert notice.code == "translation-changed"
    assert "word17" in notice.message
    assert "mucin17" in notice.message
    assert "word10" not in notice.message


@pytest.mark.parametrize("now", ["", TRANSLATION + " AND more", TRANSLATION[:20]])
def test_a_translation_that_got_longer_or_shorter_is_a_changed_one(now: str) -> None:
    (notice,) = judge(Search((), 5, now), Figures(5, TRANSLATION))

    assert notice.code == "translation-changed"


@pytest.mark.parametrize("before", ["", TRANSLATION.replace(" OR ", "\n  OR ")])
def test_white_space_and_a_translation_never_seen_are_no_change(before: str) -> None:
    assert judge(Search((), 5, TRANSLATION), Figures(5, before)) == ()


def test_what_the_search_itself_warns_of_passes_through() -> None:
    own = Notice("phrase-not-found", "…")

    for previous in (None, Figures(5, TRANSLATION)):
        assert judge(Search((), 5, TRANSLATION, (own,)), previous) == (own,)


def test_nothing_is_compared_when_we_changed_the_query_ourselves() -> None:
    assert codes(0, 1900, query_changed=True) == []
    search = Search((), 0, "another", (Notice("field-not-found", "…"),))
    assert judge(search, Figures(9, TRANSLATION), query_changed=True) == search.notices


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (None, None),
        (Run(None), None),
        (Run(0, "x"), Figures(0, "x")),
        (Run(7), Figures(7, TRANSLATION)),
    ],
)
def test_a_run_without_a_count_gives_no_figures(run: Run | None, expected: Figures | None) -> None:
    assert figures(run) == expected


def test_a_control_that_is_not_among_the_hits_is_named() -> None:
    topic = Topic("t", "T", "q", controls=("30232531", "pubmed:7", "11174386"))
    search = Search(("pubmed:30232531", "pubmed:7"), 2)

    (notice,) = controls(topic, search)

    assert notice.code == "control-failed"
    assert "11174386" in notice.message


def test_controls_that_are_found_say_nothing() -> None:
    topic = Topic("t", "T", "q", controls=("7",))

    assert controls(topic, Search(("pubmed:7", "pubmed:8"), 2)) == ()
