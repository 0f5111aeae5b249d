"""Whether every topic is covered without a hole, proved from the ledger alone.

A search asks the whole query, so one complete run covers all that came before it; what can lie
uncovered is what came after the last one, what a run could not account for, and what is kept
aside. Each is a hole with its name and what to do about it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from litwatch.config import Config
from litwatch.digest.sentences import counted
from litwatch.reports import DOUBTS, look
from litwatch.store import Store, open_store
from litwatch.store.runs import LedgerRow

STALE = timedelta(days=8)
"""A weekly run and a day: a topic that was not searched for longer is not watched."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Something that lies uncovered: since when, what, and what to do."""

    code: str
    since: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class TopicLedger:
    """What the ledger says of one topic; `last` is the last search that proves its coverage."""

    topic_id: str
    runs: int
    complete: int
    last: LedgerRow | None
    holes: tuple[Hole, ...]

    def as_json(self) -> dict[str, object]:
        """The coverage in plain values."""
        return {
            "topic": self.topic_id,
            "runs": self.runs,
            "complete_runs": self.complete,
            "covered_until": self.last.started.isoformat() if self.last else None,
            "query_hash": self.last.query_hash if self.last else None,
            "accounting": asdict(self.last.accounting) if self.last else None,
            "holes": [
                {
                    "code": hole.code,
                    "since": hole.since.isoformat() if hole.since else None,
                    "message": hole.message,
                }
                for hole in self.holes
            ],
        }

    def lines(self) -> Iterator[str]:
        """The coverage for a person."""
        if self.last:
            sums = self.last.accounting
            yield (
                f"{self.topic_id}: covered from the beginning to "
                f"{self.last.started:%Y-%m-%d %H:%M} UTC by {self.complete} complete of "
                f"{counted(self.runs, 'run')}, query {self.last.query_hash}"
            )
            yield (
                f"    {sums.listed} listed = {sums.on_file} on file + {sums.pending} pending "
                f"+ {sums.withdrawn} withdrawn; {sums.asked} asked, {sums.received} received"
            )
        else:
            yield f"{self.topic_id}: not covered"
        for hole in self.holes:
            since = f" since {hole.since:%Y-%m-%d %H:%M} UTC" if hole.since else ""
            yield f"    HOLE {hole.code}{since}: {hole.message}"


def inspect(config: Config, now: datetime) -> tuple[TopicLedger, ...]:
    """What the ledger says of each configured topic at that moment."""
    with open_store(config.database, keep=False) as store:
        return tuple(
            _read(store, topic.id, topic.query, now, config.recheck_days) for topic in config.topics
        )


def _read(store: Store, topic_id: str, query: str, now: datetime, recheck_days: int) -> TopicLedger:
    rows = store.runs.ledger(topic_id)
    complete = [row for row in rows if row.complete]
    # What a clock set ahead has dated in the future covers nothing up to then.
    past = [row for row in complete if row.started <= now]
    state = store.runs.topic_state(topic_id)
    accepted = (state.accepted_run or 0) if state else 0
    proven = [row for row in past if row.trusted or row.run_id <= accepted]
    last = proven[-1] if proven else None
    holes = (
        *_unsearched(rows, past[-1] if past else None, query, now),
        *_doubted(topic_id, past[past.index(last) + 1 :] if last else past),
        *_unaccounted(complete),
        *_aside(store, topic_id),
        *_unread(store, topic_id, now, recheck_days),
    )
    return TopicLedger(topic_id, len(rows), len(complete), last, holes)


def _unsearched(
    rows: Sequence[LedgerRow], last: LedgerRow | None, query: str, now: datetime
) -> Iterator[Hole]:
    """What came after the last complete search, or under a query that was not asked yet."""
    if last is None:
        yield Hole("never-searched", None, "no search was complete yet: litwatch run")
        return
    if now - last.started > STALE:
        yield Hole("stale", last.started, "what came since was not searched for: litwatch run")
    later = [row for row in rows if row.run_id > last.run_id]
    ahead = [row for row in later if row.started > now]
    if ahead:
        message = f"run {ahead[-1].run_id} bears this date of the future: set the clock, then run"
        yield Hole("clock-ahead", ahead[-1].started, message)
    failed = [row for row in later if not row.complete]
    if failed:
        reason = failed[-1].report.error or "the run did not come to its end"
        yield Hole("failed", failed[0].started, f"{counted(len(failed), 'run')} failed: {reason}")
    if query != last.query:
        yield Hole("query-changed", last.started, "the query of today was not asked yet")


def _doubted(topic_id: str, since: Sequence[LedgerRow]) -> Iterator[Hole]:
    """The doubts about the last search, where the searches since the last proven one prove none."""
    for warning in since[-1].report.warnings if since else ():
        if warning.code in DOUBTS:
            yield Hole(warning.code, since[0].started, f"{warning.message}: {look(topic_id)}")


def _unaccounted(complete: Sequence[LedgerRow]) -> Iterator[Hole]:
    for row in complete:
        if not row.accounting.adds_up:
            yield Hole("unaccounted", row.started, f"run {row.run_id} lost listed records")


def _aside(store: Store, topic_id: str) -> Iterator[Hole]:
    """What is known by its number alone, or held back."""
    for entry in store.pending.all():
        if topic_id in entry.topic_ids:
            yield Hole(entry.reason, entry.since, f"{entry.uid}: {entry.message}")
    held = store.articles.held(topic_id)
    if held:
        message = f"held back from readers: {counted(len(held), 'paper')}: {look(topic_id)}"
        yield Hole("held", None, message)


def _unread(store: Store, topic_id: str, now: datetime, recheck_days: int) -> Iterator[Hole]:
    """Records whose corrections nobody would have seen for longer than was promised."""
    limit = now - timedelta(days=recheck_days)
    overdue = store.articles.unread_since(limit, topic_id)
    if overdue:
        late = counted(len(overdue), "record")
        message = f"not read again in {recheck_days} days: {late}: litwatch run"
        yield Hole("recheck-overdue", limit, message)
