"""The outbox: each digest is written down before it is sent, and what became of it.

                ┌───────────── deferred ◄──┐
    queued ─────┴──► sending ──────────────┼──► sent
       │                ▲ └── after a crash┘
       ├──► written     └── the same bytes      failed ──► queued, when a person retries it
       └──► failed                              (skipped: an empty period, from the start)

A person, or the reader's leaving, turns what is not sent into `dropped`. What a failed or dropped
digest held is owed again, and its row remembers it (`released`); but not where an answer of the
server was lost or a run died while it was asked (`may_have_arrived`), for no paper is sent twice.

The row, its one Message-ID and the marks that its papers are owed no more come about in one
transaction; the database refuses a second digest for a subscriber's period, a second Message-ID,
and a paper that the subscriber got already. A row left in `sending` is from a crash between the
server's 250 and our commit, which SMTP cannot close (RFC 1047): it is due again, the same bytes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import Select, delete, func, literal, or_, select, update

from litwatch.errors import StoreError
from litwatch.store.database import Database
from litwatch.store.deliveries import NO_TWINS, Deliveries
from litwatch.store.schema import deliveries, outbox

_Query = TypeVar("_Query", bound=Select[Any])
State = Literal["queued", "sending", "sent", "written", "deferred", "failed", "skipped", "dropped"]

UNDONE: tuple[State, ...] = ("queued", "sending", "deferred")
BEFORE: dict[State, tuple[State, ...]] = {
    "queued": ("failed",),
    "sending": UNDONE,
    "sent": ("sending",),
    "written": UNDONE,
    "deferred": UNDONE,
    "failed": UNDONE,
    "dropped": (*UNDONE, "failed"),
}
"""The states out of which a digest may come into a state."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """What is known of a digest in the outbox; `done_at` is when it was sent, written, given up."""

    id: int
    email: str
    period_key: str
    state: State
    message_id: str | None
    subject: str
    articles: int
    corrections: int
    created_at: datetime
    attempts: int
    last_attempt_at: datetime | None
    first_failed_at: datetime | None
    next_attempt_at: datetime | None
    done_at: datetime | None
    file: str | None
    last_code: int | None
    last_reply: str | None
    may_have_arrived: bool


@dataclass(frozen=True, slots=True)
class OutboxRow(OutboxEntry):
    """A digest in the outbox with the mail itself, which may have a megabyte."""

    message: bytes
    html: str
    text: str


ENTRY = tuple(outbox.c[field.name] for field in fields(OutboxEntry))
COLUMNS = tuple(outbox.c[field.name] for field in fields(OutboxRow))


class Outbox:
    """The digests of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deliveries = Deliveries(database)

    # ---- writing digests down ----------------------------------------------------------------

    def queue(
        self,
        *,
        run_id: int,
        email: str,
        period_key: str,
        period_start: datetime,
        period_end: datetime,
        message_id: str,
        subject: str,
        message: bytes,
        html: str,
        text: str,
        uids: Sequence[str],
        change_ids: Sequence[int],
        at: datetime,
        articles: int,
        corrections: int,
    ) -> int:
        """Writes a digest down, and its papers and changes as owed no more; returns its id."""
        with self._database.transaction():
            outbox_id = self._database.add(
                outbox,
                run_id=run_id,
                email=email,
                period_key=period_key,
                period_start=period_start,
                period_end=period_end,
                state="queued",
                message_id=message_id,
                subject=subject,
                message=message,
                html=html,
                text=text,
                articles=articles,
                corrections=corrections,
                created_at=at,
                attempts=0,
                may_have_arrived=False,
            )
            self._deliveries.mark(outbox_id, email, {"uids": uids, "changes": change_ids})
        return outbox_id

    def skip(
        self,
        *,
        run_id: int,
        email: str,
        period_key: str,
        period_start: datetime,
        period_end: datetime,
        at: datetime,
    ) -> int:
        """Notes that a period was empty and nothing is sent for it; returns the entry's id."""
        return self._database.add(
            outbox,
            run_id=run_id,
            email=email,
            period_key=period_key,
            period_start=period_start,
            period_end=period_end,
            state="skipped",
            subject="",
            message=b"",
            html="",
            text="",
            articles=0,
            corrections=0,
            created_at=at,
            attempts=0,
            done_at=at,
            may_have_arrived=False,
        )

    # ---- what was written down ---------------------------------------------------------------

    def has(self, email: str, period_key: str) -> bool:
        """The subscriber's period has its digest, or was skipped."""
        query = select(outbox.c.id).where(
            outbox.c.email == email, outbox.c.period_key == period_key
        )
        return self._database.row(query) is not None

    def holding(self, uid: str) -> tuple[OutboxRow, ...]:
        """The digests that hold the paper, the oldest first."""
        query = select(*COLUMNS).join(deliveries, deliveries.c.outbox_id == outbox.c.id)
        return self._rows(query.where(deliveries.c.uid == uid).order_by(outbox.c.id))

    # ---- sending -----------------------------------------------------------------------------

    def due(self, now: datetime) -> tuple[OutboxEntry, ...]:
        """The digests to be sent now, the oldest first; a crash's `sending` ones among them."""
        # A wait that a clock set ahead has written down does not outlast the clock.
        is_time = (outbox.c.next_attempt_at <= now) | (outbox.c.last_attempt_at > now)
        deferred = (outbox.c.state == "deferred") & is_time
        ready = or_(outbox.c.state.in_(("queued", "sending")), deferred)
        return self._entries(select(*ENTRY).where(ready).order_by(outbox.c.id))

    def mail(self, outbox_id: int) -> OutboxRow:
        """The digest with its mail; raises StoreError where there is none of that number."""
        if row := self.get(outbox_id):
            return row
        raise StoreError(f"digest {outbox_id} is not in the outbox")

    def mark_sending(self, outbox_id: int, at: datetime) -> None:
        """Notes, before the server is asked, that it is; a run may have died while it was."""
        self._mark(
            outbox_id,
            "sending",
            last_attempt_at=at,
            attempts=outbox.c.attempts + 1,
            may_have_arrived=or_(outbox.c.may_have_arrived, outbox.c.state == "sending"),
        )

    def mark_sent(self, outbox_id: int, at: datetime, reply: str) -> None:
        """Notes that the server took it."""
        self._mark(outbox_id, "sent", done_at=at, last_code=None, last_reply=reply)

    def mark_written(self, outbox_id: int, at: datetime, file: str) -> None:
        """Notes that it lies in a file instead."""
        self._mark(outbox_id, "written", done_at=at, file=file)

    def mark_deferred(
        self,
        outbox_id: int,
        at: datetime,
        next_attempt_at: datetime,
        code: int | None,
        reply: str,
        *,
        attempts: int,
        in_doubt: bool = False,
    ) -> None:
        """Notes that the server did not take it now, or that nobody knows (`in_doubt`).

        `attempts` are those so far, and `next_attempt_at` is when the server is asked again.
        """
        failed = self._failure(at, code, reply, in_doubt=in_doubt)
        self._mark(
            outbox_id, "deferred", next_attempt_at=next_attempt_at, attempts=attempts, **failed
        )

    def mark_failed(
        self, outbox_id: int, at: datetime, code: int | None, reply: str, *, in_doubt: bool = False
    ) -> None:
        """Notes that it is given up; unless it may have arrived, what it holds is owed again."""
        with self._database.transaction():
            failed = self._failure(at, code, reply, in_doubt=in_doubt)
            self._mark(outbox_id, "failed", done_at=at, **failed)
            self._release(outbox_id)

    def mark_dropped(self, outbox_id: int, at: datetime, reason: str) -> None:
        """Notes that it is not sent; unless it may have arrived, what it holds is owed again."""
        died = or_(outbox.c.may_have_arrived, outbox.c.state == "sending")
        with self._database.transaction():
            self._mark(outbox_id, "dropped", done_at=at, last_reply=reason, may_have_arrived=died)
            self._release(outbox_id)

    def _release(self, outbox_id: int) -> None:
        """Marks what the digest holds as owed again, unless it may have arrived."""
        row = self._database.row(select(outbox.c.may_have_arrived).where(outbox.c.id == outbox_id))
        if row is None or row.may_have_arrived:
            return
        held = self._deliveries.release(outbox_id)
        if any(held.values()):
            remembered = update(outbox).where(outbox.c.id == outbox_id).values(released=held)
            self._database.write(remembered)

    # ---- at a person's word ------------------------------------------------------------------

    def retry(
        self, outbox_id: int, at: datetime, twins: Mapping[str, Collection[str]] = NO_TWINS
    ) -> None:
        """Makes a deferred digest due now, and a failed one due again from its first attempt.

        What a failed one holds is marked as owed no more again. Raises StoreError where that came
        to the reader in another digest since, be it as another record of the same paper (`twins`),
        and for a digest in another state.
        """
        with self._database.transaction():
            if self._state(outbox_id) == "deferred":
                self._mark(outbox_id, "deferred", next_attempt_at=at)
                return
            row = self._database.row(select(outbox).where(outbox.c.id == outbox_id))
            self._mark(
                outbox_id, "queued", attempts=0, done_at=None, first_failed_at=None, released=None
            )
            if row and row.released:
                self._deliveries.claim(outbox_id, row.email, row.released, twins)

    def again(self, outbox_id: int, at: datetime) -> None:
        """Notes, before the server is asked, that a delivered digest goes out once more."""
        delivered = outbox.c.id == outbox_id, outbox.c.state.in_(("sent", "written"))
        attempt = {"last_attempt_at": at, "attempts": outbox.c.attempts + 1}
        if self._database.write(update(outbox).where(*delivered).values(**attempt)) != 1:
            raise StoreError(
                f"digest {outbox_id} was not delivered: it is {self._state(outbox_id)}"
            )

    def note_reply(self, outbox_id: int, reply: str) -> None:
        """Notes what the server said when the digest went out once more."""
        self._database.write(
            update(outbox).where(outbox.c.id == outbox_id).values(last_reply=reply)
        )

    def empty(self, before: datetime) -> int:
        """Empties the mails that were done with before that moment; returns how many.

        The rows stay, and with them the Message-IDs and what counts as delivered.
        """
        old = outbox.c.done_at < before, outbox.c.text != "", outbox.c.state.not_in(UNDONE)
        return self._database.write(
            update(outbox).where(*old).values(message=b"", html="", text="")
        )

    def forget(self, email: str) -> None:
        """Erases every digest of that reader; the files stay."""
        with self._database.transaction():
            self._deliveries.forget(email)
            self._database.write(delete(outbox).where(outbox.c.email == email))

    def _failure(
        self, at: datetime, code: int | None, reply: str, *, in_doubt: bool
    ) -> dict[str, Any]:
        return {
            "first_failed_at": func.coalesce(outbox.c.first_failed_at, at),
            "last_code": code,
            "last_reply": reply,
            "may_have_arrived": or_(outbox.c.may_have_arrived, literal(in_doubt)),
        }

    def _mark(self, outbox_id: int, state: State, **values: Any) -> None:
        mark = update(outbox).where(outbox.c.id == outbox_id, outbox.c.state.in_(BEFORE[state]))
        if self._database.write(mark.values(state=state, **values)) != 1:
            found = self._state(outbox_id)
            raise StoreError(f"digest {outbox_id} cannot become {state}: it is {found}")

    def _state(self, outbox_id: int) -> str:
        row = self._database.row(select(outbox.c.state).where(outbox.c.id == outbox_id))
        return row.state if row else "not in the outbox"

    # ---- for a person ------------------------------------------------------------------------

    def rows(
        self, limit: int, state: State | None = None, email: str | None = None
    ) -> tuple[OutboxRow, ...]:
        """The last digests, the newest first; of one state and to one reader where it is given."""
        return self._rows(_last(select(*COLUMNS), limit, state, email))

    def entries(
        self, limit: int | None = None, state: State | None = None, email: str | None = None
    ) -> tuple[OutboxEntry, ...]:
        """The same without the mails; without `limit` all of them."""
        return self._entries(_last(select(*ENTRY), limit, state, email))

    def get(self, outbox_id: int) -> OutboxRow | None:
        """The digest of that number."""
        rows = self._rows(select(*COLUMNS).where(outbox.c.id == outbox_id))
        return rows[0] if rows else None

    def counts(self) -> dict[str, int]:
        """How many digests are in each state that has any."""
        query = select(outbox.c.state, func.count().label("number")).group_by(outbox.c.state)
        return {row.state: row.number for row in self._database.rows(query.order_by("state"))}

    def deferred_since(self, moment: datetime) -> tuple[OutboxEntry, ...]:
        """The digests that were first refused at that moment or before, and still wait."""
        waiting = outbox.c.state == "deferred", outbox.c.first_failed_at <= moment
        return self._entries(select(*ENTRY).where(*waiting).order_by(outbox.c.id))

    def _entries(self, query: Select[*tuple[Any, ...]]) -> tuple[OutboxEntry, ...]:
        return tuple(OutboxEntry(*row) for row in self._database.rows(query))

    def _rows(self, query: Select[*tuple[Any, ...]]) -> tuple[OutboxRow, ...]:
        return tuple(OutboxRow(*row) for row in self._database.rows(query))


def _last(query: _Query, limit: int | None, state: State | None, email: str | None) -> _Query:
    query = query.where(outbox.c.state == state) if state else query
    query = query.where(outbox.c.email == email) if email else query
    return query.order_by(outbox.c.id.desc()).limit(limit)
