"""What each reader's issue is made of, read from the store: papers, corrections, coverage.

One `Issues` serves all readers of a run. What many ask for is read once: nothing is filed between.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypedDict

from litwatch.digest.build import build
from litwatch.digest.issue import CorrectionEntry, Coverage, Digest, TopicCoverage
from litwatch.digest.owed import Owed, corrections, matches, owed, untold
from litwatch.digest.period import slot
from litwatch.digest.table import Reported
from litwatch.filing import Filed
from litwatch.models import Change, Period, Stored
from litwatch.settings import Filters, Subscriber, Topic
from litwatch.store import Store
from litwatch.store.subscribers import SubscriberState
from litwatch.welcome import OnFile


class Issues:
    """The issues that readers would get at one moment, due or not, after one search of PubMed."""

    def __init__(
        self, store: Store, topics: Sequence[Topic], *, at: datetime, rules_version: str
    ) -> None:
        self._store = store
        self._topics = topics
        self._at = at
        self._rules_version = rules_version
        self._counted: dict[tuple[str, ...], _Counts] = {}

    def topics_of(self, subscriber: Subscriber) -> tuple[Topic, ...]:
        """The topics that the reader follows."""
        wanted = subscriber.filters.topics
        return tuple(topic for topic in self._topics if not wanted or topic.id in wanted)

    def first(self, subscriber: Subscriber, filed: Filed) -> Digest | None:
        """The first issue: what is on file; None until a complete run has seen the topics."""
        topics = self.topics_of(subscriber)
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

    def regular(
        self, subscriber: Subscriber, state: SubscriberState, period: Period, filed: Filed
    ) -> Digest:
        """The issue of a period: what the reader is owed, and what happened to what was sent.

        What turns out to be a further record of a paper that was sent is owed no more.
        """
        topics = self.topics_of(subscriber)
        news = self._owed(subscriber, state, topics)
        ids = [topic.id for topic in topics]
        last = self._store.deliveries.last_issue(state.email)
        run_id, moment = (
            (last.run_id, last.created_at) if last else (state.since_run, state.joined_at)
        )
        by_filters = len(news.filed_only) if state.filters_since > moment else 0
        return build(
            subscriber,
            period,
            topics,
            news.papers,
            self._corrections(subscriber),
            self._coverage(topics, filed, self._start(state, period), news.papers),
            filed_only=by_filters + self._store.articles.filed_after(run_id, ids),
            filtered=self._filtered(subscriber, run_id, ids),
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
        last = self._store.deliveries.last_issue(state.email, before=self._at)
        start = last.created_at if last else state.joined_at
        return start if start <= self._at else period.start

    def _filtered(
        self, subscriber: Subscriber, run_id: int, topic_ids: Sequence[str]
    ) -> tuple[str, ...]:
        """The uids of what became news after that run and does not pass the reader's filters."""
        if subscriber.filters == Filters():
            return ()
        fresh = self._store.articles.news_since(run_id, topic_ids)
        return tuple(paper.article.uid for paper in fresh if not matches(paper, subscriber.filters))

    def _counts(self, topic_ids: Sequence[str]) -> "_Counts":
        """What is on file for the topics, counted once for all readers who follow the same."""
        key = tuple(topic_ids)
        if key not in self._counted:
            self._counted[key] = _Counts(
                on_file_reports=tuple(self._store.counts.given_and_involved(key)),
                per_year=self._store.counts.per_year(key),
            )
        return self._counted[key]

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


class _Counts(TypedDict):
    """What is on file, as an issue counts it."""

    on_file_reports: Sequence[Reported]
    per_year: Mapping[int, int]
