"""The first third of a run: ask the source, and file what it answers.

Each topic's whole query is searched and compared with what is on file, so a paper that PubMed
back-dates or indexes months later is simply unknown, and so is found. What is unknown, changed,
due to be read again, or was missing last time is then fetched together, classified and saved, batch
by batch: a batch is one transaction, so a run that dies loses nothing and the next one goes on.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from litwatch.blocks import left_alone
from litwatch.classify import classify
from litwatch.classify.rules import Ruleset
from litwatch.errors import KeyRefused, MalformedRecord, SourceBlocked, SourceError, Unreachable
from litwatch.fetch import Source, guard
from litwatch.models import Article, Batch, Findings, Notice, Search
from litwatch.reports import Progress, RunError, TopicReport
from litwatch.settings import Topic
from litwatch.store import Store
from litwatch.wanted import wanted
from litwatch.watch import Watch, begin

log = logging.getLogger(__name__)

CHANGES_OVERLAP = timedelta(days=3)
"""How far the search for changes reaches back before the last complete run: [mdat] counts days."""
MISSING_RUNS = 3
MISSING_FOR = timedelta(days=2)
"""A record that stays away for so many runs, and for so long, is marked withdrawn."""
JUDGED_EVERY = timedelta(days=7)
"""How often a topic is judged for silence."""
STUMBLES = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
"""How rules can stumble over a record that nobody has foreseen."""


def tagged(article: Article, ruleset: Ruleset, complain: Callable[[str], None]) -> Findings:
    """What the rules find; a record over which they stumble has no tags, and `complain` is told.

    Nothing that a record holds may stop the watch: it would stop it at every run.
    """
    try:
        return classify(article, ruleset)
    except STUMBLES as error:
        log.exception("%s cannot be tagged", article.uid)
        complain(f"{article.uid}: filed without tags: {type(error).__name__}: {error}")
        return Findings()


@dataclass(frozen=True, slots=True)
class Filed:
    """What the first third of a run did."""

    topics: tuple[TopicReport, ...]
    errors: tuple[RunError, ...]
    needs_attention: bool

    @property
    def complete(self) -> bool:
        """Every topic's searches were accepted and every listed uid is accounted for."""
        return all(topic.error is None for topic in self.topics)


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
        watches = [begin(self._store, topic, self._at) for topic in topics]
        if self._may_ask(watches):
            stopped = self._search_all(watches)
            uids = wanted(
                self._store,
                watches,
                at=self._at,
                last_complete=last_complete,
                recheck_days=self._recheck_days,
            )
            self._note_listed(watches, uids)
            self._link_known(watches, known)
            self._leave_surplus(watches, uids)
            log.info("%d records to fetch", len(uids))
            if stopped is None:
                self._fetch_all(watches, uids)
            else:
                self._break_off(watches, uids, stopped)
        return self._end(watches)

    # ---- search ----------------------------------------------------------------------------

    def _last_complete_run(self, topics: Sequence[Topic]) -> datetime | None:
        runs = (self._store.runs.last_complete(topic.id, before=self._at) for topic in topics)
        return max((run.started for run in runs if run), default=None)

    def _may_ask(self, watches: Sequence[Watch]) -> bool:
        """False while the source that blocked us is left alone.

        A block of the future is entered anew with this run, so that its time ends.
        """
        blocked_at = self._store.runs.last_blocked()
        reason = left_alone(blocked_at, self._at)
        if reason:
            is_ahead = blocked_at is not None and blocked_at > self._at
            self._fail(watches, "blocked" if is_ahead else "cooling-down", reason)
        return not reason

    def _search_all(self, watches: Sequence[Watch]) -> SourceError | None:
        """Searches for each topic; returns why the source is not to be asked any more, if so."""
        for number, watch in enumerate(watches):
            self._progress("searching", number, len(watches))
            try:
                self._search(watch)
            except (SourceBlocked, Unreachable) as error:
                return error
            except KeyRefused:
                raise
            except SourceError as error:
                self._fail([watch], "search-failed", str(error))
        self._progress("searching", len(watches), len(watches))
        return None

    def _break_off(
        self, watches: Sequence[Watch], unread: Collection[str], error: SourceError
    ) -> None:
        """Fails the topics that were not searched, or whose search listed what is left unread."""
        code = "blocked" if isinstance(error, SourceBlocked) else "unreachable"
        waiting = [
            watch
            for watch in watches
            if watch.error is None and (watch.search is None or watch.needs(unread))
        ]
        self._fail(waiting, code, str(error))

    def _search(self, watch: Watch) -> None:
        search = self._source.search(watch.topic, self._store.articles.created_on(watch.topic.id))
        if watch.previous:
            watch.changed = self._source.changed(watch.topic, self._changes_since(watch.topic))
        watch.search = search
        watch.hits = frozenset(search.uids)
        new = len(watch.hits - watch.linked)
        log.info("%s: %d in PubMed, %d of them new here", watch.topic.id, search.count, new)
        watch.tell(self._judge(watch, search))
        if not watch.exploded:
            # What an exploded query brought and the query as it was finds too is news after all.
            self._store.articles.release(watch.topic.id, watch.held & watch.hits)

    def _changes_since(self, topic: Topic) -> date:
        """From when on changes are asked for: the last complete run that the clock allows.

        A run that a clock set ahead has dated in the future proves nothing about today.
        """
        last = self._store.runs.last_complete(topic.id, before=self._at)
        start = last.started if last else self._at - timedelta(days=self._recheck_days)
        return (start - CHANGES_OVERLAP).date()

    def _judge(self, watch: Watch, search: Search) -> Iterator[Notice]:
        """The guard's warnings; the answer is held against the last that was trusted."""
        yield from guard.controls(watch.topic, search)
        yield from guard.judge(
            search,
            guard.figures(watch.baseline, watch.topic.query),
            query_changed=watch.query_changed,
            is_holding=bool(watch.held),
        )

    # ---- fetch and save ----------------------------------------------------------------------

    def _fetch_all(self, watches: Sequence[Watch], uids: Sequence[str]) -> None:
        left = set(uids)
        try:
            for batch in self._batches(uids):
                with self._store.transaction():
                    self._save(watches, batch)
                left.difference_update(batch.asked)
        except KeyRefused:
            raise
        except SourceError as error:
            code = "blocked" if isinstance(error, SourceBlocked) else "fetch-failed"
            waiting = [watch for watch in watches if watch.error is None and watch.needs(left)]
            self._fail(waiting, code, str(error))
            if not waiting:
                self._errors.append(RunError(code, str(error)))

    def _batches(self, uids: Sequence[str]) -> Iterator[Batch]:
        if not uids:
            return
        done = 0
        self._progress("fetching", done, len(uids))
        for batch in self._source.fetch(uids):
            yield batch
            done += len(batch.asked)
            self._progress("fetching", done, len(uids))

    def _save(self, watches: Sequence[Watch], batch: Batch) -> None:
        for article in batch.articles:
            try:
                with self._store.transaction():
                    self._save_article(watches, article)
            except MalformedRecord as error:
                self._set_aside(watches, article.uid, "malformed", str(error))
        for uid in batch.missing:
            self._set_aside(watches, uid, "missing", "PubMed lists it but does not hand it out")
        for uid, reason in batch.malformed:
            self._set_aside(watches, uid, "malformed", reason)
        for watch in watches:
            watch.count(batch)

    def _save_article(self, watches: Sequence[Watch], article: Article) -> None:
        articles = self._store.articles
        findings = self._classified(watches, article)
        for watch in watches:
            if article.uid in watch.controls:
                watch.notices.extend(self._compare(watch, article, findings))
        state = articles.save(
            article,
            findings,
            rules_version=self._ruleset.version,
            run_id=self._run_id,
            at=self._at,
        )
        for watch in watches:
            if article.uid in watch.concerned:
                watch.counts[state] += 1
            self._link(watch, article)

    def _classified(self, watches: Sequence[Watch], article: Article) -> Findings:
        """What the rules find; the topics that list a record without tags say so."""

        def complain(message: str) -> None:
            for watch in watches:
                if article.uid in watch.concerned:
                    watch.notices.append(Notice("record-malformed", message))

        return tagged(article, self._ruleset, complain)

    def _compare(self, watch: Watch, control: Article, findings: Findings) -> tuple[Notice, ...]:
        """What a control has lost since it was accepted last, or filed."""
        states = self._store.articles.states_since(control.uid, watch.accepted_run)
        expected = [(state, self._classified((), state)) for state in states]
        return guard.compare_control(expected, (control, findings))

    def _note_listed(self, watches: Sequence[Watch], uids: Sequence[str]) -> None:
        """Notes what is listed as news and unread: the run may stop before it is filed."""
        for watch in watches:
            unread = watch.hits.intersection(uids) - watch.linked
            if watch.news_from and unread:
                self._store.pending.note_listed(
                    watch.topic.id, unread, watch.news_from, run_id=self._run_id, at=self._at
                )

    def _leave_surplus(self, watches: Sequence[Watch], uids: Sequence[str]) -> None:
        """Fails a topic of whose explosion a part is not fetched."""
        known = self._store.articles.known()
        for watch in watches:
            left = len(watch.hits - known - set(uids)) if watch.exploded else 0
            if left:
                message = (
                    f"the query explodes: {left} of its hits are not fetched until they are "
                    f"accepted: litwatch check --live, then accept {watch.topic.id}"
                )
                self._fail([watch], "count-exploded", message)

    def _link_known(self, watches: Sequence[Watch], known: frozenset[str]) -> None:
        """Files under the topic what it finds and another topic has brought already."""
        for watch in watches:
            with self._store.transaction():
                for uid in (watch.hits - watch.linked) & known:
                    stored = self._store.articles.get(uid)
                    if stored:
                        self._link(watch, stored.article)

    def _link(self, watch: Watch, article: Article) -> None:
        if article.uid in watch.hits and article.uid not in watch.linked:
            news = watch.is_news(article)
            self._store.articles.link(
                article.uid,
                watch.topic.id,
                run_id=self._run_id,
                news=news,
                held=news and watch.exploded,
            )

    def _set_aside(
        self,
        watches: Sequence[Watch],
        uid: str,
        reason: Literal["missing", "malformed"],
        message: str,
    ) -> None:
        """Keeps a record that could not be had by its id, to be asked for again."""
        articles = self._store.articles
        concerned = [watch for watch in watches if uid in watch.concerned]
        for watch in concerned:
            if uid in watch.controls:
                watch.tell([Notice("control-failed", f"{uid}, a control: {message}")])
        if uid in articles.withdrawn():
            return
        entry = self._store.pending.set(
            uid,
            [watch.topic.id for watch in concerned],
            reason,
            message,
            run_id=self._run_id,
            at=self._at,
        )
        away = self._at - entry.since
        if reason == "missing" and entry.runs >= MISSING_RUNS and away >= MISSING_FOR:
            articles.withdraw(uid, run_id=self._run_id, at=self._at)
            for watch in concerned:
                watch.counts["withdrawn"] += 1
        elif entry.runs == 1:
            self._needs_attention = True
            for watch in concerned:
                watch.notices.append(Notice(f"record-{reason}", f"{uid}: {message}"))

    # ---- the end -----------------------------------------------------------------------------

    def _fail(self, watches: Sequence[Watch], code: str, message: str) -> None:
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

    def _end(self, watches: Sequence[Watch]) -> Filed:
        pending = self._store.pending.all()
        by_topic = Counter(topic_id for entry in pending for topic_id in entry.topic_ids)
        known, withdrawn = self._store.articles.known(), self._store.articles.withdrawn()
        waiting = frozenset(entry.uid for entry in pending)
        reports: list[TopicReport] = []
        with self._store.transaction():
            for watch in watches:
                accounting = watch.account(known, waiting, withdrawn)
                if not (accounting.adds_up or watch.error):
                    lost = accounting.listed - accounting.on_file - accounting.pending
                    self._fail([watch], "unaccounted", f"{lost} listed records have no place")
                if watch.error is None:
                    watch.notices.extend(self._judge_silence(watch))
                held = len(self._store.articles.held(watch.topic.id))
                reports.append(watch.report(pending=by_topic[watch.topic.id], held=held))
                self._store.runs.record_topic(
                    self._run_id,
                    watch.topic,
                    reports[-1],
                    complete=watch.error is None,
                    trusted=watch.trusted,
                    count=watch.search.count if watch.search else None,
                    accounting=accounting,
                )
        return Filed(tuple(reports), tuple(self._errors), self._needs_attention)

    def _judge_silence(self, watch: Watch) -> tuple[Notice, ...]:
        """Once a week, whether the topic has been quiet for longer than its own years explain."""
        state = self._store.runs.topic_state(watch.topic.id)
        judged = state.quiet_judged_at if state else None
        is_judged = judged is not None and timedelta() <= self._at - judged < JUDGED_EVERY
        if state is None or is_judged:
            return ()
        self._store.runs.set_quiet_judged(watch.topic.id, self._at)
        days = self._store.articles.created_on(watch.topic.id)
        return guard.too_quiet(days, self._at.date())
