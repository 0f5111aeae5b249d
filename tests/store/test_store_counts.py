"""What is on file, counted by year, and by treatment and organ."""

from datetime import date
from typing import Any

from litwatch.models import Article, Findings, Tag
from litwatch.store import Store

IVIG = Tag("treatment", "ivig", "IVIg", "immunoglobulin")
SKIN = Tag("organ", "skin", "Skin")
RETRACTED = {"publication_types": ("Retracted Publication",)}


def file(
    store: Store, reading: dict[str, Any], number: int, found: Findings, *topics: str, **said: Any
) -> str:
    uid = f"pubmed:{number}"
    store.articles.save(Article(uid, **said), found, **reading)
    for topic in topics:
        store.articles.link(uid, topic, run_id=reading["run_id"], news=False)
    return uid


def test_papers_are_counted_by_the_year_of_their_publication_each_once(
    store: Store, findings: Findings, reading: dict[str, Any]
) -> None:
    file(store, reading, 1, findings, "a", "b", published_on=date(1998, 5, 1))
    file(store, reading, 2, findings, "b", published_on=date(1998, 12, 31))
    file(store, reading, 3, findings, "a", created_on=date(2026, 1, 1))
    file(store, reading, 4, findings, "other", published_on=date(2001, 1, 1))
    file(store, reading, 5, findings, "a")

    assert store.counts.per_year(["a", "b"]) == {1998: 2, 2026: 1}
    assert store.counts.per_year(["nothing"]) == {}


def test_a_paper_reports_the_treatments_given_and_the_organs_involved(
    store: Store, findings: Findings, reading: dict[str, Any]
) -> None:
    file(store, reading, 1, findings, "a", "b")
    file(store, reading, 2, Findings(organs=findings.organs), "a")
    file(store, reading, 3, Findings(treatments=findings.treatments), "a")

    assert list(store.counts.given_and_involved(["a", "b"])) == [
        ((IVIG,), (SKIN,)),
        ((IVIG,), ()),
    ]


def test_what_no_longer_stands_is_counted_nowhere(
    store: Store, findings: Findings, reading: dict[str, Any]
) -> None:
    file(store, reading, 1, findings, "a", published_on=date(1998, 5, 1), **RETRACTED)
    gone = file(store, reading, 2, findings, "a", published_on=date(1998, 5, 1))
    store.articles.withdraw(gone, reading["run_id"], reading["at"])

    assert store.counts.per_year(["a"]) == {}
    assert list(store.counts.given_and_involved(["a"])) == []


def test_a_paper_that_is_retracted_later_is_counted_no_more(
    store: Store, findings: Findings, reading: dict[str, Any]
) -> None:
    file(store, reading, 1, findings, "a", published_on=date(1998, 5, 1))
    file(store, reading, 1, findings, published_on=date(1998, 5, 1), **RETRACTED)

    assert store.counts.per_year(["a"]) == {}
