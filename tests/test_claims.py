"""What an issue claims of itself, in whole runs: its window, its counts, its days."""

import re
from dataclasses import replace
from datetime import date, timedelta

from litwatch.accepting import accept_topic
from litwatch.demo import records
from litwatch.demo.library import Revision
from litwatch.digest.paper import marks
from litwatch.digest.words import GRAVE_MARKS
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

    assert "2 November 2026 to 9 November 2026" in text_of_last(world)


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


# ---- what was taken back ---------------------------------------------------------------------

PAPER = b"Complete remission of scleromyxedema with low-dose tocilizumab"


def wavering(*, until: date) -> dict[str, tuple[Revision, ...]]:
    """The sample records, and two papers of 6 November: one retracted, one gone, for some time."""
    library = dict(records.load())
    whole = library["99026114"][0].xml
    retracted = library["99026114"][-1].xml
    signs = {"99900001": retracted, "99900002": b""}
    for pmid, meanwhile in signs.items():
        states = []
        for xml in (whole, meanwhile):
            own = xml.replace(b"99026114", pmid.encode())
            own = re.sub(rb"10\.5555/[^<]*", b"10.5555/" + pmid.encode(), own)
            states.append(own.replace(PAPER, b"Paper %b:" % pmid.encode()))
        library[pmid] = (
            Revision(date(2026, 11, 6), states[0]),
            Revision(date(2026, 11, 10), states[1], withdrawn=not states[1]),
            Revision(until, states[0]),
        )
    return library


def daily(world: World, days: int) -> None:
    for _ in range(days):
        world.run_after(timedelta(days=1))


def test_a_correction_tells_what_still_holds_when_the_issue_is_made(make_world: MakeWorld) -> None:
    world = make_world(wavering(until=date(2026, 11, 14)))
    (reader,) = world.config.subscribers
    world.configure(recheck_days=1)
    world.run()
    world.run_after(WEEK)
    daily(world, 7)

    with world.store() as store:
        for uid, kinds in (
            ("pubmed:99900001", ["retraction", "reinstated"]),
            ("pubmed:99900002", ["withdrawn", "restored"]),
        ):
            assert [change.kind for change in store.articles.changes_of(uid)] == kinds
    assert "Paper 9990000" not in text_of_last(world)
    world.configure(subscribers=(reader, replace(reader, email="new@example.org")))
    world.run_after(timedelta(hours=1))
    with world.store() as store:
        papers = store.articles.load(["pubmed:99900001", "pubmed:99900002"])
    assert [set(marks(paper)) & GRAVE_MARKS for paper in papers] == [set(), set()]


def test_what_was_told_and_taken_back_is_told_to_be_so(make_world: MakeWorld) -> None:
    world = make_world(wavering(until=date(2026, 11, 20)))
    world.configure(recheck_days=1)
    world.run()
    world.run_after(WEEK)
    daily(world, 7)
    told = text_of_last(world)
    daily(world, 7)
    back = text_of_last(world)
    daily(world, 7)

    assert "This paper has been retracted" in told
    assert "PubMed no longer hands out this record (99900002)" in told
    assert "PubMed no longer says that this paper is retracted." in back
    assert "PubMed hands out this record (99900002) again." in back
    assert "Paper 9990000" not in text_of_last(world)


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


# ---- what could not be read ------------------------------------------------------------------


def test_a_paper_that_is_listed_and_not_handed_out_is_named(make_world: MakeWorld) -> None:
    library = dict(records.load())
    own = library["99026114"][0].xml.replace(b"99026114", b"99900001")
    library["99900001"] = (Revision(date(2026, 11, 6), own),)
    world = make_world(library)
    world.run()
    world.stand_in.fail("efetch", "missing-records", times=None, ids=("99900001",))

    world.run_after(WEEK)

    text = text_of_last(world)
    assert "1 record that PubMed lists for Scleromyxedema could not be read yet" in text
    assert "without a gap" not in text
