"""One litwatch over one stand-in, at a time that passes by waiting only, and what must hold after.

The pipeline is the real one, over HTTP and into SQLite. A fault is survived where the state after
it, or after the next run, is that of a litwatch that never met one: `Bench.state()`.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

from litwatch.demo import records
from litwatch.demo.calls import XML
from litwatch.demo.faults import Fault
from litwatch.demo.library import Library, Revision
from litwatch.demo.records.record import Record, states
from litwatch.demo.records.xml import Journal, Names, article
from litwatch.demo.service import Request
from litwatch.fetch.entrez import DEFAULT_LIMITS, Limits
from litwatch.fetch.pubmed import PubMed
from litwatch.pipeline import run_once
from litwatch.reports import Report
from world import FIRST_MONDAY, WEEK, World

KEY = "5ecret-that-nobody-may-see"
"""The API key of every bench; the stand-in repeats it where NCBI does."""
READER = "reader@example.org"
TOPICS = ("scleromyxedema", "scleredema")
HISTORY = ("99008011", "99012081", "99023031", "99023121", "99024021")
NEWS = ("99026110", "99026111", "99026114", "99026115")
"""What appears in the second week, for the topics above."""
LATER = ("99026120", "99026122", "99026123", "99026124", "99026125")
"""What appears in the third week, a retraction and an erratum of the second's papers among it."""
IMPATIENT = Limits(timeout_seconds=0.5, deadline_seconds=120.0)
"""For servers that fall silent: the only waiting that cannot be virtual is for a socket."""


@dataclass
class Bench(World):
    """A world whose waits move its time; `seed` is of the jitter."""

    seed: int = 1
    limits: Limits = DEFAULT_LIMITS
    uptime: float = 1_000_000.0
    on_wait: Callable[[], object] = lambda: None
    clock: Callable[[], datetime] | None = None
    reports: list[Report] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Time passes, and nobody waits; `on_wait` says what happens meanwhile."""
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.uptime += seconds
        self.on_wait()

    def monotonic(self) -> float:
        """The seconds that have passed, by a clock that nobody sets."""
        return self.uptime

    def run(self, **options: Any) -> Report:
        """One run now."""
        clock = self.clock or (lambda: self.now)
        source = PubMed.over_network(
            self.config.ncbi,
            clock=clock,
            sleep=self.sleep,
            random=Random(self.seed),
            monotonic=self.monotonic,
            limits=self.limits,
        )
        report = run_once(self.config, clock=clock, source=source, **options)
        self.reports.append(report)
        return report

    def week(self, number: int, **options: Any) -> Report:
        """The run of the first, second … Monday."""
        monday = FIRST_MONDAY + (number - 1) * WEEK
        self.uptime += max(0.0, (monday - self.now).total_seconds())
        self.now = monday
        return self.run(**options)

    def weeks(self, numbers: Sequence[int]) -> Report:
        """The runs of several Mondays; the report of the last."""
        return [self.week(number) for number in numbers][-1]

    def on_day(self, day: int, **options: Any) -> Report:
        """The run of a day of November 2026, at half past six."""
        moment = FIRST_MONDAY.replace(day=day)
        self.uptime += max(0.0, (moment - self.now).total_seconds())
        self.now = moment
        return self.run(**options)

    def an_hour_later(self) -> Report:
        """One run an hour after the last."""
        return self.run_after(timedelta(hours=1))

    # ---- what came of it ---------------------------------------------------------------------

    def state(self) -> dict[str, object]:
        """What is on file and what the reader got: equal wherever nothing was lost or doubled."""
        with self.store() as store:
            kinds = {
                change.id: (change.uid, change.kind) for change in store.articles.changes_since(0)
            }
            told = store.deliveries.change_ids(READER)
            return {
                "known": store.articles.known(),
                "topics": {
                    topic.id: store.articles.in_topic(topic.id) for topic in self.config.topics
                },
                "pending": {entry.uid for entry in store.pending.all()},
                "withdrawn": store.articles.withdrawn(),
                "delivered": store.deliveries.uids(READER),
                "told": sorted(kinds[number] for number in told),
                "digests": [
                    (row.period_key, row.message_id, row.state, row.articles, row.corrections)
                    for row in reversed(store.outbox.rows(99))
                ],
            }

    def delivered(self) -> frozenset[str]:
        """The PMIDs that the reader got."""
        with self.store() as store:
            return frozenset(uid.partition(":")[2] for uid in store.deliveries.uids(READER))

    def owed_twice(self) -> int:
        """How many papers and corrections stand in more than one digest of the reader."""
        with self.store() as store:
            papers = sum(row.articles for row in store.outbox.rows(99))
            told = sum(row.corrections for row in store.outbox.rows(99))
            changes = store.deliveries.change_ids(READER)
            return papers - len(store.deliveries.uids(READER)) + told - len(changes)

    def pending(self) -> dict[str, str]:
        """The PMIDs that are pending, with the reason."""
        with self.store() as store:
            return {entry.uid.partition(":")[2]: entry.reason for entry in store.pending.all()}

    def digest(self) -> str:
        """The text of the last digest."""
        with self.store() as store:
            return store.outbox.rows(1)[0].text

    def html(self) -> str:
        """The HTML of the last digest."""
        with self.store() as store:
            return store.outbox.rows(1)[0].html

    # ---- what was asked ----------------------------------------------------------------------

    def requests(self, endpoint: str = "", since: int = 0) -> list[Request]:
        """The requests of an endpoint, or all, from the n-th of all on."""
        log = self.stand_in.log[since:]
        return [request for request in log if endpoint in ("", request.endpoint)]

    def asked(self, since: int = 0) -> list[tuple[str, ...]]:
        """The PMIDs of each fetch."""
        return [request.params.ids() for request in self.requests("efetch", since)]

    def files(self) -> Iterator[Path]:
        """Every file that litwatch has left."""
        folder = self.config.outbox.parent
        return (path for path in folder.rglob("*") if path.is_file())


def warnings(report: Report) -> set[str]:
    """The codes of all warnings of a run."""
    return {warning.code for topic in report.topics for warning in topic.warnings}


def messages(report: Report) -> str:
    """Every warning and error of a run in one text."""
    warned = [warning.message for topic in report.topics for warning in topic.warnings]
    return "\n".join(warned + [error.message for error in report.errors])


def is_failed(report: Report) -> bool:
    """The run failed, says so, and wrote no digest."""
    return not (report.complete or report.is_well) and report.digests == ()


# ---- libraries -------------------------------------------------------------------------------


@cache
def sample() -> Library:
    """The few sample records of the default bench."""
    chosen = {*HISTORY, *NEWS, *LATER}
    return Library({pmid: states for pmid, states in records.load().items() if pmid in chosen})


def paper(pmid: int, title: str, **fields: Any) -> dict[str, tuple[Revision, ...]]:
    """A paper of our own in its revisions, as an entry of a library; `fields` are Record's."""
    plain: dict[str, Any] = {
        "created": date(2026, 9, 1),
        "published": "2026 Aug",
        "journal": "dermatology",
        "authors": ["Probst, Anna"],
    }
    made = states(Record(pmid=pmid, title=title, **(plain | fields)))
    return {str(pmid): tuple(Revision(day, article(state, day, _names())) for day, state in made)}


def library(*papers: Mapping[str, Sequence[Revision]]) -> Library:
    """A library of such papers."""
    return Library({pmid: states for entry in papers for pmid, states in entry.items()})


def edited(
    entry: Mapping[str, Sequence[Revision]], *changes: tuple[str, str]
) -> dict[str, tuple[Revision, ...]]:
    """The paper with pieces of its XML replaced; each must be there."""

    def change(xml: bytes) -> bytes:
        for old, new in changes:
            assert old.encode() in xml, old
            xml = xml.replace(old.encode(), new.encode(), 1)
        return xml

    return {
        pmid: tuple(replace(revision, xml=change(revision.xml)) for revision in revisions)
        for pmid, revisions in entry.items()
    }


@cache
def _names() -> Names:
    folder = files("litwatch.demo.records")

    def table(name: str) -> dict[str, Any]:
        return tomllib.loads(folder.joinpath(name).read_text("utf-8"))

    journals = {key: Journal(**row) for key, row in table("journals.toml").items()}
    return Names(journals=journals, **table("vocabulary.toml"))


def efetch_error(*texts: str, status: int) -> Fault:
    """EFetch's error document."""
    said = "".join(f"<ERROR>{text}</ERROR>" for text in texts)
    return Fault(status=status, type=XML, body=f"<eFetchResult>{said}</eFetchResult>")
