"""Lives through the days: runs litwatch on each, in this process or in one that is killed.

What came of every run is noted for the judge: what the store holds after it, which faults it met,
what it asked of PubMed, and all that was logged.
"""

import io
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from simulation.fate import BLOCKS, Day, Kill, Trouble
from simulation.letters import Doorkeeper, Letterbox
from simulation.setting import KEY, Hours, Place, pubmed

from litwatch.config import Config
from litwatch.demo.faults import FAULTS, Fault
from litwatch.demo.library import Library
from litwatch.demo.server import StandIn
from litwatch.errors import KeyRefused
from litwatch.models import bare_uid
from litwatch.pipeline import run_once
from litwatch.readers import resume
from litwatch.store import open_store
from postbox import free_port, serving

TESTS = Path(__file__).parent.parent
NAMES = {fault: name for name, fault in FAULTS.items()}
End = Literal["finished", "killed", "key-refused"]
ENDS: Mapping[int, End] = {0: "finished", -9: "killed", 2: "key-refused"}
"""What the exit code of a process says of its run."""
KILLED_LOG = "killed.log"
PAUSE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Run:
    """One run and what it left: what the store holds by topic after it, and what is pending.

    A calm one met no fault of PubMed and came to its end. `asked_on` is how many requests
    came after one that met a block.
    """

    number: int
    at: datetime
    end: End
    is_calm: bool
    met: Counter[str]
    requests: int
    asked_on: int
    filed: Mapping[str, frozenset[str]]
    pending: frozenset[str]


class Watcher:
    """Plans the faults of a day, and watches which ones each run meets."""

    def __init__(self, stand_in: StandIn, troubles: Sequence[Trouble]) -> None:
        self.met: Counter[str] = Counter()
        self.met_all_day: set[str] = set()
        self._stand_in = stand_in
        self._begun_at = 0
        self._blocked_at: int | None = None
        for trouble in troubles:
            stand_in.fail(
                trouble.endpoint,
                trouble.fault,
                times=trouble.times,
                after=trouble.after,
                ids=trouble.pmids,
            )
        script = stand_in._service.script
        self._take = script.take
        script.take = self._noted  # type: ignore[method-assign]

    @property
    def requests(self) -> int:
        """How many requests the run has made."""
        return len(self._stand_in.log) - self._begun_at

    @property
    def asked_on(self) -> int:
        """How many of them came after the one that met a block."""
        return 0 if self._blocked_at is None else len(self._stand_in.log) - self._blocked_at - 1

    def begin(self) -> None:
        """A run begins."""
        self.met = Counter()
        self._begun_at = len(self._stand_in.log)
        self._blocked_at = None

    def _noted(self, endpoint: str, ids: Collection[str]) -> tuple[Fault, frozenset[str]] | None:
        taken = self._take(endpoint, ids)
        if taken:
            name = NAMES[taken[0]]
            self.met[name] += 1
            self.met_all_day.add(name)
            if name in BLOCKS and self._blocked_at is None:
                self._blocked_at = len(self._stand_in.log)
        return taken


class Course:
    """The runs of one simulation, with its mail server.

    `deaths` counts those that were killed by the part of litwatch in which they were; `log` is all
    that the others logged.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.letterbox = Letterbox()
        self.runs: list[Run] = []
        self.deaths: Counter[str] = Counter()
        self.log = io.StringIO()
        self.hours = Hours(datetime.min.replace(tzinfo=UTC))
        self._blocked_at: datetime | None = None
        self._unmet: tuple[Trouble, ...] = ()

    def live(self, days: Sequence[Day]) -> None:
        """Lives through these days, one after the other."""
        with (
            serving(self.letterbox) as serve,
            _logging_to(self.log),
            _undertaker(self.folder / KILLED_LOG) as self._undertaker,
        ):
            relay = serve(authenticator=Doorkeeper(), auth_require_tls=False)
            for day in days:
                self._spend(day, relay.port)

    def config(self, place: Place | None = None) -> Config:
        """The configuration as of now."""
        return (place or Place(self.folder, "http://127.0.0.1:1/", 1)).config(self.hours.now.date())

    def _look_after_readers(self) -> None:
        """What an operator does in the morning: an address that was suppressed is put right."""
        config = self.config()
        with open_store(config.database, keep=False) as store:
            suppressed = [each.email for each in store.subscribers.all() if each.suppressed]
        for email in suppressed:
            resume(config, email)

    def _spend(self, day: Day, relay_port: int) -> None:
        self.hours.now = max(day.at, self.hours.now)
        self.letterbox.answers = dict(day.answers)
        self.letterbox.hangs_up_after_data = day.hangs_up
        self._look_after_readers()
        with StandIn(
            self.library,
            self.hours.clock,
            rate_limit=False,
            known_keys={KEY},
            options=day.options,
        ) as stand_in:
            troubles = (*self._unmet, *day.troubles)
            watcher = Watcher(stand_in, troubles)
            place = Place(
                self.folder,
                _nowhere() if day.is_pubmed_down else stand_in.base_url,
                free_port() if day.is_relay_down else relay_port,
            )
            for kill in day.kills:
                self._note(day, watcher, partial(self._die, place, kill))
                if self.runs[-1].end != "killed":
                    sooner = Kill(kill.part, 1 + kill.call // 4)
                    self._note(day, watcher, partial(self._die, place, sooner))
            for _ in range(day.runs):
                self._note(day, watcher, partial(self._run, place))
        self.letterbox.hangs_up_after_data = False
        self._unmet = tuple(
            trouble
            for trouble in troubles
            if trouble.times is not None and trouble.fault not in watcher.met_all_day
        )

    def _note(self, day: Day, watcher: Watcher, run: Callable[[], End]) -> None:
        """Makes a run and notes what came of it."""
        number, at = len(self.runs) + 1, self.hours.now
        self.letterbox.run = number
        watcher.begin()
        end = run()
        is_calm = end == "finished" and not (watcher.met or day.is_pubmed_down)
        if self._blocked_at and at - self._blocked_at < PAUSE:
            is_calm = False
        if not BLOCKS.isdisjoint(watcher.met):
            self._blocked_at = at
        filed, pending = self._kept()
        self.runs.append(
            Run(
                number,
                at,
                end,
                is_calm,
                watcher.met,
                watcher.requests,
                watcher.asked_on,
                filed,
                pending,
            )
        )
        self.hours.now += timedelta(minutes=3 + 7 * number % 41)

    def _run(self, place: Place) -> End:
        """A run in this process."""
        hours, config = self.hours, self.config(place)
        try:
            run_once(config, clock=hours.clock, sleep=hours.sleep, source=pubmed(config, hours))
        except KeyRefused:
            return "key-refused"
        return "finished"

    def _die(self, place: Place, kill: Kill) -> End:
        """A run in a process that is to be killed; it may come to its end before."""
        process = self._undertaker
        assert process.stdin
        assert process.stdout
        order = (self.folder, place.base_url, place.smtp_port, self.hours.now.isoformat())
        print(*order, kill.part, kill.call, sep="\t", file=process.stdin, flush=True)
        code = int(process.stdout.readline())
        assert code in ENDS, (self.folder / KILLED_LOG).read_text()[-3000:]
        if ENDS[code] == "killed":
            self.deaths[kill.part] += 1
        return ENDS[code]

    def _kept(self) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
        """What the store holds by topic, and what is pending."""
        config = self.config()
        with open_store(config.database, keep=False) as store:
            filed = {
                topic.id: frozenset(map(bare_uid, store.articles.in_topic(topic.id)))
                for topic in config.topics
            }
            return filed, frozenset(bare_uid(entry.uid) for entry in store.pending.all())


@contextmanager
def _undertaker(log: Path) -> Iterator[subprocess.Popen[str]]:
    """The process that starts those that are to be killed; what they log goes to that file."""
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "simulation.killed_run"],
            cwd=TESTS,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        yield process


def _nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}/entrez/eutils/"


@contextmanager
def _logging_to(stream: io.StringIO) -> Iterator[None]:
    """All that litwatch logs in all detail; the mail server and SQLAlchemy are kept short."""
    root, *others = (logging.getLogger(name) for name in ("", "mail.log", "asyncio", "sqlalchemy"))
    handler = logging.StreamHandler(stream)
    levels = [logger.level for logger in (root, *others)]
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for logger in others:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, level in zip((root, *others), levels, strict=True):
            logger.setLevel(level)
