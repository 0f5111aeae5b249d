"""The guard: what counts as a warning, and what is a week like any other."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from litwatch.fetch.guard import (
    Figures,
    compare_control,
    controls,
    figures,
    judge,
    poisson_at_most,
    too_quiet,
)
from litwatch.models import (
    AbstractSection,
    Article,
    Finding,
    Findings,
    Notice,
    Search,
    Tag,
)
from litwatch.settings import Topic

TRANSLATION = '"scleromyxedema"[MeSH Terms] OR "scleromyxedema"[Title/Abstract]'


@dataclass
class Run:
    count: int | None
    query_translation: str = TRANSLATION
    query: str = "q"


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

    assert "3 hits, 812 in the last trusted run" in notice.message


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
    assert figures(run, "q") == expected


def test_what_pubmed_made_of_another_query_is_not_compared() -> None:
    assert figures(Run(7), "another") == Figures(7, "")


def test_a_control_that_is_not_among_the_hits_is_named() -> None:
    topic = Topic("t", "T", "q", controls=("30232531", "pubmed:7", "11174386"))
    search = Search(("pubmed:30232531", "pubmed:7"), 2)

    (notice,) = controls(topic, search)

    assert notice.code == "control-failed"
    assert "11174386" in notice.message


def test_controls_that_are_found_say_nothing() -> None:
    topic = Topic("t", "T", "q", controls=("7",))

    assert controls(topic, Search(("pubmed:7", "pubmed:8"), 2)) == ()


# ---- controls and silence --------------------------------------------------------------------

MONDAY = date(2026, 6, 1)


def weekly(years: float, until: date = MONDAY) -> list[date]:
    """A paper a week over so many years."""
    return [until - timedelta(days=7 * week) for week in range(int(52 * years))]


def test_a_topic_at_its_usual_pace_is_not_quiet() -> None:
    assert too_quiet(sorted(weekly(6)), MONDAY) == ()


def test_thirteen_weeks_without_the_weekly_paper_are_too_quiet() -> None:
    (notice,) = too_quiet(sorted(weekly(6)), MONDAY + timedelta(days=92))

    assert notice.code == "too-quiet"
    assert "0 new papers in 91 days where 13 are usual" in notice.message


def test_in_the_yearly_pause_of_indexing_no_paper_is_expected() -> None:
    """One a day until the middle of November."""
    days = [date(2026, 11, 14) - timedelta(days=n) for n in reversed(range(3 * 365))]

    assert too_quiet(days, date(2026, 12, 20)) == ()
    assert too_quiet(days, date(2027, 2, 1))


def test_a_trickle_where_there_was_a_stream_is_too_quiet() -> None:
    days = [*weekly(6), MONDAY + timedelta(days=40), MONDAY + timedelta(days=80)]

    assert too_quiet(sorted(days), MONDAY + timedelta(days=92))


def test_a_topic_with_less_than_a_year_behind_it_is_not_judged() -> None:
    assert too_quiet(sorted(weekly(0.9)), MONDAY + timedelta(days=60)) == ()


def test_a_rare_topic_may_be_quiet_for_long() -> None:
    yearly = [MONDAY - timedelta(days=365 * year) for year in range(10)]

    assert too_quiet(sorted(yearly), MONDAY + timedelta(days=3 * 365)) == ()
    assert too_quiet(sorted(yearly), MONDAY + timedelta(days=12 * 365))


def test_a_topic_without_papers_is_not_judged() -> None:
    assert too_quiet([], MONDAY) == ()


@pytest.mark.parametrize(
    ("events", "expected", "probability"),
    [(0, 6.9, 0.001008), (2, 10.0, 0.002769), (5, 5.0, 0.615961), (0, 0.0, 1.0), (3, 0.0, 1.0)],
)
def test_the_probability_is_poissons(events: int, expected: float, probability: float) -> None:
    assert poisson_at_most(events, expected) == pytest.approx(probability, abs=1e-6)


CONTROL = Article(
    "pubmed:99000001",
    title="Scleromyxedema",
    abstract=(AbstractSection("", "IVIG was given. " * 20),),
)
IVIG = Findings(treatments=(Finding(Tag("treatment", "ivig", "IVIG"), "given", ()),))


def test_a_control_that_comes_as_it_was_is_well() -> None:
    revised = replace(CONTROL, pages="1-9")

    assert compare_control([(CONTROL, IVIG)], (revised, IVIG)) == ()


def test_a_control_that_has_gained_is_well() -> None:
    longer = replace(CONTROL, abstract=(*CONTROL.abstract, AbstractSection("", "He recovered.")))

    assert compare_control([(CONTROL, Findings())], (longer, IVIG)) == ()


def test_a_control_that_lost_its_abstract_and_a_tag_is_told() -> None:
    emptied = replace(CONTROL, abstract=())

    (notice,) = compare_control([(CONTROL, IVIG)], (emptied, Findings()))

    assert notice.code == "control-failed"
    assert "99000001" in notice.message
    assert "its abstract, its tag IVIG" in notice.message


def test_a_control_that_lost_one_sentence_is_told() -> None:
    shorter = replace(CONTROL, abstract=(AbstractSection("", "IVIG was given. " * 19),))

    (notice,) = compare_control([(CONTROL, IVIG)], (shorter, IVIG))

    assert "words of its abstract (303 of 319)" in notice.message


def test_a_control_whose_tag_has_another_role_is_told() -> None:
    mentioned = Findings(treatments=(replace(IVIG.treatments[0], role="mentioned"),))

    (notice,) = compare_control([(CONTROL, IVIG)], (CONTROL, mentioned))

    assert "the role of its tag IVIG (given; now mentioned)" in notice.message


def test_a_control_is_held_against_what_it_was_before_it_lost_anything() -> None:
    emptied = (replace(CONTROL, abstract=()), Findings())

    assert compare_control([(CONTROL, IVIG), emptied], emptied)
    assert compare_control([(CONTROL, IVIG), emptied], (CONTROL, IVIG)) == ()
    assert compare_control([emptied], emptied) == compare_control([], emptied) == ()
