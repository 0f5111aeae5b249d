"""The second third of a run: write down what each reader is owed, and each digest that is due.

A digest is put into the outbox, under one Message-ID for its subscriber and period, in the very
transaction that marks its papers as owed no more; it is sent in a further step (`delivery.py`) that
any later run can repeat. So a crash between the two loses nothing and writes nothing twice.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypedDict

from litwatch.config import Config
from litwatch.digest.build import build
from litwatch.digest.issue import CorrectionEntry, Coverage, Digest, TopicCoverage
from litwatch.digest.message import compose
from litwatch.digest.owed import Owed, corrections, matches, news, owed, untold
from litwatch.digest.period import slot
from litwatch.digest.render import render
from litwatch.digest.table import Reported
from litwatch.errors import DeliveryError, LitwatchError
from litwatch.filing import Filed
from litwatch.models import Article, Change, Findings, Period, Stored
from litwatch.reports import DigestReport, RunError
from litwatch.settings import Subscriber, Topic
from litwatch.store import Store
from litwatch.store.subscribers import SubscriberState
from litwatch.welcome import OnFile

log = logging.getLogger(__name__)

PATIENCE = timedelta(days=1)
"""A reader who heard nothing for longer than a period and this is told that no search answered."""


class Mailing:
    """Writes the digests of one run into the outbox; `reports` says of each that it is queued."""

    def __init__(
        self,
        store: Store,
        config: Config,
        *,
        run_id: int,
        at: datetime,
        rules_version: str,
        tag: Callable[[Article], Findings],
    ) -> None:
        self._store = store
        self._config = config
        self._run_id = run_id
        self._at = at
        self._rules_version = rules_version
        self._tag = tag
        self._counted: dict[tuple[str, ...], _Counts] = {}
        self.reports: dict[str, DigestReport] = {}
        self.errors: tuple[RunError, ...] = ()

    # ---- write -------------------------------------------------------------------------------

    def write_due(self, filed: Filed) -> None:
        """Puts every digest that is due into the outbox; one that cannot be made stops no other."""
        for subscriber in self._config.subscribers:
            if self._store.subscribers.removed_at(subscriber.email):
                log.warning(
                    "%s names %s, who was removed: nothing is written; take the table out of it, "
                    "or: litwatch subscribers resume %s",
                    *(self._config.path.name, subscriber.email, subscriber.email),
                )
                continue
            try:
                with self._store.transaction():
                    self._write_for(subscriber, filed)
            except DeliveryError as error:
                self._fail(subscriber, str(error))
            except LitwatchError:
                raise
            except Exception as error:
                log.debug("the digest of %s", subscriber.email, exc_info=True)
                self._fail(
                    subscriber,
                    f"the digest cannot be made: {type(error).__name__}: {error}; this is a fault "
                    "of litwatch: what it would hold is kept for the next run",
                )

    def _fail(self, subscriber: Subscriber, reason: str) -> None:
        self.errors += (RunError("delivery-failed", f"{subscriber.email}: {reason}"),)
        self._report(subscriber.email, 0, 0, "failed")

    def draft(self, subscriber: Subscriber, filed: Filed) -> Digest | None:
        """The issue that the reader would get now, due or not; it is not put into the outbox.

        What the reader is owed is written down. None where no complete run has seen the topics.
        """
        state = self._store.subscribers.get(subscriber.email)
        if state is None:
            return self._first_issue(subscriber, filed)
        self._store.subscribers.set_filters(subscriber.email, subscriber.filters, at=self._at)
        self._promise(subscriber, state)
        return self._issue(subscriber, slot(subscriber, self._at), filed)

    def _write_for(self, subscriber: Subscriber, filed: Filed) -> None:
        state = self._store.subscribers.get(subscriber.email)
        if state is None:
            self._welcome(subscriber, filed)
            return
        self._store.subscribers.set_filters(subscriber.email, subscriber.filters, at=self._at)
        self._promise(subscriber, state)
        period = slot(subscriber, self._at)
        is_open = not (state.paused or state.suppressed)
        is_due = is_open and not self._store.outbox.has(subscriber.email, period.key)
        if is_due and self._was_searched(subscriber, period, filed):
            self._write_issue(subscriber, period, filed)

    def _promise(self, subscriber: Subscriber, state: SubscriberState) -> None:
        """Writes down what the reader is owed of all that was filed since it was last done.

        That is what became news and passes the reader's filters, and what passes them only since
        PubMed has changed the record.
        """
        ids = [topic.id for topic in self._topics_of(subscriber)]
        since = state.judged_run
        promised = set(news(self._store.articles.news_since(since, ids), subscriber.filters))
        revised = {uid: before for before, uid in self._store.articles.revised_since(since)}
        for stored in self._store.articles.load(revised):
            uid, before = stored.article.uid, revised[stored.article.uid]
            if set(ids) & set(stored.topics) and matches(stored, subscriber.filters):
                earlier = replace(stored, article=before, findings=self._tag(before))
                if not matches(earlier, subscriber.filters):
                    promised.add(uid)
        self._store.subscribers.owe(subscriber.email, promised, run_id=self._run_id)

    def _welcome(self, subscriber: Subscriber, filed: Filed) -> None:
        """The first issue goes out with the first complete run that sees the address."""
        digest = self._first_issue(subscriber, filed)
        if digest:
            self._store.subscribers.add(
                subscriber.email, subscriber.filters, run_id=self._run_id, at=self._at
            )
            self._owe_held(subscriber)
            self._queue(subscriber, digest)

    def _owe_held(self, subscriber: Subscriber) -> None:
        """Writes down that a new reader is owed the news that is held back, once it is released.

        The first issue does not count it among what is on file.
        """
        articles = self._store.articles
        ids = [topic.id for topic in self._topics_of(subscriber)]
        held = articles.load(articles.held_back(ids) - articles.on_file(ids))
        promised = news(held, subscriber.filters)
        self._store.subscribers.owe(subscriber.email, promised, run_id=self._run_id)

    def _first_issue(self, subscriber: Subscriber, filed: Filed) -> Digest | None:
        topics = self._topics_of(subscriber)
        failed = {report.id for report in filed.topics if report.error}
        searched = {report.id for report in filed.topics} - failed
        covered = all(self._store.runs.last_complete(topic.id) for topic in topics)
        if not covered or any(topic.id not in searched for topic in topics):
            return None
        ids = [topic.id for topic in topics]
        on_file = self._on_file.of(ids, subscriber.filters)
        return build(
            subscriber,
            slot(subscriber, self._at),
            topics,
            on_file.newest,
            (),
            self._coverage(topics, filed, None, ()),
            kind="first",
            on_file=on_file.number,
            **self._counts(ids),
            rules_version=self._rules_version,
        )

    def _write_issue(self, subscriber: Subscriber, period: Period, filed: Filed) -> None:
        digest = self._issue(subscriber, period, filed)
        if digest is None:
            return
        if not (digest.papers or digest.corrections) and subscriber.empty == "skip":
            self._store.outbox.skip(
                run_id=self._run_id, **_slot_of(subscriber, period), at=self._at
            )
            self._report(subscriber.email, 0, 0, "skipped")
            return
        self._queue(subscriber, digest)

    def _issue(self, subscriber: Subscriber, period: Period, filed: Filed) -> Digest | None:
        topics = self._topics_of(subscriber)
        state = self._store.subscribers.get(subscriber.email)
        if state is None:
            return None
        news = self._owed(subscriber, state, topics)
        ids = [topic.id for topic in topics]
        return build(
            subscriber,
            period,
            topics,
            news.papers,
            self._corrections(subscriber),
            self._coverage(topics, filed, self._start(state, period), news.papers),
            filed_only=self._filed_only(news, state, topics),
            **self._counts(ids),
            rules_version=self._rules_version,
        )

    def _owed(
        self, subscriber: Subscriber, state: SubscriberState, topics: Sequence[Topic]
    ) -> Owed:
        articles = self._store.articles
        delivered = self._store.deliveries.uids(subscriber.email)
        promised = self._store.subscribers.owed(subscriber.email)
        ids = [topic.id for topic in topics]
        became_news = articles.news_since(state.since_run, ids, without=delivered)
        others = promised - delivered - {stored.article.uid for stored in became_news}
        news = owed(
            (*became_news, *articles.load(others)),
            subscriber.filters,
            promised=promised,
            delivered=delivered,
            held=articles.held_back(ids),
            twins=self._twins,
        )
        self._store.subscribers.forget_owed(subscriber.email, news.again)
        return news

    def _start(self, state: SubscriberState, period: Period) -> datetime:
        """From when on an issue covers: since the last one that the reader got, or since joining.

        What a clock that was ahead has dated in the future bounds nothing.
        """
        last = self._store.outbox.last_issue(state.email, before=self._at)
        start = last.created_at if last else state.joined_at
        return start if start <= self._at else period.start

    def _filed_only(self, news: Owed, state: SubscriberState, topics: Sequence[Topic]) -> int:
        """How many older papers a change of query or filters filed since the last issue."""
        last = self._store.outbox.last_issue(state.email)
        run_id = last.run_id if last else state.since_run
        changed = state.filters_since > (last.created_at if last else state.joined_at)
        by_filters = len(news.filed_only) if changed else 0
        return by_filters + self._store.articles.filed_after(run_id, [topic.id for topic in topics])

    def _counts(self, topic_ids: Sequence[str]) -> "_Counts":
        """What is on file for the topics, counted once for all readers who follow the same."""
        key = tuple(topic_ids)
        if key not in self._counted:
            self._counted[key] = _Counts(
                on_file_reports=tuple(self._store.counts.given_and_involved(key)),
                per_year=self._store.counts.per_year(key),
            )
        return self._counted[key]

    def _queue(self, subscriber: Subscriber, digest: Digest) -> None:
        state = self._store.subscribers.get(subscriber.email)
        joined = state.joined_at if state else self._at
        topics = sorted(topic.id for topic in self._config.topics)
        rendered = render(digest, self._config.mail)
        message_id, message = compose(
            rendered,
            scope=f"{','.join(topics)}\n{joined.isoformat()}",
            subscriber=subscriber,
            period=digest.period,
            mail=self._config.mail,
            at=self._at,
        )
        uids = {paper.article.uid for paper in digest.papers}
        self._store.outbox.queue(
            run_id=self._run_id,
            **_slot_of(subscriber, digest.period),
            message_id=message_id,
            subject=rendered.subject,
            message=message,
            html=rendered.page,
            text=rendered.text,
            uids=sorted(uids),
            change_ids=[entry.change.id for entry in digest.corrections],
            articles=len(uids),
            corrections=len(digest.corrections),
            at=self._at,
        )
        self._report(subscriber.email, len(uids), len(digest.corrections), "queued", message_id)

    def _corrections(self, subscriber: Subscriber) -> tuple[CorrectionEntry, ...]:
        """What happened to papers after this reader's digests held them."""
        deliveries, articles = self._store.deliveries, self._store.articles
        changes = untold(
            self._changes,
            deliveries.run_ids(subscriber.email),
            deliveries.change_ids(subscriber.email),
        )
        papers = articles.load({change.uid for change in changes})
        notices = articles.load({change.notice_uid for change in changes})
        return corrections(
            changes,
            {stored.article.uid: stored for stored in papers},
            deliveries.moments(subscriber.email),
            {stored.article.uid: stored.article for stored in notices},
        )

    @cached_property
    def _changes(self) -> tuple[Change, ...]:
        """All that ever happened, read once for all readers: nothing is filed meanwhile."""
        return self._store.articles.changes_since(0)

    @cached_property
    def _on_file(self) -> OnFile:
        return OnFile(self._store.articles, self._twins)

    @cached_property
    def _unread(self) -> Counter[str]:
        return self._store.pending.unread()

    @cached_property
    def _twins(self) -> Mapping[str, frozenset[str]]:
        return self._store.articles.twins()

    def _topics_of(self, subscriber: Subscriber) -> tuple[Topic, ...]:
        wanted = subscriber.filters.topics
        return tuple(topic for topic in self._config.topics if not wanted or topic.id in wanted)

    def _coverage(
        self,
        topics: Sequence[Topic],
        filed: Filed,
        start: datetime | None,
        news: Sequence[Stored],
    ) -> Coverage:
        """What the issue stands on; a topic's `new` counts its news in this issue."""
        labels = {topic.id: topic.label for topic in topics}
        new = Counter(topic_id for stored in news for topic_id in stored.news_topics)
        covered = tuple(
            TopicCoverage(
                id=report.id,
                label=labels[report.id],
                count=report.count,
                new=new[report.id],
                pending=report.pending,
                warnings=report.warnings,
                error=report.error,
                held=report.held,
                unread=self._unread[report.id],
            )
            for report in filed.topics
            if report.id in labels
        )
        errors = tuple(error.message for error in filed.errors if not error.topic)
        complete = len(covered) == len(topics) and not any(topic.error for topic in covered)
        return Coverage(start, self._at, covered, errors, complete=complete)

    def _was_searched(self, subscriber: Subscriber, period: Period, filed: Filed) -> bool:
        """Whether a search stands behind the issue.

        Where none of the reader's topics could be searched the issue waits for the next run, but
        not so long that silence looks like no news.
        """
        own = {topic.id for topic in self._topics_of(subscriber)}
        if any(report.id in own and report.error is None for report in filed.topics):
            return True
        last = self._store.outbox.last_issue(subscriber.email, before=self._at)
        length = period.end - period.start
        return last is None or self._at - last.period.end > length + PATIENCE

    # ---- report ------------------------------------------------------------------------------

    def _report(
        self,
        email: str,
        articles: int,
        corrections: int,
        status: str,
        message_id: str | None = None,
        file: str | None = None,
    ) -> None:
        key = message_id or email
        self.reports[key] = DigestReport(email, articles, corrections, status, message_id, file)


class _Counts(TypedDict):
    """What is on file, as an issue counts it."""

    on_file_reports: Sequence[Reported]
    per_year: Mapping[int, int]


class _Slot(TypedDict):
    """A subscriber's period, as the outbox names it."""

    email: str
    period_key: str
    period_start: datetime
    period_end: datetime


def _slot_of(subscriber: Subscriber, period: Period) -> _Slot:
    return _Slot(
        email=subscriber.email,
        period_key=period.key,
        period_start=period.start,
        period_end=period.end,
    )
