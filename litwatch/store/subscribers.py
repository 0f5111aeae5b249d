"""The readers as the store has seen them: since which run, and what they are owed.

Who they are and what they want is in the configuration; what the store says of pause and
suppression beats it. What a reader is owed is written down in the run that files it, under the
filters of that moment, so that a later change of filters neither loses it nor brings up the past.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from litwatch.errors import StoreError
from litwatch.settings import Filters
from litwatch.store.codec import from_plain, to_plain
from litwatch.store.database import AnyRow, Database
from litwatch.store.schema import owed, subscribers


@dataclass(frozen=True, slots=True)
class SubscriberState:
    """A reader; `suppressed` is the reason why nothing may be sent there any more.

    `since_run` is the run of the first issue; `judged_run` the last run after which it was written
    down what the reader is owed.
    """

    email: str
    since_run: int
    joined_at: datetime
    filters: Filters
    filters_since: datetime
    judged_run: int
    paused: bool
    suppressed: str | None


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
    )
