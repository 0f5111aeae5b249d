"""The life of a topic: what is found when, what befalls it, and that it is the same each time."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from litwatch.demo.evaluate import Circumstances, answer
from litwatch.demo.library import Library
from litwatch.demo.life import YEAR_END, Life, life, lives_of
from litwatch.demo.view import View, Vocabulary
from litwatch.fetch import records
from litwatch.models import Article

START = date(2026, 9, 1)
DAYS = 150
TOPICS = {
    "scleromyxedema": '"Scleromyxedema"[mh] OR scleromyx*[tiab] OR "lichen myxedematosus"[tiab:~0]',
    "scleredema": '"Scleredema Adultorum"[mh] OR scleredema[tiab] OR scleroedema[tiab]',
    "follicular_mucinosis": '"Mucinosis, Follicular"[mh] OR "follicular mucinosis"[tiab:~0]'
    ' OR "alopecia mucinosa"[tiab:~0]',
}


@pytest.fixture(scope="module")
def lives() -> tuple[Life, ...]:
    return lives_of(DAYS, 7, START)


def test_the_same_seed_gives_the_same_records_and_another_one_others():
    assert life(30, 1, START) == life(30, 1, START)
    assert life(30, 1, START) != life(30, 2, START)


def test_a_longer_life_begins_as_a_shorter_one_does():
    short, long = life(20, 3, START), life(90, 3, START)

    assert all(long[pmid][: len(revisions)] == revisions for pmid, revisions in short.items())
    assert len(long) > len(short)


def test_records_appear_every_few_days_and_bear_the_day_on_which_they_do(lives):
    days = Counter(each.happenings[0].at.date() for each in lives)
    during = [day for day in days if day >= START]

    assert 60 < len(during) < DAYS
    for each in lives:
        article = records.parse(_whole(each.revisions[0].xml)).articles[0]
        assert article.created_on == each.happenings[0].at.date()
        assert article.revised_on == each.happenings[0].stamped


def test_every_kind_of_happening_is_met_and_told_by_the_record_as_pubmed_tells_it(lives):
    kinds = Counter(
        happening.kind for each in lives for happening in each.happenings[1:] if each.topic
    )
    links = {
        "erratum": "ErratumIn",
        "concern": "ExpressionOfConcernIn",
        "retraction": "RetractionIn",
        "republication": "CorrectedandRepublishedIn",
        "update": "UpdateIn",
    }

    assert set(kinds) >= {"indexed", "final", "revised", "withdrawn", "merged", *links}
    for each in lives:
        for revision, happening in zip(each.revisions, each.happenings, strict=True):
            assert revision.at == happening.at
            if happening.kind in ("withdrawn", "merged"):
                assert revision.withdrawn
                continue
            article = records.parse(_whole(revision.xml)).articles[0]
            told = [link for link in article.corrections if link.kind == links.get(happening.kind)]
            assert bool(told) is (happening.kind in links)
            assert not told or told[-1].uid == (f"pubmed:{happening.other}" * bool(happening.other))
            if happening.kind == "final":
                assert article.volume
            if happening.kind == "indexed":
                assert article.mesh
            if happening.kind == "retraction":
                assert article.is_retracted


def test_a_notice_points_back_to_its_paper_and_is_not_retracted_itself(lives):
    by_pmid = {each.pmid: each for each in lives}
    pairs = [
        (happening.kind, each.pmid, by_pmid[happening.other])
        for each in lives
        for happening in each.happenings
        if happening.other and happening.kind not in ("withdrawn", "merged")
    ]

    assert {kind for kind, _, _ in pairs} >= {"erratum", "retraction", "concern"}
    for _, paper, notice in pairs:
        article = records.parse(_whole(notice.revisions[0].xml)).articles[0]
        assert notice.role == "notice"
        assert [link.uid for link in article.corrections] == [f"pubmed:{paper}"]
        assert not article.is_retracted


def test_a_merged_or_renumbered_paper_lives_on_under_a_pmid_with_the_same_doi(lives):
    by_pmid = {each.pmid: each for each in lives}
    pairs = [
        (each, by_pmid[happening.other])
        for each in lives
        for happening in each.happenings
        if happening.kind in ("withdrawn", "merged") and happening.other in by_pmid
    ]

    assert len(pairs) > 2
    for gone, stays in pairs:
        first, other = (
            records.parse(_whole(each.revisions[0].xml)).articles[0] for each in (gone, stays)
        )
        assert first.doi == other.doi
        assert "second" in (gone.role, stays.role)


def test_a_paper_that_names_no_disease_is_found_from_its_indexing_on(lives):
    library = Library({each.pmid: each.revisions for each in lives})
    veiled = [
        each
        for each in lives
        if each.veiled and each.topic in TOPICS and each.role == "paper"
        if [happening.kind for happening in each.happenings][1:2] == ["indexed"]
    ]

    assert len(veiled) > 5
    for each in veiled:
        indexed = each.happenings[1].at
        assert indexed - each.happenings[0].at > timedelta(days=19)
        assert each.pmid not in _found(library, TOPICS[each.topic], indexed - timedelta(minutes=1))
        assert each.pmid in _found(library, TOPICS[each.topic], indexed)


def test_a_paper_on_another_disease_is_found_by_no_query(lives):
    library = Library({each.pmid: each.revisions for each in lives})
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    strangers = {each.pmid for each in lives if not each.topic}
    found = set().union(*(_found(library, query, moment) for query in TOPICS.values()))

    assert len(strangers) > 10
    assert found.isdisjoint(strangers)


def test_some_papers_reach_pubmed_years_after_their_publication(lives):
    articles = [records.parse(_whole(each.revisions[0].xml)).articles[0] for each in lives]
    late = [each for each in articles if (each.created_on - each.entered_on).days > 365]

    assert 5 < len(late) < len(articles) / 5


def test_nothing_is_indexed_while_the_headings_of_the_new_year_are_prepared(lives):
    indexed = [
        happening.at.date()
        for each in lives
        for happening in each.happenings
        if happening.kind == "indexed"
    ]

    assert not [day for day in indexed if (11, 15) <= (day.month, day.day) <= (12, 15)]
    assert [day for day in indexed if day == date(2026, 12, 16)]


def test_at_the_end_of_the_year_every_record_is_revised_and_says_nothing_new(lives):
    day = date(2026, *YEAR_END)
    last = {each.pmid: each for each in lives}
    revised = 0
    for pmid, revisions in life(DAYS, 7, START).items():
        own = set(last[pmid].revisions)
        added = [number for number, each in enumerate(revisions) if each not in own]
        for number in added:
            before, after = (
                records.parse(_whole(revisions[each].xml)).articles[0]
                for each in (number - 1, number)
            )
            if after.revised_on == day:
                revised += 1
                assert _content(before) == _content(after)

    alive = Library(life(DAYS, 7, START)).at(datetime(2026, 12, 13, 6, tzinfo=UTC)).current
    assert revised == len(alive) > 300


def test_some_changes_bear_a_date_of_weeks_before(lives):
    quiet = [
        happening
        for each in lives
        for happening in each.happenings
        if happening.at.date() - happening.stamped > timedelta(days=3)
    ]

    assert len(quiet) > 3


def _whole(xml: bytes) -> bytes:
    return b"<PubmedArticleSet>" + xml + b"</PubmedArticleSet>"


def _content(article: Article) -> Article:
    return replace(article, revised_on=None)


def _found(library: Library, term: str, moment: datetime) -> set[str]:
    snapshot = library.at(moment)
    view = View(snapshot, Vocabulary(()))
    hits = answer(term, view, Circumstances(today=moment.date())).hits
    return {snapshot.pmid(number) for number in hits}
