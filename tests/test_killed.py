"""Killed with SIGKILL at any instant and run again: every paper is stored once and mailed once."""

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import count
from pathlib import Path
from random import Random

import pytest

from killed_run import Outcome, Request, Runs, runs
from litwatch.demo import records
from litwatch.demo.play import demo_config
from litwatch.store import open_store
from postbox import Postbox, Serve
from readers import READERS
from world import WEEK, MakeWorld, World

POINTS = 10
SOME = ("99008011", "99026111", "99026112", "99026114", "99026122", "99016011")
"""Enough of the sample records for a history, a week of news, and a retraction."""
KILLED = -9


@pytest.fixture(scope="module")
def processes() -> Iterator[Runs]:
    with runs() as started:
        yield started


@pytest.fixture
def small_world(make_world: MakeWorld) -> World:
    """A world of few records, after its first run."""
    library = {pmid: states for pmid, states in records.load().items() if pmid in SOME}
    assert len(library) >= 5
    world = make_world(library)
    world.run()
    world.now += WEEK
    return world


# ---- one reader, killed at calls all over a run ------------------------------------------------


def points(total: int) -> list[int]:
    """Points spread over a run, the first and the last call among them."""
    return sorted({1 + (total - 1) * step // (POINTS - 1) for step in range(POINTS)})


def requested(world: World, folder: Path, port: int | None = None) -> Request:
    """One run at the world's moment, which lives and counts its points."""
    return Request(str(folder), world.stand_in.base_url, world.now.isoformat(), port, kill_at=0)


def test_every_paper_is_stored_and_mailed_once_wherever_a_run_is_killed(
    small_world: World, processes: Runs, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = small_world
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(tmp_path, whole, dirs_exist_ok=True)
    total = processes.run(requested(world, whole)).points
    expected = state_of(world, whole)

    for point in points(total):
        folder = tmp_path_factory.mktemp(f"killed-{point}")
        shutil.copytree(tmp_path, folder, dirs_exist_ok=True)
        request = requested(world, folder)
        assert processes.run(replace(request, kill_at=point)).code == KILLED
        assert processes.run(request).code == 0
        assert state_of(world, folder) == expected, f"killed at call {point} of {total}"
        shutil.rmtree(folder)


def test_every_mail_has_one_message_id_wherever_a_run_is_killed(
    small_world: World,
    processes: Runs,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    postbox: Postbox,
    serve: Serve,
) -> None:
    """The same bytes may come twice after a crash between the server's 250 and our commit."""
    world, port = small_world, serve().port
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(tmp_path, whole, dirs_exist_ok=True)
    total = processes.run(requested(world, whole, port)).points
    ((_, _, only),) = postbox.kept

    for point in points(total)[-6:]:
        postbox.kept.clear()
        folder = tmp_path_factory.mktemp(f"killed-{point}")
        shutil.copytree(tmp_path, folder, dirs_exist_ok=True)
        request = requested(world, folder, port)
        assert processes.run(replace(request, kill_at=point)).code == KILLED
        assert processes.run(request).code == 0
        shutil.rmtree(folder)
        assert {content for _, _, content in postbox.kept} == {only}
        assert 1 <= len(postbox.kept) <= 2


def state_of(world: World, folder: Path) -> dict[str, object]:
    """What is on file, linked, delivered and written, without the times of day."""
    config = demo_config(folder, world.stand_in.base_url)
    with open_store(config.database, keep=False) as store:
        return {
            "known": store.articles.known(),
            "topics": {topic.id: store.articles.in_topic(topic.id) for topic in config.topics},
            "delivered": store.deliveries.uids("reader@example.org"),
            "outbox": sorted((row.message_id, row.state) for row in store.outbox.rows(99)),
            "files": sorted(path.name for path in config.outbox.iterdir()),
        }


# ---- twenty readers, killed at random instants -------------------------------------------------

MOMENTS = tuple(
    datetime(2026, month, day, 6, 30, tzinfo=UTC)
    for month, day in ((11, 2), (11, 9), (11, 16), (12, 8))
)
"""First issues; two Mondays with news; a Tuesday when the monthly issues are due as well."""
RECENT = "99026"
"""The sample's papers from here on: enough for each reader, and quickly read."""
CORRECTED = {"99026111", "99026114"}
"""Papers of the sample that are told of again: they are retracted, or corrected."""
SENDING_POINTS = 1_200
"""As many as each of the runs passes at least while it hands its mails to the server."""
PAPER = re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(99\d{6})")

Told = Counter[tuple[str, str]]


@dataclass
class Past:
    """A litwatch before one of the moments: its files, and the mail that its readers have."""

    folder: Path
    mails: list[tuple[str | None, list[str], bytes]]


@dataclass
class Lives:
    """One world of twenty readers, lived through once unharmed, and from then on with kills.

    `told` is what the readers have after each moment if nobody is killed; `outcomes` how long each
    run took and how many points it passed.
    """

    world: World
    processes: Runs
    postbox: Postbox
    port: int
    scratch: Path
    pasts: list[Past] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def live_unharmed(self) -> None:
        folder = self.scratch / "unharmed"
        folder.mkdir()
        for number, moment in enumerate(MOMENTS):
            past = Past(self.scratch / f"before-{number}", list(self.postbox.kept))
            shutil.copytree(folder, past.folder)
            self.pasts.append(past)
            outcome = self.run(folder, moment, kill_at=0)
            assert outcome.code == 0
            self.outcomes.append(outcome)
            self.told.append(told(self.postbox))

    def run(self, folder: Path, moment: datetime, **death: float | None) -> Outcome:
        self.world.now = moment
        request = requested(self.world, folder, self.port)
        return self.processes.run(replace(request, twenty=True, **({"kill_at": None} | death)))  # type: ignore[arg-type]

    def killed_before(self, number: int, random: Random) -> Path:
        """A litwatch whose run at that moment was killed, at a call or from outside, once or more.

        A kill from outside that comes when all is done is no kill, and tried again.
        """
        for attempt in count():
            folder = self.scratch / "killed"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.pasts[number].folder, folder)
            self.postbox.kept[:] = self.pasts[number].mails
            if self.run(folder, MOMENTS[number], **self.death(number, random)).code == KILLED:
                break
            assert attempt < 20
        for _ in range(random.choice((0, 0, 0, 1, 2))):
            assert self.run(folder, MOMENTS[number], **self.death(number, random)).code in {
                0,
                KILLED,
            }
        return folder

    def death(self, number: int, random: Random) -> dict[str, float | None]:
        """A random call, or a random instant, of the run as it is when nobody is killed."""
        unharmed = self.outcomes[number]
        kind = random.choice(("any call", "a call of the sending", "an instant"))
        if kind == "an instant":
            return {"kill_after_seconds": random.uniform(0, unharmed.seconds / 2)}
        if kind == "any call":
            return {"kill_at": random.randint(1, unharmed.points)}
        return {"kill_at": random.randint(1, SENDING_POINTS), "sending": True}

    def round(self, random: Random, *, to_the_end: bool) -> None:
        """Kills a run, lets the next one live, at once or later, and looks at all the mail."""
        number = random.randrange(len(MOMENTS))
        folder = self.killed_before(number, random)
        later = random.choice((timedelta(0), timedelta(minutes=10)))
        for moment in (MOMENTS[number] + later, *MOMENTS[number + 1 :]):
            assert self.run(folder, moment).code == 0
            each_message_id_is_one_mail(self.postbox)
            assert told(self.postbox) == self.told[number], f"killed at moment {number}"
            if not to_the_end:
                break
            number += 1


def told(postbox: Postbox) -> Told:
    """By reader and paper, how many Message-IDs have told of it, by the mails themselves."""
    found = {
        (address, pmid, message["Message-ID"])
        for _, (address,), content in postbox.kept
        for message in [message_from_bytes(content, policy=policy.default)]
        for pmid in PAPER.findall(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    }
    return Counter((address, pmid) for address, pmid, _ in found)


def each_message_id_is_one_mail(postbox: Postbox) -> None:
    """A mail that came twice came with the same bytes, to the same reader."""
    mails = defaultdict(set)
    for sender, (address,), content in postbox.kept:
        message_id = message_from_bytes(content)["Message-ID"]
        mails[message_id].add((sender, address, content))
    assert {message_id for message_id, same in mails.items() if len(same) > 1} == set()


@pytest.fixture
def lives(
    make_world: MakeWorld, processes: Runs, tmp_path: Path, postbox: Postbox, serve: Serve
) -> Lives:
    library = {pmid: states for pmid, states in records.load().items() if pmid >= RECENT}
    lives = Lives(make_world(library), processes, postbox, serve().port, tmp_path)
    lives.live_unharmed()
    return lives


def test_twenty_readers_get_each_paper_under_one_message_id_wherever_runs_are_killed(
    lives: Lives,
) -> None:
    """Exactly one, and none is missing; only a paper that was corrected is told of again."""
    unharmed = lives.told[-1]
    assert {address for address, _ in unharmed} == {reader.email for reader in READERS}
    assert len(unharmed) > 200
    assert {times for (_, pmid), times in unharmed.items() if pmid not in CORRECTED} == {1}

    random = Random(20)
    for _ in range(20):
        lives.round(random, to_the_end=False)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_readers_are_owed_nothing_after_two_hundred_killed_runs(lives: Lives) -> None:
    random = Random(200)
    for _ in range(200):
        lives.round(random, to_the_end=True)
