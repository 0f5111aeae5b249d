"""The records that a source lists but that could not be had: kept by uid until they can.

One that stays away is given up: it keeps its row, with the reason `withdrawn`, so that it is not
asked for for ever.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, delete, select

from litwatch.store.database import Database
from litwatch.store.schema import pending

CLEAR = delete(pending).where(pending.c.uid == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Pending:
    """A record that could not be had in the last `runs` runs on end, first so at `since`."""

    uid: str
    topic_ids: tuple[str, ...]
    reason: Literal["missing", "malformed"]
    message: str
    runs: int
    since: datetime


class PendingRecords:
    """The pending records of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Pending, ...]:
        """Those that are asked for again, by uid."""
        query = select(pending).where(pending.c.reason != "withdrawn").order_by(pending.c.uid)
        return tuple(
            Pending(row.uid, tuple(row.topic_ids), row.reason, row.message, row.runs, row.since)
            for row in self._database.rows(query)
        )

    def set(
        self,
        uid: str,
        topics: Collection[str],
        reason: Literal["missing", "malformed"],
        message: str,
        *,
        run_id: int,
        at: datetime,
    ) -> Pending:
        """Keeps the record; returns its entry, with the runs on end for this reason."""
        with self._database.transaction():
            known = self._database.row(select(pending).where(pending.c.uid == uid))
            topic_ids = tuple(sorted({*(known.topic_ids if known else ()), *topics}))
            runs = 1
            if known and known.reason == reason:
                runs = known.runs + (known.last_run != run_id)
            self._put(
                uid=uid,
                topic_ids=list(topic_ids),
                reason=reason,
                message=message,
                runs=runs,
                since=known.since if known else at,
                last_run=run_id,
            )
        return Pending(uid, topic_ids, reason, message, runs, known.since if known else at)

    def give_up(self, uid: str, *, run_id: int, at: datetime) -> None:
        """Keeps the record as withdrawn: it was never on file and will not be asked for."""
        known = self._database.row(select(pending).where(pending.c.uid == uid))
        self._put(
            uid=uid,
            topic_ids=known.topic_ids if known else [],
            reason="withdrawn",
            message=known.message if known else "",
            runs=known.runs if known else 0,
            since=known.since if known else at,
            last_run=run_id,
        )

    def clear(self, uid: str) -> None:
        """Forgets the record."""
        self._database.write(CLEAR, key=uid)

    def _put(self, *, uid: str, **values: object) -> None:
        insert = self._database.insert(pending).values(uid=uid, **values)
        self._database.write(
            insert.on_conflict_do_update(index_elements=[pending.c.uid], set_=values)
        )
