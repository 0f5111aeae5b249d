"""One topic in the course of one run: what was asked, what came, and what is to be said of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from litwatch.models import Article, Batch, Notice, Search, bare_uid
from litwatch.reports import DOUBTS, Accounting, TopicReport
from litwatch.settings import Topic
from litwatch.store import Store
from litwatch.store.runs import TopicRun

LAG = timedelta(days=3)
"""So long after its create date a record may first be found."""


@dataclass(slots=True)
class Watch:
    """A topic, its standing before the run, and what the run does for it.

    `previous` is its last complete search, `baseline` the last that was trusted, and `accepted_run`
    the last that a person has accepted; `hits` are the uids that the query finds now, `linked`
    those it had found before, and `held` those of them that wait for a person to accept. What the
    query finds for the first time is news if PubMed created it from `news_from` on, None where it
    is history; of what it had listed before and is not on file, `listed` says the same as of then.
    """

    topic: Topic
    previous: TopicRun | None = None
    baseline: TopicRun | None = None
    accepted_run: int = 0
    query_changed: bool = False
    linked: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    news_from: date | None = None
    listed: Mapping[str, date | None] = field(default_factory=dict)
    search: Search | None = None
    changed: tuple[str, ...] = ()
    hits: frozenset[str] = frozenset()
    asked: int = 0
    received: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    settled: list[Notice] = field(default_factory=list)
    error: str | None = None

    @property
    def concerned(self) -> frozenset[str]:
        """The uids that the query finds, or has found."""
        return self.hits | self.linked

    @property
    def controls(self) -> frozenset[str]:
        """The positive controls that the query found; the configuration names bare PMIDs."""
        return frozenset(uid for uid in self.hits if bare_uid(uid) in self.topic.controls)

    @property
    def exploded(self) -> bool:
        """The query finds so much that what is new is held back, until a person accepts it."""
        return self._warned("count-exploded")

    @property
    def trusted(self) -> bool:
        """The search is what it was, and may serve later runs for comparison."""
        return not any(notice.code in DOUBTS for notice in self.notices)

    @property
    def accepted(self) -> frozenset[Notice]:
        """The notices of the last complete search that a person has accepted, then or before.

        One that was gone in the meantime is told again, and so is one of another query.
        """
        last = self.previous
        if last is None or last.query != self.topic.query:
            return frozenset()
        told = last.report.warnings if last.run_id == self.accepted_run else ()
        return frozenset((*last.report.settled, *told))

    def tell(self, notices: Iterable[Notice]) -> None:
        """Takes notices of the search as warnings, but for those that a person has accepted."""
        for notice in notices:
            is_settled = notice in self.accepted and notice.code not in DOUBTS
            (self.settled if is_settled else self.notices).append(notice)

    def needs(self, unread: Collection[str]) -> bool:
        """Whether records are unread without which the topic's run is not complete."""
        return not (self.hits - self.linked).isdisjoint(unread) or not set(self.changed).isdisjoint(
            unread
        )

    def is_news(self, article: Article) -> bool:
        """Whether a paper that comes on file for the topic is news, by when it was listed first."""
        start = self.listed.get(article.uid, self.news_from)
        return start is not None and (article.created_on or date.max) >= start

    def count(self, batch: Batch) -> None:
        """Counts what was asked and received of the topic's records."""
        self.asked += len(self.concerned.intersection(batch.asked))
        self.received += sum(article.uid in self.concerned for article in batch.articles)

    def account(
        self, known: frozenset[str], pending: frozenset[str], withdrawn: frozenset[str]
    ) -> Accounting:
        """Where each listed uid has its place: on file, else pending, else withdrawn."""
        rest = self.hits - known
        return Accounting(
            listed=len(self.hits),
            on_file=len(self.hits & known),
            pending=len(rest & pending),
            withdrawn=len(rest & withdrawn),
            asked=self.asked,
            received=self.received,
        )

    def report(self, *, pending: int, held: int) -> TopicReport:
        """What the run did for the topic."""
        return TopicReport(
            id=self.topic.id,
            count=self.search.count if self.search and not self.error else None,
            new=self.counts["new"],
            updated=self.counts["updated"],
            pending=pending,
            withdrawn=self.counts["withdrawn"],
            query_translation=self.search.query_translation if self.search else "",
            warnings=tuple(self.notices),
            error=self.error,
            settled=tuple(self.settled),
            held=held,
        )

    def _warned(self, code: str) -> bool:
        return any(notice.code == code for notice in self.notices)


def begin(store: Store, topic: Topic, at: datetime) -> Watch:
    """The topic as it stands before the run of that moment."""
    state = store.runs.topic_state(topic.id)
    query_changed = state is not None and state.query != topic.query
    return Watch(
        topic,
        previous=store.runs.last_complete(topic.id),
        baseline=store.runs.baseline(topic.id),
        accepted_run=(state.accepted_run or 0) if state else 0,
        query_changed=query_changed,
        linked=store.articles.in_topic(topic.id),
        held=store.articles.held(topic.id),
        news_from=_news_from(store, topic.id, at, query_changed=query_changed),
        listed=store.pending.listed(topic.id),
    )


def _news_from(store: Store, topic_id: str, at: datetime, *, query_changed: bool) -> date | None:
    """From which create date on it is news what the topic lists for the first time.

    History is what the first complete run lists; and, where the query changed, what PubMed had when
    the old one was asked last. That was not before it created the newest record that was found,
    whatever our own clock has said.
    """
    if store.runs.last_complete(topic_id) is None:
        return None
    if not query_changed:
        return date.min
    last = store.runs.last_complete(topic_id, before=at)
    days = [*store.articles.created_on(topic_id)[-1:], *([last.started.date()] if last else [])]
    return max(days) - LAG if days else date.min
