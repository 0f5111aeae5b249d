"""What an issue claims of itself, in whole runs: its window, its counts, its days."""

from dataclasses import replace
from datetime import date, timedelta

from litwatch.accepting import accept_topic
from litwatch.demo import records
from litwatch.demo.library import Revision
from litwatch.models import bare_uid
from litwatch.settings import Filters
from postbox import Postbox, Serve
from world import WEEK, MakeWorld, World

READER = "reader@example.org"
PATTERN = "99008011"


def text_of_last(world: World, email: str = READER) -> str:
    """The text of the last issue that was written for a reader, in one line."""
    with world.store() as store:
        return " ".join(store.outbox.rows(1, email=email)[0].text.split())


# ---- after an issue that never came ----------------------------------------------------------


def test_after_an_issue_that_failed_the_next_covers_its_time_too(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = "550 5.1.1 no such user"
    world.run_after(WEEK)
    postbox.answers.clear()

    world.run_after(WEEK)

    text = text_of_last(world)
    assert "2 November 2026 to 16 November 2026" in text
    assert "since 2 November 2026" in text


def test_what_an_issue_that_failed_counted_is_counted_again(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    scleredema = next(topic for topic in world.config.topics if topic.id == "scleredema")
    narrow = replace(scleredema, query='"Scleredema Adultorum"[mh] AND "2020"[dp]')
    world.configure(topics=(narrow,))
    world.run()
    world.configure(topics=(scleredema,), smtp=serve())
    postbox.answers["RCPT", READER] = "550 5.1.1 no such user"
    world.run_after(WEEK)
    postbox.answers.clear()

    world.run_after(WEEK)

    assert "papers from before a change" in text_of_last(world)
    world.run_after(WEEK)
    assert "papers from before a change" not in text_of_last(world)


# ---- after a clock that was ahead ------------------------------------------------------------


def test_a_window_begins_in_no_future(world: World) -> None:
    world.run()
    monday = world.now
    world.now = monday + timedelta(days=371)
    world.run()
    world.now = monday + WEEK

    world.run()

    text = text_of_last(world)
    assert "2 November 2026 to 9 November 2026" in text
    assert "2027" not in text


def test_a_reader_who_joined_in_the_future_gets_a_window_of_today(world: World) -> None:
    monday = world.now
    world.now = monday + timedelta(days=371)
    world.run()
    world.now = monday + WEEK

    world.run()

    assert "9 November 2026 to 9 November 2026" in text_of_last(world)


def test_silence_is_broken_though_a_clock_was_ahead_once(world: World) -> None:
    world.run()
    monday = world.now
    world.now = monday + timedelta(days=371)
    world.run()
    world.now = monday
    world.stand_in.fail("esearch", "server-error", times=None)

    weeks = [world.run_after(WEEK).digests for _ in range(3)]

    assert [digest.subscriber for digest in weeks[2]] == [READER]


# ---- the day of a mail -----------------------------------------------------------------------


def test_a_correction_names_the_day_on_which_the_paper_went_out(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    """The second week's papers went out three days late."""
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = "451 4.7.1 try again later"
    world.run_after(WEEK)
    postbox.answers.clear()
    world.run_after(timedelta(days=3))

    world.run_after(WEEK - timedelta(days=3))

    text = text_of_last(world)
    assert "It was sent to you on 12 November 2026" in text
    assert "It was sent to you on 9 November 2026" not in text


# ---- what is held when a reader joins --------------------------------------------------------


def test_a_reader_who_joins_while_papers_are_held_gets_them_when_they_are_released(
    make_world: MakeWorld,
) -> None:
    library = dict(records.load())
    xml = library[PATTERN][-1].xml
    held = [str(99900001 + number) for number in range(150)]
    for pmid in held:
        own = xml.replace(PATTERN.encode(), pmid.encode())
        own = own.replace(b"10.5555/", b"10.5555/%b." % pmid.encode())
        library[pmid] = (Revision(date(2026, 11, 5), own),)
    world = make_world(library)
    world.run()
    (reader,) = world.config.subscribers
    french = replace(reader, email="french@example.org", filters=Filters(languages=("fre",)))
    new = replace(reader, email="new@example.org")
    world.run_after(WEEK)
    world.configure(subscribers=(reader, new, french))
    world.run_after(timedelta(days=1))
    assert not _delivered(world, new.email).intersection(held)
    accept_topic(world.config, "scleromyxedema")

    world.run_after(WEEK)

    assert _delivered(world, READER).issuperset(held)
    assert _delivered(world, new.email).issuperset(held)
    assert not _delivered(world, french.email).intersection(held)


def _delivered(world: World, email: str) -> frozenset[str]:
    with world.store() as store:
        return frozenset(map(bare_uid, store.deliveries.uids(email)))
