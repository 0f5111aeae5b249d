"""The first half of a run: ask the source, and file what it answers.

Each topic's whole query is searched and compared with what is on file, so a paper that PubMed
back-dates or indexes months later is simply unknown, and so is found. What is unknown, changed,
due to be read again, or was missing last time is then fetched together, classified and saved, batch
by batch: a batch is one transaction, so a run that dies loses nothing and the next one goes on.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from litwatch.classify import classify
from litwatch.classify.rules import Ruleset
from litwatch.errors import KeyRefused, SourceBlocked, SourceError, Unreachable
from litwatch.fetch import Source, guard
from litwatch.models import Article, Batch, Notice, Search, bare_uid
from litwatch.reports import RunError, TopicReport
from litwatch.settings import Topic
from litwatch.store import Store
from litwatch.store.runs import TopicRun

log = logging.getLogger(__name__)

CHANGES_OVERLAP = timedelta(days=3)
"""How far the search for changes reaches back before the last complete run: [mdat] counts days."""
FRESH = timedelta(hours=12)
"""A record read this recently is not read again; a later change is found by the next run."""
MISSING_RUNS = 3
"""A record that stays away for so many runs is marked withdrawn."""
COOL_DOWN = timedelta(hours=24)
"""How long a source that blocked us is left alone (EUTILITIES: the misuse page)."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What the first half of a run did."""

    topics: tuple[TopicReport, ...]
    errors: tuple[RunError, ...]
    needs_attention: bool

    @property
    def complete(self) -> bool:
        """Every topic's searches were accepted and every listed uid is accounted for."""
        return all(topic.error is None for topic in self.topics)


@dataclass(slots=True)
class _Watch:
    """One topic in the course of one run."""

    topic: Topic
    previous: TopicRun | None = None
    query_changed: bool = False
    search: Search | None = None
    changed: tuple[str, ...] = ()
    hits: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    error: str | None = None


class Filing:
    """Asks one source for all topics and files the answers under one run."""

    def __init__(
        self,
        store: Store,
        source: Source,
        ruleset: Ruleset,
        *,
        run_id: int,
        at: datetime,
        recheck_days: int,
        progress: Progress,
    ) -> None:
        self._store = store
        self._source = source
        self._ruleset = ruleset
        self._run_id = run_id
        self._at = at
        self._recheck_days = recheck_days
        self._progress = progress
        self._errors: list[RunError] = []
        self._needs_attention = False

    def file(self, topics: Sequence[Topic]) -> Filed:
        """Searches, fetches, classifies and saves; what failed is in the answer, by topic.

        Raises KeyRefused: the configuration is wrong, and no topic can be searched.
        """
        last_complete = self._last_complete_run(topics)
        known = self._store.articles.known()
        watches = [self._begin(topic) for topic in topics]
        if self._may_ask(watches):
            self._search_all(watches)
            self._link_known(watches, known)
            self._fetch_all(watches, self._wanted(watches, known, last_complete))
        return self._end(watches)

    # ---- search ----------------------------------------------------------------------------

    def _begin(self, topic: Topic) -> _Watch:
        state = self._store.runs.topic_state(topic.id)
        return _Watch(
            topic,
            previous=self._store.runs.last_complete(topic.id),
            query_changed=state is not None and state.query != topic.query,
            linked=self._store.articles.in_topic(topic.id),
        )

    def _last_complete_run(self, topics: Sequence[Topic]) -> datetime | None:
        runs = (self._store.runs.last_complete(topic.id) for topic in topics)
        return max((run.started for run in runs if run), default=None)

    def _may_ask(self, watches: Sequence[_Watch]) -> bool:
        """False while the source that blocked us is left alone."""
        blocked_at = self._store.runs.last_blocked()
        if blocked_at is None or self._at - blocked_at >= COOL_DOWN:
            return True
        until = blocked_at + COOL_DOWN
        message = (
            f"NCBI refused this address on {blocked_at:%Y-%m-%d %H:%M} UTC; it is left alone until "
            f"{until:%Y-%m-%d %H:%M} UTC: write to info@ncbi.nlm.nih.gov"
        )
        self._fail(watches, "cooling-down", message)
        return False

    def _search_all(self, watches: Sequence[_Watch]) -> None:
        for number, watch in enumerate(watches):
            self._progress("searching", number, len(watches))
            try:
                self._search(watch)
            except SourceBlocked as error:
                self._fail(watches[number:], "blocked", str(error))
                return
            except Unreachable as error:
                self._fail(watches[number:], "unreachable", str(error))
                return
            except KeyRefused:
                raise
            except SourceError as error:
                self._fail([watch], "search-failed", str(error))
        self._progress("searching", len(watches), len(watches))

    def _search(self, watch: _Watch) -> None:
        search = self._source.search(watch.topic)
        if watch.previous:
            since = (watch.previous.started - CHANGES_OVERLAP).date()
            watch.changed = self._source.changed(watch.topic, since)
        watch.search = search
        watch.hits = frozenset(search.uids)
        watch.notices.extend(
            guard.judge(search, guard.figures(watch.previous), query_changed=watch.query_changed)
        )
        watch.notices.extend(guard.controls(watch.topic, search))

    # ---- what to fetch ---------------------------------------------------------------------

    def _wanted(
        self, watches: Sequence[_Watch], known: frozenset[str], last_complete: datetime | None
    ) -> tuple[str, ...]:
        """The uids to fetch, each once; unknown first: a run cut short has filed the news."""
        searched = [watch for watch in watches if watch.search]
        fresh = self._store.articles.read_since(self._at - FRESH)
        gone = self._store.articles.withdrawn()
        on_file = known - gone  # a withdrawn record that is listed again may have come back
        pending = {entry.uid for entry in self._store.articles.pending()}
        wanted: dict[str, None] = {}
        for watch in searched:
            hits = watch.search.uids if watch.search else ()
            wanted.update(dict.fromkeys(uid for uid in hits if uid not in on_file))
        wanted.update(dict.fromkeys(sorted(pending - gone)))
        again = [uid for watch in searched for uid in watch.changed if uid in known]
        again += self._due_for_recheck(known, last_complete) if searched else ()
        again += [uid for watch in searched for uid in _controls(watch)]
        wanted.update(dict.fromkeys(uid for uid in again if uid not in fresh))
        return tuple(wanted)

    def _due_for_recheck(
        self, known: frozenset[str], last_complete: datetime | None
    ) -> tuple[str, ...]:
        """A share of all known records, oldest reading first.

        So large that each has its turn within `recheck_days` at the pace at which runs come, with
        a fifth to spare.
        """
        if last_complete is None:
            return ()
        elapsed_days = (self._at - last_complete) / timedelta(days=1)
        share = math.ceil(1.2 * len(known) * elapsed_days / self._recheck_days)
        return self._store.articles.due_for_recheck(self._at - FRESH, share)

    # ---- fetch and save ----------------------------------------------------------------------

    def _fetch_all(self, watches: Sequence[_Watch], wanted: Sequence[str]) -> None:
        left = set(wanted)
        try:
            for batch in self._batches(wanted):
                with self._store.transaction():
                    self._save(watches, batch)
                left.difference_update(batch.asked)
        except SourceError as error:
            code = "blocked" if isinstance(error, SourceBlocked) else "fetch-failed"
            waiting = [
                watch
                for watch in watches
                if watch.error is None and (watch.hits - watch.linked) & left
            ]
            self._fail(waiting, code, str(error))
            if not waiting:
                self._errors.append(RunError(code, str(error)))

    def _batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        if not wanted:
            return
        done = 0
        self._progress("fetching", done, len(wanted))
        for batch in self._source.fetch(wanted):
            yield batch
            done += len(batch.asked)
            self._progress("fetching", done, len(wanted))

    def _save(self, watches: Sequence[_Watch], batch: Batch) -> None:
        articles = self._store.articles
        for article in batch.articles:
            state = articles.save(
                article,
                classify(article, self._ruleset),
                rules_version=self._ruleset.version,
                run_id=self._run_id,
                at=self._at,
            )
            articles.clear_pending(article.uid)
            for watch in watches:
                if article.uid in watch.hits or article.uid in watch.linked:
                    watch.counts[state] += 1
                self._link(watch, article)
        for uid in batch.missing:
            self._set_aside(watches, uid, "missing", "PubMed lists it but does not hand it out")
        for uid, reason in batch.malformed:
            self._set_aside(watches, uid, "malformed", reason)

    def _link_known(self, watches: Sequence[_Watch], known: frozenset[str]) -> None:
        """Files under the topic what it finds and another topic has brought already."""
        for watch in watches:
            with self._store.transaction():
                for uid in (watch.hits - watch.linked) & known:
                    stored = self._store.articles.get(uid)
                    if stored:
                        self._link(watch, stored.article)

    def _link(self, watch: _Watch, article: Article) -> None:
        if article.uid in watch.hits and article.uid not in watch.linked:
            news = self._is_news(watch, article.created_on)
            self._store.articles.link(article.uid, watch.topic.id, run_id=self._run_id, news=news)

    def _is_news(self, watch: _Watch, created_on: date | None) -> bool:
        """Whether a paper that the topic finds for the first time is news.

        History is what the first complete run of a topic files; and, where the query changed, what
        PubMed had before the last run with the old query.
        """
        if watch.previous is None:
            return False
        if watch.query_changed and created_on is not None:
            return created_on >= watch.previous.started.date()
        return True

    def _set_aside(
        self,
        watches: Sequence[_Watch],
        uid: str,
        reason: Literal["missing", "malformed"],
        message: str,
    ) -> None:
        """Keeps a record that could not be had by its id, to be asked for again."""
        articles = self._store.articles
        if uid in articles.withdrawn():
            return
        concerned = [watch for watch in watches if uid in watch.hits or uid in watch.linked]
        first = concerned[0].topic.id if concerned else ""
        runs = articles.set_pending(uid, first, reason, message, run_id=self._run_id, at=self._at)
        if reason == "missing" and runs >= MISSING_RUNS:
            articles.withdraw(uid, run_id=self._run_id, at=self._at)
            for watch in concerned:
                watch.counts["withdrawn"] += 1
        elif runs == 1:
            self._needs_attention = True
            for watch in concerned:
                watch.notices.append(Notice(f"record-{reason}", f"{uid}: {message}"))

    # ---- the end -----------------------------------------------------------------------------

    def _fail(self, watches: Sequence[_Watch], code: str, message: str) -> None:
        for watch in watches:
            watch.error = watch.error or message
        if code == "blocked":
            for watch in watches:
                watch.notices.append(Notice("blocked", message))
        topics = [watch.topic.id for watch in watches]
        shared = len(topics) > 1
        self._errors.extend(
            [RunError(code, message)]
            if shared
            else [RunError(code, message, topic) for topic in topics]
        )

    def _end(self, watches: Sequence[_Watch]) -> Filed:
        pending = Counter(
            topic_id for entry in self._store.articles.pending() for topic_id in entry.topic_ids
        )
        reports = []
        with self._store.transaction():
            for watch in watches:
                report = TopicReport(
                    id=watch.topic.id,
                    count=watch.search.count if watch.search and not watch.error else None,
                    new=watch.counts["new"],
                    updated=watch.counts["updated"],
                    pending=pending[watch.topic.id],
                    withdrawn=watch.counts["withdrawn"],
                    query_translation=watch.search.query_translation if watch.search else "",
                    warnings=tuple(watch.notices),
                    error=watch.error,
                )
                self._store.runs.record_topic(
                    self._run_id, watch.topic, report, complete=watch.error is None
                )
                reports.append(report)
        return Filed(tuple(reports), tuple(self._errors), self._needs_attention)


def _controls(watch: _Watch) -> list[str]:
    """The topic's positive controls that its query found; the configuration names bare PMIDs."""
    return sorted(uid for uid in watch.hits if bare_uid(uid) in watch.topic.controls)
