"""The literature on file: articles with their findings, and what was and became of them.

Saving is idempotent: an article that says what it said is only marked as read. What it said before
stays in `revisions`; what happened to it is a change, which the readers who got it are told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import (
    Select,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    union,
    update,
)

from litwatch.models import Article, Change, Findings, Stored
from litwatch.store.changes import content_hash
from litwatch.store.codec import from_plain
from litwatch.store.database import Database
from litwatch.store.happenings import Happenings
from litwatch.store.pending import PendingRecords
from litwatch.store.schema import articles, findings, links, pending, revisions, runs
from litwatch.store.stored import article_row, finding_rows, load, tagged_columns
from litwatch.store.twins import Twins

Saved = Literal["new", "updated", "same"]

STATE_OF = select(articles.c.content_hash, articles.c.withdrawn_at).where(
    articles.c.uid == bindparam("uid")
)
RECORD_OF = select(articles.c.record).where(articles.c.uid == bindparam("uid"))
INSERT = articles.insert()
UPDATE = update(articles).where(articles.c.uid == bindparam("key"))
INSERT_FINDINGS = findings.insert()
DELETE_FINDINGS = delete(findings).where(findings.c.uid == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Link:
    """That a topic's query found an article: in which run, and whether as news."""

    topic_id: str
    run_id: int
    at: datetime
    news: bool
    held: bool


class Articles:
    """The articles of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending = PendingRecords(database)
        self._twins = Twins(database)
        self._happenings = Happenings(database, self._twins)

    def created_on(self, topic_id: str) -> tuple[date, ...]:
        """The days on which the source created the topic's articles, in order."""
        query = (
            select(articles.c.created_on)
            .join(links, links.c.uid == articles.c.uid)
            .where(links.c.topic_id == topic_id, articles.c.created_on.is_not(None))
            .order_by(articles.c.created_on)
        )
        return tuple(self._database.column(query))

    def known(self) -> frozenset[str]:
        """The uids of all articles on file, the withdrawn ones among them."""
        return frozenset(self._database.column(select(articles.c.uid)))

    def in_topic(self, topic_id: str) -> frozenset[str]:
        """The uids that the topic's query has found and that are on file."""
        found = select(links.c.uid).where(links.c.topic_id == topic_id)
        return frozenset(self._database.column(found))

    def get(self, uid: str) -> Stored | None:
        """The article of that uid; None where it is not on file."""
        stored = load(self._database, (uid,))
        return stored[0] if stored else None

    def save(
        self, article: Article, found: Findings, *, rules_version: str, run_id: int, at: datetime
    ) -> Saved:
        """Files what was read at that moment, in one transaction.

        `updated` says that the content changed, not its bookkeeping alone; then the old content is
        kept as a revision and the changes are noted. A withdrawn or pending record is so no more.
        """
        fingerprint = content_hash(article)
        row = article_row(
            article, found, content_hash=fingerprint, rules_version=rules_version, at=at
        )
        with self._database.transaction():
            known = self._database.row(STATE_OF, uid=article.uid)
            saved: Saved = "same"
            if known is None:
                saved = "new"
                first = {"uid": article.uid, "first_run": run_id, "first_stored_at": at}
                self._database.write(INSERT, **first, **row)
            else:
                if known.content_hash != fingerprint:
                    saved = "updated"
                    self._revise(article, known.content_hash, run_id=run_id, at=at)
                if known.withdrawn_at is not None:
                    self._happenings.restored(article.uid, run_id=run_id, at=at)
                self._database.write(UPDATE, key=article.uid, **row)
                self._database.write(DELETE_FINDINGS, key=article.uid)
            self._database.write_many(INSERT_FINDINGS, finding_rows(article.uid, found))
            self._pending.clear(article.uid)
            if saved != "same":
                self._happenings.said_elsewhere(article, run_id=run_id, at=at)
        return saved

    def tagged_otherwise(self, rules_version: str) -> tuple[str, ...]:
        """The uids of the articles whose findings are those of other rules."""
        query = select(articles.c.uid).where(articles.c.rules_version != rules_version)
        return tuple(self._database.column(query.order_by(articles.c.uid)))

    def retag(self, uid: str, found: Findings, *, rules_version: str) -> None:
        """Replaces the article's findings by those of other rules; all else stays as it is."""
        with self._database.transaction():
            self._database.write(UPDATE, key=uid, **tagged_columns(found, rules_version))
            self._database.write(DELETE_FINDINGS, key=uid)
            self._database.write_many(INSERT_FINDINGS, finding_rows(uid, found))

    def twins(self) -> Mapping[str, frozenset[str]]:
        """By uid the other records of the same paper, where PubMed has it twice, or had."""
        return self._twins.all()

    def twins_of(self, article: Article) -> tuple[Stored, ...]:
        """The other records on file of that paper."""
        return self._twins.of(article)

    def link(self, uid: str, topic_id: str, *, run_id: int, news: bool, held: bool = False) -> bool:
        """Notes that the topic's query found the article; False where that is on file already.

        What is `held` is no news until it is released.
        """
        values = {
            "uid": uid,
            "topic_id": topic_id,
            "run_id": run_id,
            "news": news,
            "held": held,
        }
        insert = self._database.insert(links).values(values)
        return self._database.write(insert.on_conflict_do_nothing()) == 1

    def links(self, uid: str) -> tuple[Link, ...]:
        """Which topics' queries found the article, each with the run that did, in their order."""
        query = (
            select(links.c.topic_id, links.c.run_id, runs.c.started, links.c.news, links.c.held)
            .join(runs, runs.c.id == links.c.run_id)
            .where(links.c.uid == uid)
            .order_by(links.c.run_id, links.c.topic_id)
        )
        return tuple(Link(*row) for row in self._database.rows(query))

    def changes_of(self, uid: str) -> tuple[Change, ...]:
        """What happened to the article since it is on file, in order."""
        return self._happenings.of(uid)

    def held(self, topic_id: str) -> frozenset[str]:
        """The uids that the topic's query found and that are held back until a person accepts."""
        found = select(links.c.uid).where(links.c.topic_id == topic_id, links.c.held)
        return frozenset(self._database.column(found))

    def held_back(self, topics: Sequence[str]) -> frozenset[str]:
        """The uids that each of these topics holds back for which they are news."""
        of_news = select(links.c.uid).where(links.c.news, links.c.topic_id.in_(topics))
        all_held = func.min(case((links.c.held, 1), else_=0)) == 1
        return frozenset(self._database.column(of_news.group_by(links.c.uid).having(all_held)))

    def revised_since(self, run_id: int) -> tuple[tuple[Article, str], ...]:
        """The articles whose content a run after that one replaced: what they said before."""
        first = (
            select(func.min(revisions.c.id))
            .where(revisions.c.replaced_run > run_id)
            .group_by(revisions.c.uid)
        )
        query = select(revisions.c.record, revisions.c.uid).where(revisions.c.id.in_(first))
        return tuple(
            (from_plain(Article, row.record), row.uid) for row in self._database.rows(query)
        )

    def states_since(self, uid: str, run_id: int) -> tuple[Article, ...]:
        """What the record has said since the end of that run: its state then, and each later."""
        earlier = (
            select(revisions.c.record)
            .where(revisions.c.uid == uid, revisions.c.replaced_run > run_id)
            .order_by(revisions.c.id)
        )
        said = (*self._database.column(earlier), *self._database.column(RECORD_OF, uid=uid))
        return tuple(from_plain(Article, record) for record in said)

    def load(self, uids: Collection[str]) -> tuple[Stored, ...]:
        """The articles of these uids that are on file."""
        return load(self._database, tuple(sorted(uids)))

    def release(self, topic_id: str, uids: Collection[str]) -> int:
        """Lets go what was held back, so that it is news; returns how many they were."""
        release = update(links).where(links.c.topic_id == topic_id, links.c.held)
        return sum(
            self._database.write(release.where(links.c.uid == uid).values(held=False))
            for uid in sorted(uids)
        )

    # ---- what readers are told ---------------------------------------------------------------

    def news_since(
        self, run_id: int, topics: Sequence[str], *, without: Collection[str] = ()
    ) -> tuple[Stored, ...]:
        """The articles that became news for one of the topics after that run, held ones too.

        `news_topics` holds those topics only; the uids in `without` are not read.
        """
        found = (
            select(links.c.uid, links.c.topic_id)
            .where(
                links.c.news,
                links.c.run_id > run_id,
                links.c.topic_id.in_(topics),
            )
            .order_by(links.c.run_id, links.c.uid, links.c.topic_id)
        )
        news: dict[str, tuple[str, ...]] = {}
        for uid, topic_id in self._database.rows(found):
            if uid not in without:
                news[uid] = (*news.get(uid, ()), topic_id)
        return load(self._database, tuple(news), news)

    def filed_after(self, run_id: int, topics: Sequence[str]) -> int:
        """How many articles runs after that one filed for the topics as history, not as news."""
        query = select(func.count(links.c.uid.distinct())).where(
            ~links.c.news, links.c.run_id > run_id, links.c.topic_id.in_(topics)
        )
        return int(self._database.column(query)[0])

    def newest(self, topics: Sequence[str], limit: int, *, skip: int = 0) -> tuple[Stored, ...]:
        """The articles of the topics that were published last, withdrawn ones left out.

        `skip` leaves out so many of the newest.
        """
        published_on = func.coalesce(articles.c.published_on, articles.c.created_on)
        newest_first = (
            published_on.desc().nulls_last(),
            articles.c.created_on.desc().nulls_last(),
            articles.c.uid.desc(),
        )
        query = _on_file(topics).with_only_columns(articles.c.uid).order_by(*newest_first)
        return load(self._database, self._database.column(query.limit(limit).offset(skip)))

    def on_file(self, topics: Sequence[str]) -> frozenset[str]:
        """The uids of the articles of the topics, those left out that are held or withdrawn."""
        return frozenset(self._database.column(_on_file(topics)))

    def count(self, topics: Sequence[str]) -> int:
        """How many articles of the topics are on file, each once, withdrawn ones left out."""
        count = _on_file(topics).with_only_columns(func.count())
        return int(self._database.column(count)[0])

    def changes_since(self, run_id: int) -> tuple[Change, ...]:
        """What happened to articles in the runs after that one, in order.

        Some may not be on file: a notice can be found before its paper.
        """
        return self._happenings.since(run_id)

    # ---- what is to be read again --------------------------------------------------------------

    def read_between(self, moment: datetime, now: datetime) -> frozenset[str]:
        """The uids of the articles that were read from that moment on and not after `now`.

        A clock that was set ahead may have marked a record as read in the future.
        """
        fresh = articles.c.last_read_at >= moment, articles.c.last_read_at <= now
        query = select(articles.c.uid).where(*fresh)
        return frozenset(self._database.column(query))

    def unread_since(self, moment: datetime, topic_id: str) -> tuple[str, ...]:
        """The topic's uids that were last read before that moment, withdrawn ones left out."""
        query = (
            select(articles.c.uid)
            .join(links, links.c.uid == articles.c.uid)
            .where(
                links.c.topic_id == topic_id,
                articles.c.last_read_at < moment,
                articles.c.withdrawn_at.is_(None),
            )
            .order_by(articles.c.uid)
        )
        return tuple(self._database.column(query))

    def due_for_recheck(self, before: datetime, limit: int, *, now: datetime) -> tuple[str, ...]:
        """The uids last read before that moment, the longest ago first, withdrawn ones left out.

        Those that bear a date later than `now` come before all: nobody knows when they were read.
        """
        read_at = articles.c.last_read_at
        query = (
            select(articles.c.uid)
            .where(or_(read_at < before, read_at > now), articles.c.withdrawn_at.is_(None))
            .order_by(case((read_at > now, 0), else_=1), read_at, articles.c.uid)
            .limit(max(limit, 0))
        )
        return tuple(self._database.column(query))

    # ---- what is gone ------------------------------------------------------------------------

    def withdraw(self, uid: str, run_id: int, at: datetime) -> None:
        """Marks a record as gone from its source; one that never was on file is only noted."""
        with self._database.transaction():
            if self._database.row(STATE_OF, uid=uid) is None:
                self._pending.give_up(uid, run_id=run_id, at=at)
                return
            mark = update(articles).where(articles.c.uid == uid, articles.c.withdrawn_at.is_(None))
            self._pending.clear(uid)
            if self._database.write(mark.values(withdrawn_at=at)):
                (gone,) = self.load([uid])
                self._happenings.withdrawn(gone, run_id=run_id, at=at)

    def withdrawn(self) -> frozenset[str]:
        """The uids that are gone from their source, on file or never seen."""
        gone = select(articles.c.uid).where(articles.c.withdrawn_at.is_not(None))
        given_up = select(pending.c.uid).where(pending.c.reason == "withdrawn")
        return frozenset(self._database.column(union(gone, given_up)))

    # ---- history -----------------------------------------------------------------------------

    def _revise(self, article: Article, old_hash: str, *, run_id: int, at: datetime) -> None:
        """Keeps what the record said, and notes what happened between then and now."""
        record = self._database.column(RECORD_OF, uid=article.uid)[0]
        self._database.write(
            revisions.insert(),
            uid=article.uid,
            replaced_run=run_id,
            replaced_at=at,
            content_hash=old_hash,
            record=record,
        )
        self._happenings.revised(from_plain(Article, record), article, run_id=run_id, at=at)


def _on_file(topics: Sequence[str]) -> Select[str]:
    """The articles that the queries of these topics found, neither held nor withdrawn."""
    found = select(links.c.uid).where(links.c.topic_id.in_(topics), ~links.c.held)
    return select(articles.c.uid).where(
        articles.c.uid.in_(found), articles.c.withdrawn_at.is_(None)
    )
