"""The ledger: what each run did, for which topics, and whether it came to its end."""

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, literal, or_, select, update

from litwatch.reports import Accounting, Report, TopicReport
from litwatch.settings import Topic
from litwatch.store.codec import dump, from_plain, to_plain
from litwatch.store.database import Database
from litwatch.store.schema import runs, topic_runs, topics

NOTHING = Accounting()
REMOVED = "[removed]"
"""Stands in the reports of old runs for the address of a reader who was removed."""
BLOCKED = "blocked"
"""The code under which a run reports that the source refused us."""


@dataclass(frozen=True, slots=True)
class TopicRun:
    """A topic's search in one run; `finished` is None where the run died after the search."""

    run_id: int
    started: datetime
    finished: datetime | None
    count: int | None
    query_translation: str
    query: str
    report: TopicReport


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One topic's row of one run, written once and never changed.

    `trusted` says that the search was what it had been (reports.DOUBTS); `finished` is None where
    the run died after the search.
    """

    run_id: int
    started: datetime
    finished: datetime | None
    query: str
    complete: bool
    trusted: bool
    accounting: Accounting
    report: TopicReport

    @property
    def query_hash(self) -> str:
        """Names the query: two rows with one hash asked the same."""
        return sha256(self.query.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class TopicState:
    """The query of a topic's last complete run, since when, and the first run that was complete.

    `accepted_run` is the last run whose search a person has accepted; `quiet_judged_at` is when the
    topic was last judged for silence.
    """

    query: str
    query_since: datetime
    first_complete_run: int | None
    accepted_run: int | None = None
    quiet_judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; `finished`, `complete` and `report` are None where it never came to its end."""

    id: int
    started: datetime
    finished: datetime | None
    complete: bool | None
    report: Report | None


class Runs:
    """The runs of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, at: datetime) -> int:
        """Enters a run that begins; returns its number."""
        return self._database.add(runs, started=at, blocked=False)

    def finish(self, run_id: int, report: Report) -> None:
        """Enters how the run ended."""
        blocked = any(error.code == BLOCKED for error in report.errors)
        self._database.write(
            update(runs)
            .where(runs.c.id == run_id)
            .values(
                finished=report.finished,
                complete=report.complete,
                report=to_plain(report),
                blocked=or_(runs.c.blocked, literal(blocked)),
            )
        )

    def forget(self, email: str) -> None:
        """Takes an address out of the reports of all runs."""
        address = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE)
        with self._database.transaction():
            for row in self._database.rows(select(runs.c.id, runs.c.report)):
                text = dump(row.report)
                if row.report is not None and address.search(text):
                    report = json.loads(address.sub(REMOVED, text))
                    this = update(runs).where(runs.c.id == row.id)
                    self._database.write(this.values(report=report))

    def record_topic(
        self,
        run_id: int,
        topic: Topic,
        report: TopicReport,
        *,
        complete: bool,
        trusted: bool = True,
        count: int | None = None,
        accounting: Accounting = NOTHING,
    ) -> None:
        """Enters what the run did for the topic; a complete run puts the topic's query in force.

        `count` is what the source counted, which the report of a run that failed later leaves out.
        """
        with self._database.transaction():
            self._database.write(
                topic_runs.insert(),
                run_id=run_id,
                topic_id=topic.id,
                query=topic.query,
                query_translation=report.query_translation,
                count=report.count if count is None else count,
                complete=complete,
                trusted=trusted,
                report=to_plain(report),
                **asdict(accounting),
            )
            if any(warning.code == BLOCKED for warning in report.warnings):
                self._database.write(update(runs).where(runs.c.id == run_id).values(blocked=True))
            if complete:
                self._completed(run_id, topic)

    def last_complete(self, topic_id: str, before: datetime | None = None) -> TopicRun | None:
        """The topic's last complete search.

        With `before`, the latest by the clock of those that began before that moment: of two runs
        the later one may bear the earlier date.
        """
        if before is None:
            return self._last(topic_id, topic_runs.c.complete)
        return self._last(topic_id, topic_runs.c.complete, runs.c.started < before, by_clock=True)

    def baseline(self, topic_id: str) -> TopicRun | None:
        """The topic's last search that was complete and trusted, or that a person accepted."""
        accepted = select(topics.c.accepted_run).where(topics.c.id == topic_id).scalar_subquery()
        is_trusted = topic_runs.c.complete & topic_runs.c.trusted
        return self._last(topic_id, or_(is_trusted, topic_runs.c.run_id == accepted))

    def _last(
        self, topic_id: str, *conditions: ColumnElement[bool], by_clock: bool = False
    ) -> TopicRun | None:
        latest_first = (*([runs.c.started.desc()] if by_clock else []), topic_runs.c.run_id.desc())
        row = self._database.row(
            select(
                topic_runs.c.run_id,
                runs.c.started,
                runs.c.finished,
                topic_runs.c.count,
                topic_runs.c.query_translation,
                topic_runs.c.query,
                topic_runs.c.report,
            )
            .join(runs, runs.c.id == topic_runs.c.run_id)
            .where(topic_runs.c.topic_id == topic_id, *conditions)
            .order_by(*latest_first)
            .limit(1)
        )
        if row is None:
            return None
        run_id, started, finished, count, translation, query, report = row
        found = from_plain(TopicReport, report)
        return TopicRun(run_id, started, finished, count, translation, query, found)

    def query_of(self, run_id: int, topic_id: str) -> str | None:
        """The query that the run asked for the topic; None where it entered none."""
        found = self._database.column(
            select(topic_runs.c.query).where(
                topic_runs.c.run_id == run_id, topic_runs.c.topic_id == topic_id
            )
        )
        return found[0] if found else None

    def recent(self, limit: int) -> tuple[RunRow, ...]:
        """The last runs, the newest first."""
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        return tuple(
            RunRow(
                row.id,
                row.started,
                row.finished,
                row.complete,
                None if row.report is None else from_plain(Report, row.report),
            )
            for row in self._database.rows(query)
        )

    def last_blocked(self) -> datetime | None:
        """When the last run began that the source refused."""
        query = select(runs.c.started).where(runs.c.blocked).order_by(runs.c.id.desc()).limit(1)
        row = self._database.row(query)
        return None if row is None else row.started

    def topic_state(self, topic_id: str) -> TopicState | None:
        """How the topic stands; None for one that never had a complete run."""
        row = self._database.row(select(topics).where(topics.c.id == topic_id))
        return (
            None
            if row is None
            else TopicState(
                row.query,
                row.query_since,
                row.first_complete_run,
                row.accepted_run,
                row.quiet_judged_at,
            )
        )

    def ledger(self, topic_id: str) -> tuple[LedgerRow, ...]:
        """The topic's rows, the oldest first."""
        query = (
            select(runs.c.started, runs.c.finished, topic_runs)
            .join(runs, runs.c.id == topic_runs.c.run_id)
            .where(topic_runs.c.topic_id == topic_id)
            .order_by(topic_runs.c.run_id)
        )
        return tuple(
            LedgerRow(
                row.run_id,
                row.started,
                row.finished,
                row.query,
                row.complete,
                row.trusted,
                Accounting(*(getattr(row, field.name) for field in fields(Accounting))),
                from_plain(TopicReport, row.report),
            )
            for row in self._database.rows(query)
        )

    def accept(self, topic_id: str) -> TopicRun | None:
        """Takes the count of the topic's last search as right; returns that search.

        The run need not have come to its end. None for a topic that never had a complete run.
        """
        last = self._last(topic_id, topic_runs.c.count.is_not(None))
        if last is None or self.topic_state(topic_id) is None:
            return None
        self._database.write(
            update(topics).where(topics.c.id == topic_id).values(accepted_run=last.run_id)
        )
        return last

    def set_quiet_judged(self, topic_id: str, at: datetime) -> None:
        """Notes when the topic was judged for silence."""
        self._database.write(
            update(topics).where(topics.c.id == topic_id).values(quiet_judged_at=at)
        )

    def set_query(self, topic_id: str, query: str, at: datetime) -> None:
        """Puts a topic's query in force from that moment; one that is in force stays as it is."""
        insert = self._database.insert(topics).values(id=topic_id, query=query, query_since=at)
        self._database.write(
            insert.on_conflict_do_update(
                index_elements=[topics.c.id],
                set_={"query": query, "query_since": at},
                where=topics.c.query != query,
            )
        )

    def _completed(self, run_id: int, topic: Topic) -> None:
        started = self._database.column(select(runs.c.started).where(runs.c.id == run_id))[0]
        self.set_query(topic.id, topic.query, started)
        first = topics.c.id == topic.id, topics.c.first_complete_run.is_(None)
        self._database.write(update(topics).where(*first).values(first_complete_run=run_id))
