"""The readers as the store has seen them: since which run, and what they are owed.

Who they are and what they want is in the configuration; what the store says of pause and
suppression beats it. What a reader is owed is written down in the run that files it, under the
filters of that moment, so that a later change of filters neither loses it nor brings up the past.

Of a reader who was removed nothing stays but a hash of the address, keyed by a random salt of its
own: no address can be read from it, and it tells whether one that the configuration still names is
the removed one, so that nobody comes back unasked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, select, update

from litwatch.errors import StoreError
from litwatch.settings import Filters
from litwatch.store.codec import from_plain, to_plain
from litwatch.store.database import AnyRow, Database
from litwatch.store.schema import owed, removed, subscribers


@dataclass(frozen=True, slots=True)
class SubscriberState:
    """A reader; `suppressed` is the reason why nothing may be sent there any more.

    `since_run` is the run of the first issue; `judged_run` the last run after which it was written
    down what the reader is owed; `refusals` how often on end a server has refused the address.
    """

    email: str
    since_run: int
    joined_at: datetime
    filters: Filters
    filters_since: datetime
    judged_run: int
    paused: bool
    suppressed: str | None
    refusals: int = 0


class Subscribers:
    """The readers of one store, by their lower-cased address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, email: str) -> SubscriberState | None:
        """The reader of that address; None for one that no run has seen."""
        row = self._database.row(select(subscribers).where(subscribers.c.email == email))
        return None if row is None else _state(row)

    def all(self) -> tuple[SubscriberState, ...]:
        """Every reader, by address."""
        rows = self._database.rows(select(subscribers).order_by(subscribers.c.email))
        return tuple(_state(row) for row in rows)

    def add(self, email: str, filters: Filters, *, run_id: int, at: datetime) -> None:
        """Enters a reader whom that run is the first to see."""
        self._database.write(
            subscribers.insert(),
            email=email,
            since_run=run_id,
            joined_at=at,
            filters=to_plain(filters),
            filters_since=at,
            judged_run=run_id,
            paused=False,
            refusals=0,
        )

    def set_filters(self, email: str, filters: Filters, *, at: datetime) -> None:
        """Notes that the reader's filters changed; the same ones change nothing."""
        with self._database.transaction():
            state = self.get(email)
            if state is None:
                raise StoreError(f"subscriber {email} is not known: no run has seen the address")
            if state.filters == filters:
                return
            self._database.write(
                update(subscribers)
                .where(subscribers.c.email == email)
                .values(filters=to_plain(filters), filters_since=at)
            )

    # ---- whether they get anything -------------------------------------------------------------

    def pause(self, email: str) -> None:
        """Nothing is written for the reader from now on; what is owed is written down all the same.

        Raises StoreError for one that no run has seen.
        """
        self._set(email, paused=True)

    def resume(self, email: str) -> None:
        """Lifts a pause and a suppression, and forgets the refusals."""
        self._set(email, paused=False, suppressed=None, refusals=0)

    def suppress(self, email: str, reason: str) -> None:
        """Notes why nothing may be sent to the address any more, until a person resumes it."""
        self._set(email, suppressed=reason)

    def refused(self, email: str) -> int:
        """Notes that a server has refused the address itself; returns how often on end it did."""
        with self._database.transaction():
            self._set(email, refusals=subscribers.c.refusals + 1)
            state = self.get(email)
        return state.refusals if state else 0

    def accepted(self, email: str) -> None:
        """Notes that a server has taken the address: earlier refusals count no more."""
        earlier = subscribers.c.email == email, subscribers.c.refusals > 0
        self._database.write(update(subscribers).where(*earlier).values(refusals=0))

    def _set(self, email: str, **values: object) -> None:
        change = update(subscribers).where(subscribers.c.email == email).values(**values)
        if self._database.write(change) != 1:
            raise StoreError(f"subscriber {email} is not known: no run has seen the address")

    # ---- those who were removed ----------------------------------------------------------------

    def remove(self, email: str, *, salt: bytes, at: datetime) -> None:
        """Erases the reader, and keeps the address as a hash alone, keyed by the fresh `salt`."""
        with self._database.transaction():
            for table in (owed, subscribers):
                self._database.write(delete(table).where(table.c.email == email))
            if self.removed_at(email) is None:
                self._database.write(
                    removed.insert(), salt=salt.hex(), digest=_keyed(email, salt), at=at
                )

    def removed_at(self, email: str) -> datetime | None:
        """When the reader of that address was removed; None where nobody was."""
        for row in self._database.rows(select(removed)):
            if row.digest == _keyed(email, bytes.fromhex(row.salt)):
                moment: datetime = row.at
                return moment
        return None

    def admit(self, email: str) -> None:
        """Forgets that the address was removed: the next complete run sees a new reader."""
        for row in self._database.rows(select(removed)):
            if row.digest == _keyed(email, bytes.fromhex(row.salt)):
                self._database.write(delete(removed).where(removed.c.salt == row.salt))

    # ---- what they are owed --------------------------------------------------------------------

    def owe(self, email: str, uids: Collection[str], *, run_id: int) -> None:
        """Writes down that the reader is owed these papers, as of that run."""
        with self._database.transaction():
            for uid in sorted(uids):
                insert = self._database.insert(owed).values(email=email, uid=uid, run_id=run_id)
                self._database.write(insert.on_conflict_do_nothing())
            self._database.write(
                update(subscribers).where(subscribers.c.email == email).values(judged_run=run_id)
            )

    def forget_owed(self, email: str, uids: Collection[str]) -> None:
        """Takes back that the reader is owed these: further records of papers that they got."""
        if uids:
            mine = owed.c.email == email, owed.c.uid.in_(uids)
            self._database.write(delete(owed).where(*mine))

    def owed(self, email: str) -> frozenset[str]:
        """The uids of all papers that the reader is or was owed; delivered ones are among them."""
        return frozenset(self._database.column(select(owed.c.uid).where(owed.c.email == email)))


def _state(row: AnyRow) -> SubscriberState:
    return SubscriberState(
        email=row.email,
        since_run=row.since_run,
        joined_at=row.joined_at,
        filters=from_plain(Filters, row.filters),
        filters_since=row.filters_since,
        judged_run=row.judged_run,
        paused=row.paused,
        suppressed=row.suppressed,
        refusals=row.refusals,
    )


def _keyed(email: str, salt: bytes) -> str:
    """The hash of an address under a salt (BLAKE2, RFC 7693)."""
    return blake2b(email.encode("utf-8", "surrogateescape"), key=salt, digest_size=20).hexdigest()
