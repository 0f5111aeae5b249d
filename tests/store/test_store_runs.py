"""The ledger of runs."""

from datetime import UTC, datetime, timedelta

import pytest

from litwatch.errors import StoreError
from litwatch.models import Notice
from litwatch.reports import DigestReport, Report, RunError, TopicReport
from litwatch.settings import Topic
from litwatch.store import Store
from litwatch.store.runs import RunRow, TopicRun, TopicState

START = datetime(2026, 11, 2, 6, 10, tzinfo=UTC)
TOPIC = Topic("scleromyxedema", "Scleromyxedema", "scleromyxedema[tiab]")
FOUND = TopicReport("scleromyxedema", count=812, new=3, query_translation="translated")


def report(*errors: RunError, complete: bool = True) -> Report:
    return Report(
        START,
        START + timedelta(minutes=2),
        complete=complete,
        topics=(FOUND,),
        digests=(DigestReport("reader@example.org", 3, 0, "sent", "<1@example.org>"),),
        errors=errors,
    )


def record(
    store: Store,
    week: int,
    *,
    topic: Topic = TOPIC,
    found: TopicReport = FOUND,
    complete: bool = True,
) -> int:
    """A run so many weeks after the first, which searched for the topic and has not ended."""
    run_id = store.runs.start(START + timedelta(weeks=week))
    store.runs.record_topic(run_id, topic, found, complete=complete)
    return run_id


def test_a_run_keeps_its_report(store: Store) -> None:
    run_id = store.runs.start(START)
    store.runs.finish(run_id, report(RunError("search-failed", "no answer", "scleredema")))

    assert store.runs.recent(5) == (
        RunRow(
            run_id,
            START,
            START + timedelta(minutes=2),
            complete=True,
            report=report(RunError("search-failed", "no answer", "scleredema")),
        ),
    )


def test_a_run_that_never_ended_shows(store: Store) -> None:
    first = store.runs.start(START)
    second = store.runs.start(START + timedelta(weeks=1))
    store.runs.finish(second, report(complete=False))

    newest, oldest = store.runs.recent(5)

    assert (newest.id, newest.complete) == (second, False)
    assert oldest == RunRow(first, START, None, None, None)
    assert store.runs.recent(1) == (newest,)


def test_the_last_complete_run_of_a_topic_is_found(store: Store) -> None:
    record(store, 0)
    last = record(store, 1)
    record(store, 2, complete=False)
    record(store, 3, topic=Topic("scleredema", "Scleredema", "scleredema[tiab]"))
    store.runs.finish(last, report())

    assert store.runs.last_complete(TOPIC.id) == TopicRun(
        run_id=last,
        started=START + timedelta(weeks=1),
        finished=START + timedelta(minutes=2),
        count=812,
        query_translation="translated",
        query=TOPIC.query,
        report=FOUND,
    )
    assert store.runs.last_complete("papular") is None


def test_a_search_counts_though_its_run_died_afterwards(store: Store) -> None:
    run_id = record(store, 0)

    found = store.runs.last_complete(TOPIC.id)

    assert found is not None
    assert (found.run_id, found.finished) == (run_id, None)


def test_a_topic_has_a_state_once_a_run_was_complete(store: Store) -> None:
    record(store, 0, complete=False, found=TopicReport(TOPIC.id, error="no answer"))
    assert store.runs.topic_state(TOPIC.id) is None

    first = record(store, 1)
    record(store, 2)

    assert store.runs.topic_state(TOPIC.id) == TopicState(
        TOPIC.query, START + timedelta(weeks=1), first
    )


def test_a_new_query_comes_into_force_with_its_first_complete_run(store: Store) -> None:
    wider = Topic(TOPIC.id, TOPIC.label, "scleromyxedema[tiab] OR mucinosis[tiab]")
    first = record(store, 0)
    record(store, 1, topic=wider, complete=False)
    state = store.runs.topic_state(TOPIC.id)
    assert state is not None
    assert state.query == TOPIC.query

    record(store, 2, topic=wider)

    assert store.runs.topic_state(TOPIC.id) == TopicState(
        wider.query, START + timedelta(weeks=2), first
    )


def test_a_query_can_be_put_in_force_by_itself(store: Store) -> None:
    store.runs.set_query(TOPIC.id, "old", START)
    store.runs.set_query(TOPIC.id, "new", START + timedelta(weeks=1))
    store.runs.set_query(TOPIC.id, "new", START + timedelta(weeks=2))

    assert store.runs.topic_state(TOPIC.id) == TopicState("new", START + timedelta(weeks=1), None)


def test_one_run_has_one_entry_for_a_topic(store: Store) -> None:
    run_id = record(store, 0)

    with pytest.raises(StoreError, match="UNIQUE constraint failed: topic_runs"):
        store.runs.record_topic(run_id, TOPIC, FOUND, complete=True)


def test_a_block_is_remembered_from_the_report_of_a_topic_or_of_the_run(store: Store) -> None:
    assert store.runs.last_blocked() is None
    blocked = TopicReport(TOPIC.id, warnings=(Notice("blocked", "refused"),), error="refused")

    record(store, 0, found=blocked, complete=False)
    assert store.runs.last_blocked() == START

    run_id = store.runs.start(START + timedelta(weeks=1))
    store.runs.finish(run_id, report(RunError("blocked", "refused")))
    assert store.runs.last_blocked() == START + timedelta(weeks=1)


def test_the_end_of_a_run_does_not_forget_its_block(store: Store) -> None:
    blocked = TopicReport(TOPIC.id, warnings=(Notice("blocked", "refused"),), error="refused")
    run_id = record(store, 0, found=blocked, complete=False)

    store.runs.finish(run_id, report())

    assert store.runs.last_blocked() == START
