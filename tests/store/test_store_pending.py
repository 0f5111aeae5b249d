"""Records that could not be had, and records that are gone."""

from datetime import timedelta
from typing import Any

import pytest

from litwatch.models import Article, Findings
from litwatch.store import Store
from litwatch.store.pending import Pending

Reading = dict[str, Any]
UID = "pubmed:90000009"


@pytest.fixture
def miss(store: Store, reading: Reading) -> Any:
    """Reports a record as pending in a run so many weeks later."""

    def set_pending(
        week: int, topic_id: str = "scleromyxedema", reason: Any = "missing", message: str = "gone?"
    ) -> int:
        at = reading["at"] + timedelta(weeks=week)
        run_id = store.runs.start(at)
        entry = store.pending.set(UID, [topic_id], reason, message, run_id=run_id, at=at)
        return entry.runs

    return set_pending


def test_a_pending_record_counts_its_runs_and_keeps_its_first_moment(
    store: Store, miss: Any, reading: Reading
) -> None:
    assert [miss(0), miss(1, message="still gone"), miss(2, message="again")] == [1, 2, 3]

    assert store.pending.all() == (
        Pending(UID, ("scleromyxedema",), "missing", "again", 3, reading["at"]),
    )


def test_a_record_of_two_topics_is_counted_once_a_run(
    store: Store, run_id: int, reading: Reading
) -> None:
    at = reading["at"]

    entries = [
        store.pending.set(UID, topics, "missing", "gone?", run_id=run_id, at=at)
        for topics in (["scleromyxedema"], ["scleredema", "scleromyxedema"], [])
    ]

    (entry,) = store.pending.all()
    assert [entry.runs for entry in entries] == [1, 1, 1]
    assert entries[-1] == entry
    assert entry.topic_ids == ("scleredema", "scleromyxedema")


def test_another_reason_is_counted_anew(miss: Any) -> None:
    assert [miss(0), miss(1), miss(2, reason="malformed"), miss(3, reason="malformed")] == [
        1,
        2,
        1,
        2,
    ]


def test_a_record_that_is_read_at_last_is_pending_no_more(
    store: Store, miss: Any, findings: Findings, reading: Reading
) -> None:
    miss(0)

    store.articles.save(Article(UID), findings, **reading)

    assert store.pending.all() == ()


def test_a_pending_record_can_be_forgotten(store: Store, miss: Any) -> None:
    miss(0)

    store.pending.clear(UID)
    store.pending.clear(UID)

    assert store.pending.all() == ()


def test_a_withdrawn_article_stays_on_file_and_its_readers_are_told_once(
    store: Store, article: Article, findings: Findings, reading: Reading, miss: Any
) -> None:
    store.articles.save(article, findings, **reading)
    run_id, at = reading["run_id"], reading["at"]
    store.pending.set(article.uid, ["scleromyxedema"], "missing", "", run_id=run_id, at=at)

    store.articles.withdraw(article.uid, run_id, at)
    store.articles.withdraw(article.uid, run_id, at + timedelta(days=9))

    stored = store.articles.get(article.uid)
    assert stored is not None
    assert stored.withdrawn
    assert stored.article == article
    assert [(change.kind, change.at) for change in store.articles.changes_since(0)] == [
        ("withdrawn", at)
    ]
    assert store.pending.all() == ()
    assert store.articles.withdrawn() == {article.uid}


def test_a_withdrawn_article_that_comes_back_is_withdrawn_no_more(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    store.articles.withdraw(article.uid, reading["run_id"], reading["at"])

    assert store.articles.save(article, findings, **reading) == "same"

    stored = store.articles.get(article.uid)
    assert stored is not None
    assert not stored.withdrawn
    assert store.articles.withdrawn() == frozenset()


@pytest.mark.parametrize("was_pending", [True, False])
def test_a_record_that_was_never_seen_is_given_up(
    store: Store, miss: Any, reading: Reading, *, was_pending: bool
) -> None:
    if was_pending:
        miss(0)

    store.articles.withdraw(UID, reading["run_id"], reading["at"])

    assert store.pending.all() == ()
    assert UID in store.articles.withdrawn()
    assert "pubmed:1" not in store.articles.withdrawn()
    assert store.articles.known() == frozenset()
    assert store.articles.changes_since(0) == ()


def test_a_record_that_was_given_up_and_appears_is_new(
    store: Store, findings: Findings, reading: Reading
) -> None:
    store.articles.withdraw(UID, reading["run_id"], reading["at"])

    assert store.articles.save(Article(UID), findings, **reading) == "new"

    assert UID not in store.articles.withdrawn()
