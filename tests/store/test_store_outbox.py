"""The outbox: written down once, sent once, and what became of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litwatch.errors import StoreError
from litwatch.models import Article, Correction, Findings
from litwatch.store import Store, open_store
from litwatch.store.outbox import OutboxRow

READER = "reader@example.org"
OTHER = "other@example.org"
BYTES = b"Subject: made up\r\n\r\n\x00\xff all bytes are kept \r\n"


@pytest.fixture
def filed(store: Store, article: Article, reading: dict[str, Any]) -> Store:
    """A store with three articles and a retraction."""
    for number in (1, 2, 3):
        paper = replace(article, uid=f"pubmed:{number}", doi="")
        store.articles.save(paper, Findings(), **reading)
    signs = (Correction("RetractionIn"),)
    retracted = replace(article, uid="pubmed:1", doi="", corrections=signs)
    store.articles.save(retracted, Findings(), **reading)
    return store


def queue(store: Store, at: datetime, **changed: Any) -> int:
    """Writes down the digest of the week that ends at that moment."""
    week = f"{at:%G-W%V}"
    digest: dict[str, Any] = {
        "run_id": store.runs.start(at),
        "email": READER,
        "period_key": week,
        "period_start": at - timedelta(weeks=1),
        "period_end": at,
        "message_id": f"<{week}.{changed.get('email', READER)}>",
        "subject": "Three papers",
        "message": BYTES,
        "html": "<p>Three papers</p>",
        "text": "Three papers",
        "uids": (),
        "change_ids": (),
        "at": at,
        "articles": 3,
        "corrections": 0,
    }
    return store.outbox.queue(**{**digest, **changed})


def skip(store: Store, at: datetime) -> int:
    return store.outbox.skip(
        run_id=store.runs.start(at),
        email=READER,
        period_key=f"{at:%G-W%V}",
        period_start=at - timedelta(weeks=1),
        period_end=at,
        at=at,
    )


def only(store: Store) -> OutboxRow:
    (row,) = store.outbox.rows(9)
    return row


# ---- written down ----------------------------------------------------------------------------


def test_a_digest_is_kept_to_the_byte_and_is_due_at_once(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)

    (entry,) = store.outbox.due(monday)
    row = store.outbox.mail(entry.id)

    assert row.id == outbox_id
    assert row.message == BYTES
    assert (row.email, row.subject, row.html) == (READER, "Three papers", "<p>Three papers</p>")
    assert (row.state, row.attempts, row.created_at) == ("queued", 0, monday)
    assert (row.articles, row.corrections) == (3, 0)
    assert store.outbox.has(READER, "2026-W45")
    assert not store.outbox.has(OTHER, "2026-W45")
    assert not store.outbox.has(READER, "2026-W46")


def test_what_a_digest_holds_is_owed_to_its_reader_no_more(filed: Store, monday: datetime) -> None:
    (change,) = filed.articles.changes_since(0)

    queue(filed, monday, uids=("pubmed:1", "pubmed:2"), change_ids=(change.id,))

    assert filed.deliveries.uids(READER) == {"pubmed:1", "pubmed:2"}
    assert filed.deliveries.change_ids(READER) == {change.id}
    assert filed.deliveries.uids(OTHER) == frozenset()
    assert filed.deliveries.change_ids(OTHER) == frozenset()


def test_a_period_has_one_digest(filed: Store, monday: datetime) -> None:
    queue(filed, monday, uids=("pubmed:1",))

    with pytest.raises(StoreError, match=r"UNIQUE .*outbox\.email, outbox\.period_key"):
        queue(filed, monday, message_id="<another>", uids=("pubmed:2",))

    assert only(filed).message_id == f"<2026-W45.{READER}>"
    assert filed.deliveries.uids(READER) == {"pubmed:1"}


def test_a_message_id_is_used_once(filed: Store, monday: datetime) -> None:
    queue(filed, monday, message_id="<one>")

    with pytest.raises(StoreError, match=r"UNIQUE .*outbox\.message_id"):
        queue(filed, monday, email=OTHER, message_id="<one>", uids=("pubmed:2",))

    assert filed.deliveries.uids(OTHER) == frozenset()


def test_no_paper_is_sent_twice_to_one_reader(filed: Store, monday: datetime) -> None:
    queue(filed, monday, uids=("pubmed:1",))
    queue(filed, monday, email=OTHER, uids=("pubmed:1",))

    with pytest.raises(StoreError, match="UNIQUE constraint failed: deliveries"):
        queue(filed, monday + timedelta(weeks=1), uids=("pubmed:2", "pubmed:1"))

    assert filed.outbox.counts() == {"queued": 2}
    assert filed.deliveries.uids(READER) == {"pubmed:1"}


def test_a_paper_that_is_not_on_file_cannot_be_sent(store: Store, monday: datetime) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        queue(store, monday, uids=("pubmed:404",))

    assert store.outbox.rows(9) == ()


def test_an_empty_period_is_settled_without_a_digest(store: Store, monday: datetime) -> None:
    skip(store, monday)
    skip(store, monday + timedelta(weeks=1))

    assert store.outbox.has(READER, "2026-W45")
    assert store.outbox.due(monday + timedelta(days=99)) == ()
    assert store.outbox.counts() == {"skipped": 2}
    with pytest.raises(StoreError, match="UNIQUE"):
        queue(store, monday)


def test_the_last_issue_is_the_one_that_came_or_is_on_its_way(
    store: Store, monday: datetime
) -> None:
    week = timedelta(weeks=1)
    assert store.deliveries.last_issue(READER) is None
    skip(store, monday)
    given_up = queue(store, monday + week)
    lost = queue(store, monday + 2 * week)

    assert _written(store) == monday + 2 * week
    store.outbox.mark_sending(lost, monday + 2 * week)
    store.outbox.mark_failed(lost, monday + 2 * week, None, "no answer", in_doubt=True)
    assert _written(store) == monday + 2 * week, "it may have arrived"

    assert _written(store, before=monday + week) == monday + week
    store.outbox.mark_failed(given_up, monday + week, 550, "no such user")
    assert _written(store, before=monday + week) == monday
    assert store.deliveries.last_issue(OTHER) is None


def _written(store: Store, before: datetime | None = None) -> datetime | None:
    issue = store.deliveries.last_issue(READER, before)
    return issue.created_at if issue else None


def test_a_paper_is_delivered_on_the_day_on_which_its_digest_goes_out(
    filed: Store, monday: datetime
) -> None:
    later = monday + timedelta(days=2)
    outbox_id = queue(filed, monday, uids=("pubmed:1",))
    assert filed.deliveries.moments(READER) == {"pubmed:1": monday}

    filed.outbox.mark_sending(outbox_id, later)
    assert filed.deliveries.moments(READER) == {"pubmed:1": monday}
    filed.outbox.mark_sent(outbox_id, later, "250 OK")

    assert filed.deliveries.moments(READER) == {"pubmed:1": later}
    assert filed.deliveries.moments(OTHER) == {}


# ---- sent ------------------------------------------------------------------------------------


def test_a_digest_that_was_sent_is_due_no_more(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)
    store.outbox.mark_sending(outbox_id, monday)

    store.outbox.mark_sent(outbox_id, monday + timedelta(seconds=2), "250 2.0.0 Ok")

    row = only(store)
    assert (row.state, row.attempts, row.last_reply) == ("sent", 1, "250 2.0.0 Ok")
    assert row.done_at == monday + timedelta(seconds=2)
    assert store.outbox.due(monday + timedelta(days=99)) == ()


def test_a_digest_left_in_sending_by_a_crash_is_due_with_the_same_bytes(
    store: Store, monday: datetime
) -> None:
    outbox_id = queue(store, monday)
    store.outbox.mark_sending(outbox_id, monday)

    (entry,) = store.outbox.due(monday)
    row = store.outbox.mail(entry.id)
    assert (row.state, row.message, row.message_id) == ("sending", BYTES, f"<2026-W45.{READER}>")

    store.outbox.mark_sending(outbox_id, monday + timedelta(days=1))
    store.outbox.mark_sent(outbox_id, monday + timedelta(days=1), "250 OK")
    assert (only(store).state, only(store).attempts) == ("sent", 2)


def test_a_digest_in_a_file_names_it(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)

    store.outbox.mark_written(outbox_id, monday, "2026-W45-reader.eml")

    assert (only(store).state, only(store).file) == ("written", "2026-W45-reader.eml")
    assert store.outbox.due(monday + timedelta(days=99)) == ()


def test_a_deferred_digest_waits_for_its_next_attempt(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)
    again = monday + timedelta(minutes=10)
    store.outbox.mark_sending(outbox_id, monday)

    store.outbox.mark_deferred(outbox_id, monday, again, 451, "4.7.1 greylisted", attempts=1)

    row = only(store)
    assert (row.state, row.last_code, row.last_reply) == ("deferred", 451, "4.7.1 greylisted")
    assert (row.first_failed_at, row.next_attempt_at) == (monday, again)
    assert store.outbox.due(again - timedelta(seconds=1)) == ()
    assert [row.id for row in store.outbox.due(again)] == [outbox_id]


def test_the_first_refusal_is_remembered_over_later_ones(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)
    for hours in (0, 1, 2):
        at = monday + timedelta(hours=hours)
        store.outbox.mark_sending(outbox_id, at)
        store.outbox.mark_deferred(
            outbox_id, at, at + timedelta(hours=1), None, "no route", attempts=hours + 1
        )

    assert (only(store).attempts, only(store).first_failed_at) == (3, monday)
    assert [row.id for row in store.outbox.deferred_since(monday)] == [outbox_id]
    assert store.outbox.deferred_since(monday - timedelta(seconds=1)) == ()


def test_a_digest_that_is_given_up_keeps_the_reason(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)
    store.outbox.mark_sending(outbox_id, monday)

    store.outbox.mark_failed(outbox_id, monday, 550, "5.1.1 no such user")

    row = only(store)
    assert (row.state, row.last_code, row.last_reply) == ("failed", 550, "5.1.1 no such user")
    assert store.outbox.due(monday + timedelta(days=99)) == ()
    assert store.outbox.deferred_since(monday + timedelta(days=99)) == ()


def test_a_batch_that_the_server_refuses_may_wait_without_having_been_tried(
    store: Store, monday: datetime
) -> None:
    outbox_id = queue(store, monday)

    store.outbox.mark_deferred(outbox_id, monday, monday, 421, "closing", attempts=1)

    assert (only(store).state, only(store).attempts) == ("deferred", 1)


def test_what_is_due_comes_oldest_first_and_lists_newest_first(
    store: Store, monday: datetime
) -> None:
    ids = [queue(store, monday + timedelta(weeks=week)) for week in range(3)]

    assert [row.id for row in store.outbox.due(monday)] == ids
    assert [row.id for row in store.outbox.rows(2)] == [ids[2], ids[1]]
    assert store.outbox.rows(9, state="sent") == ()
    assert store.outbox.counts() == {"queued": 3}


LEGAL = {
    *((state, "sending") for state in ("queued", "deferred", "sending")),
    ("sending", "sent"),
    *((state, "written") for state in ("queued", "deferred", "sending")),
    *((state, "deferred") for state in ("queued", "deferred", "sending")),
    *((state, "failed") for state in ("queued", "deferred", "sending")),
}

MARKS = {
    "sending": lambda outbox, row, at: outbox.mark_sending(row, at),
    "sent": lambda outbox, row, at: outbox.mark_sent(row, at, "250"),
    "written": lambda outbox, row, at: outbox.mark_written(row, at, "a.eml"),
    "deferred": lambda outbox, row, at: outbox.mark_deferred(row, at, at, 451, "later", attempts=1),
    "failed": lambda outbox, row, at: outbox.mark_failed(row, at, 550, "no"),
}


@given(steps=st.lists(st.sampled_from(sorted(MARKS)), max_size=6))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_no_row_of_marks_leads_out_of_an_end_or_past_sending(
    steps: list[str], monday: datetime
) -> None:
    with open_store("sqlite://") as store:
        outbox_id = queue(store, monday)
        state = "queued"
        for step in steps:
            if (state, step) in LEGAL:
                MARKS[step](store.outbox, outbox_id, monday)
                state = step
            else:
                with pytest.raises(StoreError, match=f"cannot become {step}: it is {state}"):
                    MARKS[step](store.outbox, outbox_id, monday)

            assert only(store).state == state
            is_due = bool(store.outbox.due(monday))
            assert is_due == (state in {"queued", "sending", "deferred"})


def test_a_digest_that_is_not_there_cannot_be_marked(store: Store, monday: datetime) -> None:
    with pytest.raises(
        StoreError, match="digest 404 cannot become sending: it is not in the outbox"
    ):
        store.outbox.mark_sending(404, monday)


# ---- at a person's word ----------------------------------------------------------------------


def fail(store: Store, outbox_id: int, at: datetime) -> None:
    store.outbox.mark_sending(outbox_id, at)
    store.outbox.mark_failed(outbox_id, at, 550, "550 5.1.1 no such user")


def test_a_failed_digest_that_is_retried_holds_its_papers_again(
    filed: Store, monday: datetime
) -> None:
    (change,) = filed.articles.changes_since(0)
    outbox_id = queue(filed, monday, uids=("pubmed:1", "pubmed:2"), change_ids=(change.id,))
    fail(filed, outbox_id, monday)
    assert filed.deliveries.uids(READER) == frozenset()

    filed.outbox.retry(outbox_id, monday)

    (entry,) = filed.outbox.due(monday)
    row = filed.outbox.mail(entry.id)
    assert (row.id, row.state, row.attempts, row.message) == (outbox_id, "queued", 0, BYTES)
    assert filed.deliveries.uids(READER) == {"pubmed:1", "pubmed:2"}
    assert filed.deliveries.change_ids(READER) == {change.id}


def test_a_failed_digest_whose_paper_came_in_a_later_one_is_not_sent(
    filed: Store, monday: datetime
) -> None:
    outbox_id = queue(filed, monday, uids=("pubmed:1", "pubmed:2"))
    fail(filed, outbox_id, monday)
    queue(filed, monday + timedelta(weeks=1), uids=("pubmed:2",))

    with pytest.raises(StoreError, match=r"1 of its 2 papers came to .* in a later"):
        filed.outbox.retry(outbox_id, monday)

    assert filed.deliveries.uids(READER) == {"pubmed:2"}
    assert [row.state for row in filed.outbox.rows(9)] == ["queued", "failed"]


def test_a_digest_may_fail_and_be_retried_again_and_again(filed: Store, monday: datetime) -> None:
    outbox_id = queue(filed, monday, uids=("pubmed:1",))

    for _ in range(3):
        fail(filed, outbox_id, monday)
        assert filed.deliveries.uids(READER) == frozenset()
        filed.outbox.retry(outbox_id, monday)
        assert filed.deliveries.uids(READER) == {"pubmed:1"}


def test_a_deferred_digest_that_is_retried_is_due_now(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)
    store.outbox.mark_sending(outbox_id, monday)
    tomorrow = monday + timedelta(days=1)
    store.outbox.mark_deferred(outbox_id, monday, tomorrow, 451, "451 later", attempts=1)
    assert store.outbox.due(monday) == ()

    store.outbox.retry(outbox_id, monday)

    (row,) = store.outbox.due(monday)
    assert (row.state, row.attempts) == ("deferred", 1)


def test_only_what_failed_or_waits_is_retried(store: Store, monday: datetime) -> None:
    outbox_id = queue(store, monday)
    store.outbox.mark_written(outbox_id, monday, "a.eml")

    with pytest.raises(StoreError, match="cannot become queued: it is written"):
        store.outbox.retry(outbox_id, monday)


def test_what_a_dropped_digest_held_is_owed_again(filed: Store, monday: datetime) -> None:
    outbox_id = queue(filed, monday, uids=("pubmed:1",))

    filed.outbox.mark_dropped(outbox_id, monday, "dropped by hand")

    assert filed.deliveries.uids(READER) == frozenset()
    assert filed.outbox.due(monday) == ()


def test_a_dropped_digest_that_may_have_arrived_counts_as_delivered(
    filed: Store, monday: datetime
) -> None:
    outbox_id = queue(filed, monday, uids=("pubmed:1",))
    filed.outbox.mark_sending(outbox_id, monday)

    filed.outbox.mark_dropped(outbox_id, monday, "dropped by hand")

    assert filed.deliveries.uids(READER) == {"pubmed:1"}


def test_a_delivered_digest_that_goes_out_again_is_counted_and_stays_delivered(
    filed: Store, monday: datetime
) -> None:
    outbox_id = queue(filed, monday, uids=("pubmed:1",))
    with pytest.raises(StoreError, match="was not delivered: it is queued"):
        filed.outbox.again(outbox_id, monday)
    filed.outbox.mark_sending(outbox_id, monday)
    filed.outbox.mark_sent(outbox_id, monday, "250 kept as 17")

    filed.outbox.again(outbox_id, monday + timedelta(days=1))
    filed.outbox.note_reply(outbox_id, "550 no")

    row = only(filed)
    assert (row.state, row.attempts, row.done_at, row.last_reply) == ("sent", 2, monday, "550 no")
    assert filed.deliveries.uids(READER) == {"pubmed:1"}


def test_old_mails_are_emptied_and_their_rows_stay(filed: Store, monday: datetime) -> None:
    old = queue(filed, monday, uids=("pubmed:1",))
    waiting = queue(filed, monday, period_key="2026-W40", message_id="<waits>")
    new = queue(filed, monday, period_key="2026-W46", message_id="<new>")
    filed.outbox.mark_written(old, monday, "a.eml")
    filed.outbox.mark_written(new, monday + timedelta(days=1), "b.eml")

    assert filed.outbox.empty(monday + timedelta(hours=1)) == 1
    assert filed.outbox.empty(monday + timedelta(hours=1)) == 0

    row = filed.outbox.get(old)
    assert row is not None
    assert (row.message, row.html, row.text) == (b"", "", "")
    assert (row.message_id, row.state) == (f"<2026-W45.{READER}>", "written")
    assert filed.deliveries.uids(READER) == {"pubmed:1"}
    for kept in (waiting, new):
        row = filed.outbox.get(kept)
        assert row is not None
        assert row.message == BYTES
    assert filed.outbox.get(99) is None
    with pytest.raises(StoreError, match="digest 99 is not in the outbox"):
        filed.outbox.mail(99)


def test_a_failed_digest_whose_paper_came_under_another_number_is_not_sent(
    filed: Store, monday: datetime
) -> None:
    """PubMed had the paper twice: the reader has read the one record."""
    outbox_id = queue(filed, monday, uids=("pubmed:1",))
    fail(filed, outbox_id, monday)
    queue(filed, monday + timedelta(weeks=1), uids=("pubmed:2",))
    twins = {"pubmed:1": {"pubmed:2"}, "pubmed:2": {"pubmed:1"}}

    with pytest.raises(StoreError, match=r"1 of its 1 papers came to"):
        filed.outbox.retry(outbox_id, monday, twins)
    assert filed.deliveries.uids(READER) == {"pubmed:2"}
