"""One topic in the course of one run: what was asked, what came, and what is to be said of it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from litwatch.models import Article, Batch, Notice, Search, bare_uid
from litwatch.reports import Accounting, TopicReport
from litwatch.settings import Topic
from litwatch.store.runs import TopicRun


@dataclass(slots=True)
class Watch:
    """A topic, its standing before the run, and what the run does for it.

    `previous` is its last complete search, `baseline` the last whose count was trusted; `hits` are
    the uids that the query finds now, `linked` those it had found before, `awaited` those that were
    found and could not be had yet.
    """

    topic: Topic
    previous: TopicRun | None = None
    baseline: TopicRun | None = None
    query_changed: bool = False
    linked: frozenset[str] = frozenset()
    awaited: frozenset[str] = frozenset()
    search: Search | None = None
    changed: tuple[str, ...] = ()
    hits: frozenset[str] = frozenset()
    asked: int = 0
    received: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
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
        """The count may serve later runs for comparison."""
        return not (self.exploded or self._warned("count-collapsed"))

    def needs(self, unread: Collection[str]) -> bool:
        """Whether records are unread without which the topic's run is not complete."""
        return not (self.hits - self.linked).isdisjoint(unread) or not set(self.changed).isdisjoint(
            unread
        )

    def is_news(self, article: Article) -> bool:
        """Whether a paper that the topic finds for the first time is news.

        History is what the first complete run of a topic files; and, where the query changed, what
        PubMed had before the last run with the old query.
        """
        if self.previous is None:
            return False
        if self.query_changed and article.created_on and article.uid not in self.awaited:
            return article.created_on >= self.previous.started.date()
        return True

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

    def report(self, pending: int) -> TopicReport:
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
        )

    def _warned(self, code: str) -> bool:
        return any(notice.code == code for notice in self.notices)
