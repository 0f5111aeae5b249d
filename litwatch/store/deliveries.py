"""What the digests hold: the papers and changes that a subscriber is owed no more.

The database refuses a paper that the subscriber got already, so none is in two digests. What a
digest holds that is given up or dropped is owed again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, insert, select

from litwatch.errors import StoreError
from litwatch.models import Period
from litwatch.store.database import Database
from litwatch.store.schema import change_deliveries, deliveries, outbox

HELD = {"uids": deliveries.c.uid, "changes": change_deliveries.c.change_id}
"""What a digest holds: papers, and changes to papers that were sent before."""
SAID = {"uids": "papers", "changes": "corrections"}

Held = Mapping[str, Sequence[str | int]]
"""The uids of papers and the ids of changes that a digest holds, under `uids` and `changes`."""


NO_TWINS: Mapping[str, Collection[str]] = {}


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that a subscriber got, or gets: by which run, when it was written, for what."""

    run_id: int
    created_at: datetime
    period: Period


class Deliveries:
    """Who is owed what no more, in one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- what was delivered ------------------------------------------------------------------

    def uids(self, email: str) -> frozenset[str]:
        """The uids that the subscriber is owed no more."""
        query = select(deliveries.c.uid).where(deliveries.c.email == email)
        return frozenset(self._database.column(query))

    def change_ids(self, email: str) -> frozenset[int]:
        """The ids of the changes that the subscriber is owed no more."""
        query = select(change_deliveries.c.change_id).where(change_deliveries.c.email == email)
        return frozenset(self._database.column(query))

    def run_ids(self, email: str) -> dict[str, int]:
        """By uid, the run that wrote down the digest which holds the paper."""
        query = (
            select(deliveries.c.uid, outbox.c.run_id)
            .join(deliveries, deliveries.c.outbox_id == outbox.c.id)
            .where(deliveries.c.email == email)
        )
        return {row.uid: row.run_id for row in self._database.rows(query)}

    def moments(self, email: str) -> dict[str, datetime]:
        """By uid, when the digest that holds the paper went out; when written, while it has not."""
        is_out = outbox.c.state.in_(("sent", "written"))
        went_out = case((is_out, outbox.c.done_at), else_=outbox.c.created_at)
        query = (
            select(deliveries.c.uid, went_out.label("moment"))
            .join(deliveries, deliveries.c.outbox_id == outbox.c.id)
            .where(deliveries.c.email == email)
        )
        return {row.uid: row.moment for row in self._database.rows(query)}

    def last_issue(self, email: str, before: datetime | None = None) -> Issue | None:
        """The subscriber's last issue that came, or was skipped, or is on its way.

        One that failed or was dropped is none, unless it may have arrived. With `before`, the last
        of those written down until then: a clock that was ahead may have dated one in the future.
        """
        came = outbox.c.state.not_in(("failed", "dropped")) | outbox.c.may_have_arrived
        query = select(
            outbox.c.run_id,
            outbox.c.created_at,
            outbox.c.period_key,
            outbox.c.period_start,
            outbox.c.period_end,
        ).where(outbox.c.email == email, came)
        query = query if before is None else query.where(outbox.c.created_at <= before)
        row = self._database.row(query.order_by(outbox.c.id.desc()).limit(1))
        if row is None:
            return None
        period = Period(row.period_key, row.period_start, row.period_end)
        return Issue(row.run_id, row.created_at, period)

    # ---- what a digest holds -----------------------------------------------------------------

    def mark(self, outbox_id: int, email: str, held: Held) -> None:
        """Marks what a digest holds as owed no more."""
        for name, key in HELD.items():
            owner = {"email": email, "outbox_id": outbox_id}
            marks = [{**owner, key.name: value} for value in held[name]]
            self._database.write_many(insert(key.table), marks)

    def release(self, outbox_id: int) -> Held:
        """Marks what a digest holds as owed again, and returns it."""
        held: dict[str, Sequence[str | int]] = {}
        for name, key in HELD.items():
            mine = key.table.c.outbox_id == outbox_id
            held[name] = sorted(self._database.column(select(key).where(mine)))
            self._database.write(delete(key.table).where(mine))
        return held

    def claim(
        self, outbox_id: int, email: str, held: Held, twins: Mapping[str, Collection[str]]
    ) -> None:
        """Marks what a digest held before as owed no more again, all of it or nothing.

        Raises StoreError where some of it came to the reader in another digest since, or another
        record of the same paper did.
        """
        for name, key in HELD.items():
            mine = key.table.c.email == email
            there = set(self._database.column(select(key).where(mine)))
            taken = [
                value
                for value in held[name]
                if value in there or there.intersection(twins.get(str(value), ()))
            ]
            if taken:
                raise StoreError(
                    f"digest {outbox_id} cannot be sent any more: {len(taken)} of its "
                    f"{len(held[name])} {SAID[name]} came to {email} in a later digest, and the "
                    f"others come with the next: litwatch outbox drop {outbox_id}"
                )
        self.mark(outbox_id, email, held)

    def forget(self, email: str) -> None:
        """Erases what that reader was delivered."""
        for table in (deliveries, change_deliveries):
            self._database.write(delete(table).where(table.c.email == email))
