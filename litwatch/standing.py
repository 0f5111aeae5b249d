"""How things stand: what `litwatch status` shows, read from the store's ledger."""

from collections.abc import Iterator
from dataclasses import dataclass

from litwatch.config import Config
from litwatch.digest.sentences import counted
from litwatch.models import Notice
from litwatch.reports import look
from litwatch.store import Store, open_store
from litwatch.store.lock import is_locked
from litwatch.store.outbox import OutboxEntry, State
from litwatch.store.pending import Pending
from litwatch.store.runs import RunRow
from litwatch.store.subscribers import SubscriberState

RECENT = 5
"""How many runs, and how many unfinished deliveries of each state, are shown."""
_UNDELIVERED: tuple[State, ...] = ("failed", "sending", "deferred", "queued")
"""The states that a person wants to see, gravest first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one litwatch.

    `warnings` are those of each topic's last complete search that nobody has accepted, and `held`
    counts the papers that each topic holds back.
    """

    articles: int
    at_work: bool
    runs: tuple[RunRow, ...]
    pending: tuple[Pending, ...]
    outbox: dict[str, int]
    undelivered: tuple[OutboxEntry, ...]
    suppressed: tuple[SubscriberState, ...] = ()
    warnings: tuple[tuple[str, Notice], ...] = ()
    held: tuple[tuple[str, int], ...] = ()

    @property
    def is_well(self) -> bool:
        """The last run came to its end and was complete, and nothing waits for a person."""
        ended = self.runs[1:] if self.at_work else self.runs
        last_is_complete = not ended or bool(ended[0].complete)
        is_sending = self.outbox.get("sending", 0) > 0 and not self.at_work
        stuck = is_sending or self.outbox.get("failed", 0) > 0
        return last_is_complete and not (stuck or self.suppressed or self.warnings or self.held)

    def as_json(self) -> dict[str, object]:
        """The state in plain values."""
        return {
            "well": self.is_well,
            "at_work": self.at_work,
            "articles": self.articles,
            "runs": [
                {
                    "id": run.id,
                    "started": run.started.isoformat(),
                    "finished": run.finished.isoformat() if run.finished else None,
                    "complete": run.complete,
                }
                for run in self.runs
            ],
            "pending": [
                {
                    "uid": entry.uid,
                    "topics": list(entry.topic_ids),
                    "reason": entry.reason,
                    "message": entry.message,
                    "since": entry.since.isoformat(),
                }
                for entry in self.pending
            ],
            "warnings": [
                {"topic": topic, "code": warning.code, "message": warning.message}
                for topic, warning in self.warnings
            ],
            "held": dict(self.held),
            "outbox": self.outbox,
            "undelivered": [
                {
                    "id": row.id,
                    "subscriber": row.email,
                    "period": row.period_key,
                    "state": row.state,
                    "attempts": row.attempts,
                    "last_reply": row.last_reply,
                }
                for row in self.undelivered
            ],
            "suppressed": [
                {"subscriber": reader.email, "reason": reader.suppressed}
                for reader in self.suppressed
            ],
        }

    def lines(self) -> Iterator[str]:
        """The state for a person: what is, and what to do where something is wrong."""
        yield f"on file: {self.articles} papers"
        if self.at_work:
            yield f"a run is at work since {self.runs[0].started:%Y-%m-%d %H:%M} UTC"
        if not self.runs:
            yield "no run yet: litwatch run"
        yield from (_run(run) for run in self.runs[int(self.at_work) :])
        for topic, warning in self.warnings:
            yield f"{topic}: {warning.code}: {warning.message}"
        for topic, number in self.held:
            yield f"{topic}: {number} held back from readers"
        for topic in dict.fromkeys(topic for topic, _ in (*self.warnings, *self.held)):
            yield f"{topic}: {look(topic)}"
        for entry in self.pending:
            yield f"pending since {entry.since:%Y-%m-%d}: {entry.uid}: {entry.message}"
        counted = ", ".join(f"{number} {state}" for state, number in self.outbox.items())
        yield f"digests: {counted or 'none yet'}"
        yield from (_delivery(row, at_work=self.at_work) for row in self.undelivered)
        for state in _UNDELIVERED:
            shown = sum(row.state == state for row in self.undelivered)
            if (more := self.outbox.get(state, 0) - shown) > 0:
                yield f"{more} more {state}: litwatch outbox list --state {state}"
        for reader in self.suppressed:
            yield (
                f"{reader.email}: suppressed: {reader.suppressed}; correct the address, or, when "
                f"it takes mail again: litwatch subscribers resume {reader.email}"
            )


def standing(config: Config) -> Standing:
    """The state of the litwatch that the configuration describes."""
    configured = {subscriber.email for subscriber in config.subscribers}
    with open_store(config.database, keep=False) as store:
        runs = store.runs.recent(RECENT)
        unfinished = bool(runs) and runs[0].finished is None
        return Standing(
            articles=len(store.articles.known()),
            at_work=unfinished and is_locked(config.database),
            runs=runs,
            pending=store.pending.all(),
            outbox=store.outbox.counts(),
            undelivered=tuple(
                row for state in _UNDELIVERED for row in store.outbox.entries(RECENT, state=state)
            ),
            suppressed=tuple(
                reader
                for reader in store.subscribers.all()
                if reader.suppressed and reader.email in configured
            ),
            warnings=tuple(
                (topic.id, warning)
                for topic in config.topics
                for warning in _unaccepted(store, topic.id)
            ),
            held=tuple(
                (topic.id, held)
                for topic in config.topics
                if (held := len(store.articles.held(topic.id)))
            ),
        )


def _unaccepted(store: Store, topic_id: str) -> tuple[Notice, ...]:
    last, state = store.runs.last_complete(topic_id), store.runs.topic_state(topic_id)
    is_accepted = last is None or (state is not None and state.accepted_run == last.run_id)
    return () if last is None or is_accepted else last.report.warnings


def _run(run: RunRow) -> str:
    started = f"run {run.id}, {run.started:%Y-%m-%d %H:%M} UTC"
    if run.finished is None:
        return f"{started}: did not come to its end; the next run goes on where it stopped"
    errors = "; ".join(error.message for error in run.report.errors) if run.report else ""
    if run.complete:
        return f"{started}: complete" + (f", but: {errors}" if errors else "")
    return f"{started}: not complete: {errors or 'see the topics of its report'}"


def _delivery(row: OutboxEntry, *, at_work: bool) -> str:
    name = f"digest {row.period_key} to {row.email}"
    reply = f": {row.last_reply}" if row.last_reply else ""
    match row.state:
        case "sending" if at_work:
            return f"{name}: is being sent"
        case "sending":
            return f"{name}: a run died while it was sent; the next run sends the same bytes again"
        case "failed":
            return (
                f"{name}: given up, attempts: {row.attempts}{reply}; {what_becomes_of(row)}; "
                f"to send it yet: litwatch outbox retry {row.id}; "
                f"to end this notice: litwatch outbox drop {row.id}"
            )
        case "deferred":
            again = f"{row.next_attempt_at:%Y-%m-%d %H:%M} UTC" if row.next_attempt_at else "later"
            return f"{name}: put off, tried again from {again}{reply}"
        case _:
            return f"{name}: written, not sent yet: litwatch run"


def what_becomes_of(row: OutboxEntry) -> str:
    """What becomes of the papers of a digest that was given up or dropped, for a person."""
    if row.may_have_arrived:
        return (
            f"it may have arrived, since a run died while it was sent or the server's answer was "
            f"lost: its {counted(row.articles, 'paper')} count as delivered"
        )
    return "what it held comes with the next issue"
