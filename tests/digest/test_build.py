"""What a subscriber is owed, and the issue that is made of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import ModuleType

import pytest

from litwatch.digest.build import is_late
from litwatch.digest.issue import Digest
from litwatch.digest.owed import Owed, corrections, matches, news, owed, untold
from litwatch.models import TAKEN_BACK_BY, Article, Change, Fact, Facts, Findings, Stored
from litwatch.settings import Filters

WRITTEN = datetime(2026, 11, 16, 6, 10, tzinfo=UTC)


def uids(papers: tuple[Stored, ...]) -> list[str]:
    return [paper.article.uid.removeprefix("pubmed:9000000") for paper in papers]


# ---- filters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (Filters(), True),
        (Filters(topics=("scleromyxedema",)), True),
        (Filters(topics=("scleredema",)), False),
        (Filters(treatments=("ivig",)), True),
        (Filters(treatments=("rituximab", "thalidomide")), True),
        (Filters(treatments=("rituximab",)), False),
        (Filters(roles=("failed",)), True),
        (Filters(roles=("cause",)), False),
        (Filters(treatments=("thalidomide",), roles=("failed",)), True),
        (Filters(treatments=("ivig",), roles=("failed",)), False),
        (Filters(organs=("cardiovascular",)), True),
        (Filters(organs=("renal",)), False),
        (Filters(study_types=("case_report", "trial")), True),
        (Filters(study_types=("trial",)), False),
        (Filters(languages=("eng",)), True),
        (Filters(languages=("fre",)), False),
        (Filters(topics=("scleromyxedema",), organs=("renal",)), False),
    ],
)
def test_a_paper_passes_only_all_filters_together(
    samples: ModuleType, filters: Filters, passes: bool
) -> None:
    assert matches(samples.heart_paper(), filters) is passes


def test_a_paper_of_unknown_study_type_passes_no_study_filter(samples: ModuleType) -> None:
    unknown = samples.stored(samples.article(1, "A title"))

    assert not matches(unknown, Filters(study_types=("other",)))


# ---- owed ------------------------------------------------------------------------------------


def keys(*papers: Stored) -> frozenset[str]:
    return frozenset(paper.article.uid for paper in papers)


def test_what_was_promised_and_not_delivered_is_owed(samples: ModuleType) -> None:
    heart, series = samples.heart_paper(), samples.series_paper()

    got = owed([heart, series], Filters(), promised=keys(heart, series), delivered=keys(series))

    assert got.papers == (heart,)
    assert got.filed_only == ()


def test_what_only_todays_filters_let_pass_is_filed_and_counted(samples: ModuleType) -> None:
    heart, series = samples.heart_paper(), samples.series_paper()

    got = owed([heart, series], Filters(), promised=keys(heart), delivered=frozenset())

    assert (got.papers, got.filed_only) == ((heart,), (series,))


def test_a_promise_waits_while_the_filters_leave_the_paper_out(samples: ModuleType) -> None:
    heart = samples.heart_paper()
    narrow = Filters(languages=("ita",))

    assert owed([heart], narrow, promised=keys(heart), delivered=()).papers == ()
    assert owed([heart], Filters(), promised=keys(heart), delivered=()).papers == (heart,)


def test_what_is_held_back_is_neither_owed_nor_filed(samples: ModuleType) -> None:
    heart = samples.heart_paper()

    got = owed([heart], Filters(), promised=keys(heart), delivered=(), held=keys(heart))

    assert got == Owed()


def test_a_paper_is_news_only_in_a_topic_that_the_reader_follows(samples: ModuleType) -> None:
    """It was found by both queries, but is history to the topic that was added later."""
    shared = replace(
        samples.heart_paper(), topics=("scleromyxedema", "added"), news_topics=("scleromyxedema",)
    )
    history = replace(samples.german_paper(), news_topics=())

    assert news([shared, history], Filters()) == (shared.article.uid,)
    assert news([shared], Filters(topics=("added",))) == ()


def test_an_organ_role_is_asked_of_organs(samples: ModuleType) -> None:
    heart = samples.heart_paper()

    assert matches(heart, Filters(roles=("involved",)))
    assert matches(heart, Filters(organs=("cardiovascular",), roles=("excluded", "given")))
    assert not matches(heart, Filters(organs=("cardiovascular",), roles=("involved",)))


def test_of_several_records_of_a_paper_one_that_lives_is_owed(samples: ModuleType) -> None:
    gone = replace(samples.heart_paper(), withdrawn=True)
    lives, third, other = samples.series_paper(), samples.german_paper(), samples.laboratory_paper()
    every = keys(gone, lives, third)
    twins = {uid: every - {uid} for uid in every}
    promised = every | keys(other)

    def got(*papers: Stored, delivered: frozenset[str] = frozenset()) -> Owed:
        return owed(papers, Filters(), promised=promised, delivered=delivered, twins=twins)

    assert got(gone, lives, third, other) == Owed(
        (lives, other), again=(gone.article.uid, third.article.uid)
    )
    assert got(gone, other).papers == (other, gone)
    assert got(gone, lives, delivered=keys(third)).papers == ()


# ---- corrections -----------------------------------------------------------------------------


def change(number: int, kind: str, uid: str = "pubmed:90000001", days: int = 1) -> Change:
    return Change(number, uid, kind, 3, WRITTEN + timedelta(days=days))


def correct(samples: ModuleType, changes: list[Change], **more: object):
    papers = {paper.article.uid: paper for paper in (samples.heart_paper(), samples.series_paper())}
    known: dict[str, object] = {
        "delivered_in": dict.fromkeys(papers, 2),
        "delivered_changes": frozenset(),
    }
    notices = more.pop("notices", {})
    news = untold(changes, **(known | more))  # type: ignore[arg-type]
    return corrections(news, papers, dict.fromkeys(papers, WRITTEN), notices)  # type: ignore[arg-type]


def test_a_retraction_stands_before_every_other_correction(samples: ModuleType) -> None:
    changes = [
        change(1, "update"),
        change(2, "erratum", days=1),
        change(3, "erratum", days=2),
        change(4, "retraction"),
        change(5, "concern"),
    ]

    assert [entry.change.id for entry in correct(samples, changes)] == [4, 5, 3, 2, 1]


def test_a_reader_hears_only_of_papers_that_an_own_digest_held(samples: ModuleType) -> None:
    changes = [change(1, "retraction"), change(2, "retraction", "pubmed:90000002")]

    got = correct(samples, changes, delivered_in={"pubmed:90000002": 2})

    assert [entry.paper.article.uid for entry in got] == ["pubmed:90000002"]


def test_a_change_that_the_digest_showed_already_is_no_correction(samples: ModuleType) -> None:
    before = replace(change(1, "retraction"), run_id=1)
    with_it = replace(change(2, "erratum"), run_id=2)
    again = replace(change(3, "retraction"), notice_uid="pubmed:5")

    assert correct(samples, [before, with_it, again]) == ()


def test_a_correction_is_delivered_once(samples: ModuleType) -> None:
    assert correct(samples, [change(1, "erratum")], delivered_changes=frozenset({1})) == ()


def test_the_final_form_of_a_paper_is_told_after_all_that_is_wrong(samples: ModuleType) -> None:
    told = correct(samples, [change(1, "final"), change(2, "update")])

    assert [entry.change.kind for entry in told] == ["update", "final"]


def test_a_correction_names_its_notice(samples: ModuleType) -> None:
    notice = Article("pubmed:5", title="Retraction notice")
    named = replace(change(1, "retraction"), notice_uid="pubmed:5")

    (entry,) = correct(samples, [named], notices={"pubmed:5": notice})

    assert (entry.notice, entry.sent_at) == (notice, WRITTEN)


def test_what_the_notice_has_told_the_paper_does_not_tell_again(samples: ModuleType) -> None:
    by_notice = replace(change(1, "retraction"), notice_uid="pubmed:5")
    by_paper = replace(change(2, "retraction"), notice_uid="pubmed:5", citation="J. 2026")
    unnamed = replace(change(3, "retraction"), citation="J. 2026")
    in_print = replace(change(4, "retraction"), notice_uid="pubmed:6")
    concern = replace(change(5, "concern"), notice_uid="pubmed:7")
    all_of_them = [by_notice, by_paper, unnamed, in_print, concern]

    once = correct(samples, all_of_them)
    later = correct(samples, all_of_them, delivered_changes=frozenset({3}))

    assert [entry.change.id for entry in once] == [1, 5]
    assert [entry.change.id for entry in later] == [5]


def test_an_erratum_of_which_the_record_names_no_notice_is_that_of_the_notice(
    samples: ModuleType,
) -> None:
    by_notice = replace(change(1, "erratum"), notice_uid="pubmed:5")
    unnamed = replace(change(2, "erratum"), citation="J. 2")
    told = frozenset({1})

    assert correct(samples, [by_notice, unnamed], delivered_changes=told) == ()

    by_paper = replace(change(3, "erratum"), notice_uid="pubmed:5", citation="J. 3")
    all_of_them = [by_notice, unnamed, by_paper]
    assert [entry.change.id for entry in correct(samples, all_of_them, delivered_changes=told)] == [
        2
    ], "the record has named another for that notice, so this one is a second"


def test_a_second_erratum_is_told_even_if_neither_has_a_record(samples: ModuleType) -> None:
    changes = [replace(change(n, "erratum"), citation=f"J. {n}") for n in (1, 2)]

    assert len(correct(samples, changes)) == 2


# ---- what was taken back ---------------------------------------------------------------------


def test_what_was_taken_back_before_it_was_told_is_not_told(samples: ModuleType) -> None:
    changes = [
        change(1, "retraction"),
        change(2, "withdrawn", "pubmed:90000002"),
        change(3, "reinstated"),
        change(4, "restored", "pubmed:90000002"),
    ]

    assert correct(samples, changes) == ()


@pytest.mark.parametrize(("kind", "by"), TAKEN_BACK_BY.items())
def test_what_is_taken_back_after_it_was_told_is_told_once(
    samples: ModuleType, kind: str, by: str
) -> None:
    changes = [change(1, kind), change(2, by)]

    told = correct(samples, changes, delivered_changes=frozenset({1}))
    again = correct(samples, changes, delivered_changes=frozenset({1, 2}))

    assert [entry.change.kind for entry in told] == [by]
    assert again == ()


def test_what_comes_again_after_it_was_taken_back_is_told_again(samples: ModuleType) -> None:
    changes = [change(1, "retraction"), change(2, "reinstated"), change(3, "retraction")]

    told = correct(samples, changes, delivered_changes=frozenset({1, 2}))

    assert [entry.change.id for entry in told] == [3]
    assert correct(samples, changes, delivered_changes=frozenset({1})) == ()
    assert [entry.change.id for entry in correct(samples, changes)] == [3]


def test_a_paper_that_was_sent_as_retracted_is_told_to_be_so_no_more(samples: ModuleType) -> None:
    """It was retracted before it came on file, so that no change ever said so."""
    changes = [change(1, "reinstated"), change(2, "retraction")]

    assert [entry.change.id for entry in correct(samples, changes[:1])] == [1]
    assert correct(samples, changes) == ()


# ---- the issue -------------------------------------------------------------------------------


def test_papers_are_grouped_by_treatment_then_topic_with_old_ones_apart(
    issue: Callable[..., Digest],
) -> None:
    sections = [(one.kind, one.title, uids(one.papers)) for one in issue().sections]

    assert sections == [
        ("treatment", "Intravenous immunoglobulin", ["2", "1"]),
        ("treatment", "Lenalidomide", ["3"]),
        ("topic", "Scleredema", ["4"]),
        ("late", "Older papers new to PubMed", ["5"]),
    ]


def test_each_paper_stands_in_one_section(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    held = sorted(uids(issue().papers))

    assert held == sorted(uids(samples.all_papers()))


def test_a_treatment_that_failed_stands_after_those_that_were_given(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    heart = samples.heart_paper()
    failed = heart.findings.treatments[1]
    only_failed = [
        replace(
            heart,
            article=replace(heart.article, uid=f"pubmed:9000001{number}"),
            findings=Findings(treatments=(failed,)),
        )
        for number in range(3)
    ]

    titles = [section.title for section in issue((*only_failed, heart)).sections]

    assert titles == ["Intravenous immunoglobulin", "Thalidomide"]


def test_a_paper_stands_under_the_treatment_that_its_title_names(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    series, german = samples.series_paper(), samples.german_paper()
    ivig = series.findings.treatments[0]
    both = replace(german, findings=Findings(treatments=(ivig, *german.findings.treatments)))

    (section,) = issue((both,)).sections

    assert section.title == "Lenalidomide"


@pytest.mark.parametrize("role", ["considered", "mentioned"])
def test_a_treatment_that_nobody_got_makes_no_section(
    issue: Callable[..., Digest], samples: ModuleType, role: str
) -> None:
    german = samples.german_paper()
    named = replace(german.findings.treatments[0], role=role)

    (section,) = issue((replace(german, findings=Findings(treatments=(named,))),)).sections

    assert (section.kind, section.title) == ("topic", "Scleromyxedema")


def test_a_paper_of_a_topic_no_longer_configured_is_still_shown(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    orphan = replace(samples.laboratory_paper(), topics=("gone",))

    assert [section.title for section in issue((orphan,)).sections] == ["gone"]


@pytest.mark.parametrize(
    ("published", "published_on", "late"),
    [
        ("2025 Nov 17", date(2025, 11, 17), True),
        ("2025 Nov 18", date(2025, 11, 18), False),
        ("2025", date(2025, 1, 1), False),
        ("2024", date(2024, 1, 1), True),
        ("2027 Jan", date(2027, 1, 1), False),
        ("", None, False),
    ],
)
def test_a_paper_is_old_where_pubmed_has_it_a_year_after_it_was_published(
    samples: ModuleType, published: str, published_on: date | None, late: bool
) -> None:
    paper = samples.article(1, "A title", published=published, published_on=published_on)

    assert is_late(paper) is late


def test_a_first_issue_shows_the_newest_five_and_no_old_paper_among_them(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    more = tuple(
        samples.stored(samples.article(90000010 + day, "One more", created_on=date(2026, 11, day)))
        for day in (1, 2, 3)
    )

    first = issue((*samples.all_papers(), *more), kind="first", on_file=8)

    assert [(one.kind, len(one.papers)) for one in first.sections] == [("newest", 5)]
    assert uids(first.papers)[:4] == ["2", "4", "3", "1"]
    assert "5" not in uids(first.papers)
    assert first.on_file == 8


def test_a_digest_says_what_the_reader_asked_for_and_covers_those_topics_only(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    filters = Filters(topics=("scleredema",), roles=("given", "failed"))

    digest = issue((), reader=replace(samples.READER, filters=filters))

    assert digest.filters == ("topics: scleredema", "roles: given, failed")
    assert [topic.id for topic in digest.coverage.topics] == ["scleredema"]


def test_the_newest_paper_comes_first_whatever_the_order_of_the_run(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    backwards = issue(tuple(reversed(samples.all_papers())))

    assert backwards == issue()


def test_papers_without_dates_come_last(issue: Callable[..., Digest], samples: ModuleType) -> None:
    undated = samples.stored(
        samples.article(90000099, "No date", created_on=None, published_on=None), topic="scleredema"
    )

    digest = issue((undated, samples.laboratory_paper()))

    assert [paper.article.uid for paper in digest.papers] == ["pubmed:90000004", "pubmed:90000099"]


def test_facts_alone_make_no_treatment(issue: Callable[..., Digest], samples: ModuleType) -> None:
    paper = replace(
        samples.laboratory_paper(), findings=Findings(facts=Facts(outcome=Fact("response")))
    )

    assert [section.kind for section in issue((paper,)).sections] == ["topic"]
