"""Records by the ten thousand: alike enough to be read at once, and read as all others are."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from litwatch.demo.bulk import FIRST_DAY, FIRST_PMID, LAST_DAY, bulk, bulk_library
from litwatch.demo.document import read
from litwatch.demo.library import Library
from litwatch.fetch.records import parse

NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def test_the_quick_reader_sees_in_each_record_what_the_careful_one_sees():
    library = bulk_library(200, seed=1)

    assert library.documents == tuple(
        read(pmid, revision.xml)
        for pmid, revision in zip(library.owners, library.revisions, strict=True)
    )


def test_the_same_seed_gives_the_same_records_and_another_one_others():
    assert bulk(50, seed=1) == bulk(50, seed=1)
    assert bulk(50, seed=1) != bulk(50, seed=2)


def test_records_are_spread_over_the_days_and_appear_on_theirs():
    records = bulk(2000, seed=1)
    days = Counter(revisions[0].moment.date() for revisions in records.values())

    assert len(records) == 2000
    assert FIRST_DAY <= min(days) < date(1967, 1, 1)
    assert date(2025, 10, 1) < max(days) <= LAST_DAY
    assert max(days.values()) < 10


def test_records_can_all_be_of_one_day():
    day = date(2003, 4, 5)
    records = bulk(100, seed=1, first=day, last=day)

    assert {revisions[0].at for revisions in records.values()} == {day}


def test_litwatch_reads_each_of_them():
    records = bulk(40, seed=1)
    body = b"".join(revisions[0].xml for revisions in records.values())
    articles = parse(b"<PubmedArticleSet>" + body + b"</PubmedArticleSet>").articles

    assert [article.uid for article in articles] == [f"pubmed:{pmid}" for pmid in records]
    assert [article.created_on for article in articles] == [
        revisions[0].at for revisions in records.values()
    ]
    assert len({article.title for article in articles}) > 10
    assert articles[0].uid == f"pubmed:{FIRST_PMID}"


@pytest.mark.parametrize(
    "term", ["scleromyxedema[tiab]", "Scleromyxedema[mh]", "journal article[pt]"]
)
def test_every_one_is_found_by_word_heading_and_type(found, term):
    assert len(found(bulk_library(300, seed=1), term)) == 300
    assert len(found(Library(bulk(300, seed=1)), term)) == 300
