"""One run, from the configuration to the inbox: the one verb that wires the stages.

    config -> search -> fetch -> classify -> store -> what is owed -> digest -> outbox -> mail

`filing.py` is the first third (all that asks the source, and files what it answered), `mailing.py`
the second (what each reader is owed, written down), `delivery.py` the last (the outbox, sent).
Before anything is mailed, what changed rules tag otherwise is tagged anew (`retagging.py`). Each
step leaves the store in a state from which the next run goes on: killed at any point and run again,
every paper is stored once and mailed once.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from litwatch.classify import classify
from litwatch.classify.rules import Ruleset, load_ruleset
from litwatch.config import Config
from litwatch.delivery import Delivery
from litwatch.errors import ConfigError, KeyRefused
from litwatch.fetch import Source
from litwatch.fetch.pubmed import PubMed
from litwatch.filing import Filed, Filing
from litwatch.filters import filter_faults
from litwatch.mailing import Mailing
from litwatch.reports import Progress, Report, RunError, silent
from litwatch.retagging import Retagged, retag
from litwatch.settings import Topic
from litwatch.store import open_store
from litwatch.store.lock import run_lock


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def run_once(
    config: Config,
    *,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    random: Random = Random(),  # noqa: B008 - shared on purpose, jitter alone is drawn from it
    topics: Sequence[str] = (),
    dry_run: bool = False,
    send: bool = True,
    source: Source | None = None,
    progress: Progress = silent,
) -> Report:
    """One complete run: fetches, tags, stores, writes what is due, sends it; returns what it did.

    `topics` limits the search to those ids; `dry_run` writes nothing and sends nothing; without
    `send` the digests stay in the outbox. Raises ConfigError (nothing was stored), KeyRefused,
    Locked and StoreError; what failed at the source or at a reader's server is in the report.
    """
    watched = _chosen(config.topics, topics)
    ruleset = _checked_rules(config)
    with (
        nullcontext() if dry_run else run_lock(config.database),
        open_store(config.database, keep=not dry_run) as store,
    ):
        started = clock()
        run_id = store.runs.start(started)
        filing = Filing(
            store,
            source or PubMed.over_network(config.ncbi, clock=clock, sleep=sleep, random=random),
            ruleset,
            run_id=run_id,
            at=started,
            recheck_days=config.recheck_days,
            progress=progress,
        )
        mailing = Mailing(
            store,
            config,
            run_id=run_id,
            at=started,
            rules_version=ruleset.version,
            tag=partial(classify, ruleset=ruleset),
        )
        delivery = Delivery(store, config, at=started, clock=clock, sleep=sleep)
        try:
            filed = filing.file(watched)
        except KeyRefused as error:
            store.runs.finish(run_id, _refused(error, started, clock()))
            raise
        retagged = retag(store, ruleset, progress)
        mailing.write_due(filed)
        if dry_run:
            delivery.preview()
        elif send:
            delivery.deliver()
        store.outbox.empty(started - timedelta(days=config.mail.keep_days))
        report = _report(filed, retagged, mailing, delivery, started, clock())
        store.runs.finish(run_id, report)
        return report


def _checked_rules(config: Config) -> Ruleset:
    """The rules, which can give each tag that a reader asks for. Raises ConfigError."""
    ruleset = load_ruleset(config.rules)
    if faults := filter_faults(config, ruleset):
        raise ConfigError(faults)
    return ruleset


def _report(
    filed: Filed,
    retagged: Retagged,
    mailing: Mailing,
    delivery: Delivery,
    started: datetime,
    finished: datetime,
) -> Report:
    return Report(
        started=started,
        finished=finished,
        complete=filed.complete,
        topics=filed.topics,
        digests=tuple((mailing.reports | delivery.reports).values()),
        errors=(*filed.errors, *retagged.errors, *mailing.errors, *delivery.errors),
        needs_attention=filed.needs_attention or delivery.needs_attention,
    )


def _refused(error: KeyRefused, started: datetime, finished: datetime) -> Report:
    failure = RunError("key-refused", str(error))
    return Report(started, finished, complete=False, errors=(failure,))


def _chosen(configured: Sequence[Topic], ids: Sequence[str]) -> tuple[Topic, ...]:
    unknown = sorted(set(ids) - {topic.id for topic in configured})
    if unknown:
        names = ", ".join(topic.id for topic in configured)
        raise ConfigError(
            [f"no topic is called {name!r}: choose among {names}" for name in unknown]
        )
    return tuple(topic for topic in configured if not ids or topic.id in ids)
