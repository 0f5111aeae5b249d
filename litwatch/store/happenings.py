"""What happened to papers, noted once each: by their own records, by their notices, by their twins.

A change may be of a paper that is not on file yet, for a notice can be found before its paper.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select

from litwatch.models import Article, Change, Stored
from litwatch.store.changes import (
    Happening,
    announced,
    befallen,
    compare,
    once_more,
    reinstated,
    says,
)
from litwatch.store.database import Database
from litwatch.store.schema import changes
from litwatch.store.stored import change_of, load
from litwatch.store.twins import Twins


class Happenings:
    """The changes of one store."""

    def __init__(self, database: Database, twins: Twins) -> None:
        self._database = database
        self._twins = twins

    def of(self, uid: str) -> tuple[Change, ...]:
        """What happened to that article, in order."""
        return self._where(changes.c.uid == uid)

    def since(self, run_id: int) -> tuple[Change, ...]:
        """What happened in the runs after that one, in order."""
        return self._where(changes.c.run_id > run_id)

    def revised(self, old: Article, new: Article, *, run_id: int, at: datetime) -> None:
        """Notes what the record says now and did not say before, and a retraction taken back."""
        happenings = once_more(compare(old, new), self.of(new.uid), at=at)
        both = (*happenings, *reinstated(old, new, at=at))
        self._note(new.uid, both, run_id=run_id, at=at)

    def restored(self, uid: str, *, run_id: int, at: datetime) -> None:
        """Notes that a record that was gone is there again."""
        self._note(uid, [("restored", "", at.isoformat())], run_id=run_id, at=at)

    def said_elsewhere(self, article: Article, *, run_id: int, at: datetime) -> None:
        """Notes of which changes of other records this one tells, and of which others tell here.

        It may be a notice about a paper, whose own record says nothing of it yet; a further record
        of a paper, to which the same happened; or the one under which a withdrawn paper comes back.
        """
        notices = announced(article)
        uids = tuple(dict.fromkeys(uid for uid, _ in notices))
        papers = {stored.article.uid: stored for stored in load(self._database, uids)}
        for uid, happening in notices:
            paper = papers.get(uid)
            if paper is None or not says(paper.article, happening):
                alike = self._twins.of(paper.article) if paper else ()
                for each in (uid, *(twin.article.uid for twin in alike)):
                    self._note(each, [happening], run_id=run_id, at=at)
        for twin in self._twins.of(article):
            own = befallen(article, self.of(article.uid), twin.article)
            self._note(twin.article.uid, own, run_id=run_id, at=at)
            theirs = befallen(twin.article, twin.changes, article)
            self._note(article.uid, theirs, run_id=run_id, at=at)
            if twin.withdrawn:
                back = [("withdrawn", article.uid, "")]
                self._note(twin.article.uid, back, run_id=run_id, at=at)

    def withdrawn(self, gone: Stored, *, run_id: int, at: datetime) -> None:
        """Notes that a record is gone, and under which one its paper stays; so for its twins."""
        twins = self._twins.of(gone.article)
        heir = next((twin.article.uid for twin in twins if not twin.withdrawn), "")
        for stored in (gone, *(twin for twin in twins if twin.withdrawn)):
            happening = ("withdrawn", heir, f"{at:%Y-%m-%d}")
            self._note(stored.article.uid, [happening], run_id=run_id, at=at)

    def _where(self, condition: ColumnElement[bool]) -> tuple[Change, ...]:
        query = select(changes).where(condition).order_by(changes.c.id)
        return tuple(change_of(row) for row in self._database.rows(query))

    def _note(
        self, uid: str, happenings: Iterable[Happening], *, run_id: int, at: datetime
    ) -> None:
        """Records each change once: a record that wavers makes no second one."""
        for kind, notice_uid, citation in happenings:
            insert = self._database.insert(changes).values(
                uid=uid, kind=kind, run_id=run_id, at=at, notice_uid=notice_uid, citation=citation
            )
            self._database.write(insert.on_conflict_do_nothing())
