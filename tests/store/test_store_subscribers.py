"""Readers as the store has seen them."""

from datetime import timedelta
from typing import Any

import pytest

from litwatch.errors import StoreError
from litwatch.reports import DigestReport, Report, RunError
from litwatch.settings import Filters
from litwatch.store import Store, open_store
from litwatch.store.subscribers import SubscriberState

READER = "reader@example.org"
SALT = b"a salt of sixteen"
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


# ---- whether they get anything ---------------------------------------------------------------


def test_a_pause_a_suppression_and_the_refusals_end_when_the_reader_is_resumed(
    store: Store, run_id: int, monday: Any
) -> None:
    store.subscribers.add(READER, IVIG, run_id=run_id, at=monday)
    before = store.subscribers.get(READER)
    store.subscribers.pause(READER)
    assert [store.subscribers.refused(READER) for _ in range(2)] == [1, 2]
    store.subscribers.suppress(READER, "550 5.1.1 no such user")
    state = store.subscribers.get(READER)
    assert state is not None
    assert (state.paused, state.suppressed, state.refusals) == (True, "550 5.1.1 no such user", 2)

    store.subscribers.resume(READER)

    assert store.subscribers.get(READER) == before


def test_refusals_count_on_end(store: Store, run_id: int, monday: Any) -> None:
    store.subscribers.add(READER, IVIG, run_id=run_id, at=monday)

    store.subscribers.refused(READER)
    store.subscribers.accepted(READER)

    assert store.subscribers.refused(READER) == 1


def test_an_address_that_no_run_has_seen_cannot_be_paused(store: Store) -> None:
    with pytest.raises(StoreError, match=r"reader@example\.org is not known"):
        store.subscribers.pause(READER)


# ---- those who were removed ------------------------------------------------------------------


def test_of_a_removed_reader_no_byte_stays_in_the_file(
    url: str, database_file: Any, monday: Any, article: Any, findings: Any
) -> None:
    """Not in the mails, the reports of the runs, the free pages of SQLite or its log."""
    with open_store(url) as store:
        run_id = fill(store, monday, article, findings)
        report = Report(
            started=monday,
            finished=monday,
            complete=True,
            digests=(
                DigestReport(READER, 1, 0, "failed"),
                DigestReport(f"a.{READER}", 1, 0, "sent"),
            ),
            errors=(RunError("delivery-failed", f"{READER}: 550 <{READER.upper()}> no such user"),),
        )
        store.runs.finish(run_id, report)
    assert READER.encode() in database_file.read_bytes()

    with open_store(url) as store:
        store.forget(READER, salt=SALT, at=monday)
        assert store.subscribers.get(READER) is None
        assert store.outbox.rows(9, email=READER) == ()
        assert store.deliveries.uids(READER) == frozenset()
        assert store.subscribers.owed(READER) == frozenset()
        (run,) = store.runs.recent(1)
        assert run.report is not None
        assert [digest.subscriber for digest in run.report.digests] == [
            "[removed]",
            f"a.{READER}",
        ]
        assert run.report.errors[0].message == "[removed]: 550 <[removed]> no such user"

    left = database_file.read_bytes().replace(f"a.{READER}".encode(), b"")
    assert READER.encode() not in left.lower()
    assert b"a private mail" not in left
    assert not database_file.with_name("litwatch.db-wal").exists()


def test_a_removed_address_is_known_again_and_no_other_is(
    store: Store, run_id: int, monday: Any
) -> None:
    store.subscribers.add(READER, IVIG, run_id=run_id, at=monday)

    store.forget(READER, salt=SALT, at=monday)
    store.forget(READER, salt=b"another salt", at=monday + timedelta(days=1))
    store.forget("b@example.org", salt=b"a third salt", at=monday + timedelta(days=2))

    assert store.subscribers.removed_at(READER) == monday
    assert store.subscribers.removed_at("b@example.org") == monday + timedelta(days=2)
    assert store.subscribers.removed_at("c@example.org") is None
    store.subscribers.admit(READER)
    assert store.subscribers.removed_at(READER) is None
    assert store.subscribers.removed_at("b@example.org") is not None


def fill(store: Store, monday: Any, article: Any, findings: Any) -> int:
    """A reader with a mail in a file, a delivered paper and an owed one; returns the run."""
    run_id = store.runs.start(monday)
    store.articles.save(article, findings, rules_version="1", run_id=run_id, at=monday)
    store.subscribers.add(READER, IVIG, run_id=run_id, at=monday)
    store.subscribers.owe(READER, [article.uid], run_id=run_id)
    outbox_id = store.outbox.queue(
        run_id=run_id,
        email=READER,
        period_key="2026-W45",
        period_start=monday,
        period_end=monday + timedelta(weeks=1),
        message_id="<one>",
        subject="One paper",
        message=f"To: {READER}\r\n\r\na private mail".encode() * 500,
        html="a private mail",
        text="a private mail",
        uids=[article.uid],
        change_ids=(),
        at=monday,
        articles=1,
        corrections=0,
    )
    store.outbox.mark_written(outbox_id, monday, "/outbox/one.eml")
    return run_id
