"""Readers at a person's hand: listed, paused, resumed, removed, and what a run makes of it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litwatch import readers
from litwatch.errors import ConfigError, Locked
from litwatch.readers import Reader
from litwatch.settings import Filters, Subscriber
from litwatch.store import open_store
from litwatch.store.lock import run_lock
from postbox import Postbox, Serve
from world import WEEK, World

READER = "reader@example.org"
SALT = bytes(range(readers.SALT_BYTES))


def only(world: World) -> Reader:
    (reader,) = readers.readers(world.config, world.now)
    return reader


def remove(world: World, address: str = READER) -> str:
    return readers.remove(world.config, address, now=world.now, salt=SALT)


# ---- listed ----------------------------------------------------------------------------------


def test_a_reader_whom_no_run_has_seen_is_new(world: World) -> None:
    reader = only(world)

    assert (reader.email, reader.name, reader.state) == (READER, "A. Reader", "new")
    assert (reader.is_due, reader.last_issue, reader.owed) == (True, None, 0)
    assert reader.filters == ()


def test_the_next_issue_is_told_in_the_readers_own_zone(world: World) -> None:
    reader = replace(world.config.subscribers[0], timezone="Asia/Tokyo", hour=9)
    world.configure(subscribers=(replace(reader, filters=Filters(treatments=("ivig",))),))
    world.run()

    known = only(world)

    assert known.state == "active"
    assert (known.next_issue or world.now).isoformat() == "2026-11-09T09:00:00+09:00"
    assert known.filters == ("treatments: ivig",)
    assert "    next issue: Mon 09 Nov 2026 09:00 (Asia/Tokyo)" in known.lines()
    assert known.last_issue
    assert known.last_issue[1] == "written"


def test_what_became_owed_during_a_pause_is_counted(world: World) -> None:
    world.run()
    readers.pause(world.config, READER)
    world.run_after(WEEK)

    reader = only(world)

    assert (reader.state, reader.owed, reader.next_issue) == ("paused", 6, None)


def test_an_address_that_is_in_the_store_alone_has_left(world: World) -> None:
    world.run()
    world.configure(subscribers=())

    reader = only(world)

    assert (reader.email, reader.state, reader.is_due) == (READER, "left", False)


def test_every_list_is_plain_values(world: World) -> None:
    world.run()

    values = only(world).as_json()

    assert values["last_issue"] == "2026-11-02T07:30:00+01:00"
    assert values["state"] == "active"
    assert values["due"] is False


ZONES = ("Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "UTC")


@given(
    now=st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=UTC)
    ),
    zone=st.sampled_from(ZONES),
    frequency=st.sampled_from(("daily", "weekly", "monthly")),
    day=st.sampled_from(("monday", "thursday", "sunday")),
    hour=st.integers(0, 23),
)
def test_the_next_slot_is_the_first_moment_of_another_issue(
    now: datetime, zone: str, frequency: str, day: str, hour: int
) -> None:
    from litwatch.digest.period import next_slot, slot

    reader = Subscriber(READER, frequency=frequency, day=day, hour=hour, timezone=zone)  # type: ignore[arg-type]

    following = next_slot(reader, now)

    assert following > now
    assert slot(reader, following - timedelta(microseconds=1)).key == slot(reader, now).key
    assert slot(reader, following).key != slot(reader, now).key


# ---- paused and resumed ----------------------------------------------------------------------


def test_while_a_reader_is_paused_nothing_is_written_and_then_one_issue_holds_all(
    world: World,
) -> None:
    world.run()
    readers.pause(world.config, READER)

    paused = [world.run_after(WEEK), world.run_after(WEEK), world.run_after(timedelta(hours=1))]
    said = readers.resume(world.config, READER.upper())
    back = world.run_after(timedelta(hours=1))
    after = world.run_after(timedelta(hours=1))

    assert [report.digests for report in paused] == [(), (), ()]
    assert said.endswith("come in one issue, the next: 14")
    assert [(digest.articles, digest.status) for digest in back.digests] == [(14, "written")]
    assert after.digests == ()


def test_a_digest_that_is_in_the_outbox_waits_for_the_end_of_the_pause(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    world.run(send=False)
    readers.pause(world.config, READER)
    world.run_after(timedelta(hours=1))
    assert postbox.kept == []

    readers.resume(world.config, READER)
    world.run_after(timedelta(hours=1))

    assert postbox.recipients() == [READER]


def test_a_reader_whom_no_run_has_seen_cannot_be_paused(world: World) -> None:
    with pytest.raises(ConfigError, match="no run has seen the address yet"):
        readers.pause(world.config, READER)


def test_readers_are_not_changed_while_a_run_is_at_work(world: World) -> None:
    world.run()

    with run_lock(world.config.database), pytest.raises(Locked):
        readers.pause(world.config, READER)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(address=st.text())
def test_an_unknown_address_gets_one_line_with_the_nearest_known_one(
    world: World, address: str
) -> None:
    with open_store("sqlite://") as store, pytest.raises(ConfigError) as caught:
        readers.find(world.config, store, f"{address}-nobody")

    (fault,) = caught.value.faults
    assert fault.endswith(f"the nearest known is {READER}")
    assert "\n" not in fault


# ---- removed ---------------------------------------------------------------------------------


def test_a_removed_reader_is_in_no_file_and_no_table(world: World) -> None:
    world.run()
    world.run_after(WEEK)
    assert len(list(world.config.outbox.iterdir())) == 6

    said = remove(world)

    assert said.startswith(f"{READER}: removed: the address and its mails are erased; now take it")
    assert list(world.config.outbox.iterdir()) == []
    folder = world.config.outbox.parent
    for path in folder.glob("litwatch.db*"):
        assert READER.encode() not in path.read_bytes()


def test_a_configuration_that_still_names_a_removed_reader_brings_nobody_back(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.run()
    remove(world)

    with caplog.at_level(logging.WARNING):
        report = world.run_after(WEEK)

    assert report.digests == ()
    assert report.is_well
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == (
        f"config.toml names {READER}, who was removed: nothing is written; take the table out of "
        f"it, or: litwatch subscribers resume {READER}"
    )
    assert only(world).state == "removed"
    assert remove(world) == f"{READER}: was removed on 2026-11-02"


def test_a_removed_reader_who_is_resumed_is_new(world: World) -> None:
    world.run()
    remove(world)

    said = readers.resume(world.config, READER)
    report = world.run_after(WEEK)

    assert "a new reader" in said
    assert [(digest.articles, digest.status) for digest in report.digests] == [(5, "written")]


def test_a_reader_can_be_removed_before_the_first_issue(world: World) -> None:
    remove(world)

    assert world.run().digests == ()


def test_another_readers_mails_stay_when_one_is_removed(world: World) -> None:
    other = replace(world.config.subscribers[0], email="other@example.org")
    world.configure(subscribers=(*world.config.subscribers, other))
    world.run()

    remove(world)

    with world.store() as store:
        assert [row.email for row in store.outbox.rows(9)] == ["other@example.org"]
        assert len(store.deliveries.uids("other@example.org")) == 5
    assert len(list(world.config.outbox.glob("*.eml"))) == 1
    assert world.run_after(WEEK).digests[0].articles == 6
