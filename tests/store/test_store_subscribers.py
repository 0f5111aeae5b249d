"""Readers as the store has seen them."""

from datetime import timedelta
from typing import Any

import pytest

from litwatch.errors import StoreError
from litwatch.settings import Filters
from litwatch.store import Store
from litwatch.store.subscribers import SubscriberState

READER = "reader@example.org"
IVIG = Filters(treatments=("ivig",), roles=("given", "failed"))


def test_a_reader_is_known_from_the_run_that_saw_the_address_first(
    store: Store, run_id: int, monday: Any
) -> None:
    store.subscribers.add(READER, IVIG, run_id=run_id, at=monday)

    assert store.subscribers.get(READER) == SubscriberState(
        email=READER,
        since_run=run_id,
        joined_at=monday,
        filters=IVIG,
        filters_since=monday,
        judged_run=run_id,
        paused=False,
        suppressed=None,
    )
    assert store.subscribers.get("another@example.org") is None


def test_new_filters_keep_their_moment(store: Store, run_id: int, monday: Any) -> None:
    store.subscribers.add(READER, Filters(), run_id=run_id, at=monday)
    week = timedelta(weeks=1)

    store.subscribers.set_filters(READER, IVIG, at=monday + week)
    store.subscribers.set_filters(READER, IVIG, at=monday + 2 * week)

    state = store.subscribers.get(READER)
    assert state is not None
    assert (state.filters, state.filters_since) == (IVIG, monday + week)
    assert state.joined_at == monday


def test_what_a_reader_is_owed_is_written_down_once(
    store: Store, run_id: int, monday: Any, article: Any, findings: Any, reading: Any
) -> None:
    store.articles.save(article, findings, **reading)
    store.subscribers.add(READER, Filters(), run_id=run_id, at=monday)
    later = store.runs.start(monday + timedelta(days=1))

    store.subscribers.owe(READER, [article.uid], run_id=later)
    store.subscribers.owe(READER, [article.uid], run_id=later)

    state = store.subscribers.get(READER)
    assert store.subscribers.owed(READER) == {article.uid}
    assert store.subscribers.owed("another@example.org") == frozenset()
    assert state is not None
    assert state.judged_run == later


def test_all_readers_come_by_address(store: Store, run_id: int, monday: Any) -> None:
    for email in ("b@example.org", "a@example.org"):
        store.subscribers.add(email, Filters(), run_id=run_id, at=monday)

    assert [state.email for state in store.subscribers.all()] == ["a@example.org", "b@example.org"]


def test_a_reader_is_added_once(store: Store, run_id: int, monday: Any) -> None:
    store.subscribers.add(READER, Filters(), run_id=run_id, at=monday)

    with pytest.raises(StoreError, match="UNIQUE constraint failed: subscribers"):
        store.subscribers.add(READER, IVIG, run_id=run_id, at=monday)


def test_filters_of_an_address_that_no_run_has_seen_are_refused(store: Store, monday: Any) -> None:
    with pytest.raises(StoreError, match=r"reader@example\.org is not known"):
        store.subscribers.set_filters(READER, IVIG, at=monday)
