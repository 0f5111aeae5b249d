"""The records that a source has listed and that are not on file, kept by uid until they are.

Most could not be had, and are asked for again. One that stays away is given up: it keeps its row,
with the reason `withdrawn`, so that it is not asked for for ever. One that is `unread` was listed
by a run that has not come to reading it, and the next one lists it again.

Whether such a record is news is decided when a topic's query lists it first, whatever becomes of
query and clock until it comes: `listed_by` names for each topic the create date from which on it
is news, and none where it is history.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import bindparam, delete, select

from litwatch.store.database import Database
from litwatch.store.schema import articles, pending

IN_HAND = ("missing", "malformed")
"""The reasons for which a record could not be had, and is asked for again."""
ENTRY = select(pending).where(pending.c.uid == bindparam("key"))
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
        query = select(pending).where(pending.c.reason.in_(IN_HAND)).order_by(pending.c.uid)
        return tuple(
            Pending(
                row.uid, tuple(sorted(row.listed_by)), row.reason, row.message, row.runs, row.since
            )
            for row in self._database.rows(query)
        )

    def unread(self) -> Counter[str]:
        """By topic, how many of them are not on file."""
        query = select(pending.c.listed_by).where(
            pending.c.reason.in_(IN_HAND), pending.c.uid.not_in(select(articles.c.uid))
        )
        return Counter(topic_id for topics in self._database.column(query) for topic_id in topics)

    def listed(self, topic_id: str) -> dict[str, date | None]:
        """By uid, from which create date on a record that the topic has listed is news.

        None where it is history; those that were given up are among them.
        """
        rows = self._database.rows(select(pending.c.uid, pending.c.listed_by))
        return {row.uid: _day(row.listed_by[topic_id]) for row in rows if topic_id in row.listed_by}

    def note_listed(
        self, topic_id: str, uids: Collection[str], news_from: date, *, run_id: int, at: datetime
    ) -> None:
        """Notes that the topic lists these, before they are read; what was noted before stays."""
        with self._database.transaction():
            for uid in sorted(uids):
                known = self._database.row(ENTRY, key=uid)
                if known and topic_id in known.listed_by:
                    continue
                self._put(
                    uid=uid,
                    listed_by=(known.listed_by if known else {})
                    | {topic_id: news_from.isoformat()},
                    reason=known.reason if known else "unread",
                    message=known.message if known else "",
                    runs=known.runs if known else 0,
                    since=known.since if known else at,
                    last_run=known.last_run if known else run_id,
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
        """Keeps the record; returns its entry, with the runs on end for this reason.

        For topics of which nothing was noted it is history.
        """
        with self._database.transaction():
            known = self._database.row(ENTRY, key=uid)
            listed_by = dict.fromkeys(topics) | (known.listed_by if known else {})
            runs = 1
            if known and known.reason == reason:
                runs = known.runs + (known.last_run != run_id)
            self._put(
                uid=uid,
                listed_by=listed_by,
                reason=reason,
                message=message,
                runs=runs,
                since=known.since if known else at,
                last_run=run_id,
            )
        since = known.since if known else at
        return Pending(uid, tuple(sorted(listed_by)), reason, message, runs, since)

    def give_up(self, uid: str, *, run_id: int, at: datetime) -> None:
        """Keeps the record as withdrawn: it was never on file and will not be asked for."""
        known = self._database.row(ENTRY, key=uid)
        self._put(
            uid=uid,
            listed_by=known.listed_by if known else {},
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


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
