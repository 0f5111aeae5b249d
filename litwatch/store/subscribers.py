"""The readers as the store has seen them: since which run, with which filters, and whether paused.

Who they are and what they want is in the configuration; what the store says of pause and
suppression beats it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from litwatch.errors import StoreError
from litwatch.settings import Filters
from litwatch.store.codec import from_plain, to_plain
from litwatch.store.database import AnyRow, Database
from litwatch.store.schema import subscribers


@dataclass(frozen=True, slots=True)
class SubscriberState:
    """A reader; `suppressed` is the reason why nothing may be sent there any more."""

    email: str
    since_run: int
    joined_at: datetime
    filters: Filters
    previous_filters: Filters | None
    filters_since: datetime
    filters_run: int
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
            filters_run=run_id,
            paused=False,
        )

    def set_filters(self, email: str, filters: Filters, *, run_id: int, at: datetime) -> None:
        """Notes that the run found the reader's filters changed; the same ones change nothing."""
        with self._database.transaction():
            state = self.get(email)
            if state is None:
                raise StoreError(f"subscriber {email} is not known: no run has seen the address")
            if state.filters == filters:
                return
            self._database.write(
                update(subscribers)
                .where(subscribers.c.email == email)
                .values(
                    filters=to_plain(filters),
                    previous_filters=to_plain(state.filters),
                    filters_since=at,
                    filters_run=run_id,
                )
            )


def _state(row: AnyRow) -> SubscriberState:
    previous = row.previous_filters
    return SubscriberState(
        email=row.email,
        since_run=row.since_run,
        joined_at=row.joined_at,
        filters=from_plain(Filters, row.filters),
        previous_filters=None if previous is None else from_plain(Filters, previous),
        filters_since=row.filters_since,
        filters_run=row.filters_run,
        paused=row.paused,
        suppressed=row.suppressed,
    )
