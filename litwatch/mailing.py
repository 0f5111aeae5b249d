"""The second third of a run: write down what each reader is owed, and each digest that is due.

A digest is put into the outbox, under one Message-ID for its subscriber and period, in the very
transaction that marks its papers as owed no more; it is sent in a further step (`delivery.py`) that
any later run can repeat. So a crash between the two loses nothing and writes nothing twice.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from litwatch.config import Config
from litwatch.digest.issue import Digest
from litwatch.digest.message import compose
from litwatch.digest.owed import matches, news
from litwatch.digest.period import slot
from litwatch.digest.render import render
from litwatch.errors import DeliveryError, LitwatchError
from litwatch.filing import Filed
from litwatch.issues import Issues
from litwatch.models import Article, Findings, Period
from litwatch.reports import DigestReport, RunError
from litwatch.settings import Subscriber
from litwatch.store import Store
from litwatch.store.subscribers import SubscriberState

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
        self._tag = tag
        self._issues = Issues(store, config.topics, at=at, rules_version=rules_version)
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
            return self._issues.first(subscriber, filed)
        state = self._judged(subscriber, state)
        if self._store.deliveries.last_issue(subscriber.email) is None:
            return self._issues.first(subscriber, filed)
        return self._issues.regular(subscriber, state, slot(subscriber, self._at), filed)

    def _write_for(self, subscriber: Subscriber, filed: Filed) -> None:
        state = self._store.subscribers.get(subscriber.email)
        if state is None:
            self._welcome(subscriber, filed)
            return
        state = self._judged(subscriber, state)
        period = slot(subscriber, self._at)
        is_open = not (state.paused or state.suppressed)
        is_due = is_open and not self._store.outbox.has(subscriber.email, period.key)
        if is_due and self._was_searched(subscriber, period, filed):
            self._write_issue(subscriber, state, period, filed)

    def _judged(self, subscriber: Subscriber, state: SubscriberState) -> SubscriberState:
        """How the reader stands once the filters of today and what they let pass are noted."""
        self._store.subscribers.set_filters(subscriber.email, subscriber.filters, at=self._at)
        self._promise(subscriber, state)
        return self._store.subscribers.get(subscriber.email) or state

    def _promise(self, subscriber: Subscriber, state: SubscriberState) -> None:
        """Writes down what the reader is owed of all that was filed since it was last done.

        That is what became news and passes the reader's filters, and what passes them only since
        PubMed has changed the record.
        """
        ids = [topic.id for topic in self._issues.topics_of(subscriber)]
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
        digest = self._issues.first(subscriber, filed)
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
        ids = [topic.id for topic in self._issues.topics_of(subscriber)]
        held = articles.load(articles.held_back(ids) - articles.on_file(ids))
        promised = news(held, subscriber.filters)
        self._store.subscribers.owe(subscriber.email, promised, run_id=self._run_id)

    def _write_issue(
        self, subscriber: Subscriber, state: SubscriberState, period: Period, filed: Filed
    ) -> None:
        if self._store.deliveries.last_issue(subscriber.email) is None:
            # The first issue was refused, or dropped: what became news since comes with the next.
            if first := self._issues.first(subscriber, filed):
                self._queue(subscriber, first)
            return
        digest = self._issues.regular(subscriber, state, period, filed)
        if not (digest.papers or digest.corrections) and subscriber.empty == "skip":
            self._store.outbox.skip(
                run_id=self._run_id, **_slot_of(subscriber, period), at=self._at
            )
            self._report(subscriber.email, 0, 0, "skipped")
            return
        self._queue(subscriber, digest)

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

    def _was_searched(self, subscriber: Subscriber, period: Period, filed: Filed) -> bool:
        """Whether a search stands behind the issue.

        Where none of the reader's topics could be searched the issue waits for the next run, but
        not so long that silence looks like no news.
        """
        own = {topic.id for topic in self._issues.topics_of(subscriber)}
        if any(report.id in own and report.error is None for report in filed.topics):
            return True
        last = self._store.deliveries.last_issue(subscriber.email, before=self._at)
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
