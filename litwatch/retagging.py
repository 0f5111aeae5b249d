"""Changed rules, applied to what is on file: tags follow the rules, and nobody is mailed for it.

Each article bears the version of the rules that tagged it. What bears another than the rules of
today is tagged anew, batch by batch, each in one transaction: killed at any point, the next run
goes on where this one stopped. The record, its changes and what readers are owed stay as they are.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from litwatch.classify import classify
from litwatch.classify.compare import Difference, differences
from litwatch.classify.rules import Ruleset
from litwatch.config import Config
from litwatch.filing import tagged
from litwatch.models import Stored
from litwatch.reports import Progress, RunError, silent
from litwatch.store import Store, open_store
from litwatch.store.lock import run_lock

log = logging.getLogger(__name__)

BATCH = 200
"""So many articles are tagged in one transaction."""


@dataclass(frozen=True, slots=True)
class Retagged:
    """How many articles were tagged anew, how many of them changed, and what could not be tagged.

    `kinds` counts the differences: gained, lost, changed.
    """

    articles: int = 0
    changed: int = 0
    kinds: Mapping[str, int] = field(default_factory=Counter)
    errors: tuple[RunError, ...] = ()


def retag(store: Store, ruleset: Ruleset, progress: Progress = silent) -> Retagged:
    """Tags anew what other rules have tagged; an article that cannot be tagged loses its tags."""
    uids = store.articles.tagged_otherwise(ruleset.version)
    kinds: Counter[str] = Counter()
    stumbled: list[str] = []
    changed = 0
    for batch in _batches(uids, progress):
        with store.transaction():
            for stored in store.articles.load(batch):
                found = tagged(stored.article, ruleset, stumbled.append)
                told = differences(stored.findings, found)
                changed += bool(told)
                kinds.update(difference.kind for difference in told)
                store.articles.retag(stored.article.uid, found, rules_version=ruleset.version)
    if uids:
        log.info("%d articles tagged anew, %d of them otherwise", len(uids), changed)
    errors = tuple(RunError("record-malformed", message) for message in stumbled)
    return Retagged(len(uids), changed, kinds, errors)


def apply(
    config: Config, ruleset: Ruleset, *, dry_run: bool = False, progress: Progress = silent
) -> Retagged:
    """Tags anew what is on file; `dry_run` writes nothing. Raises Locked while a run is at work."""
    with (
        nullcontext() if dry_run else run_lock(config.database),
        open_store(config.database, keep=not dry_run) as store,
    ):
        return retag(store, ruleset, progress)


def compare(
    config: Config, old: Ruleset | None, new: Ruleset, progress: Progress = silent
) -> Iterator[tuple[Stored, tuple[Difference, ...]]]:
    """The articles on file that the new rules tag otherwise, each with what differs.

    Without old rules, otherwise than they are tagged on file. Nothing is written.
    """
    with open_store(config.database, keep=False) as store:
        uids = (
            store.articles.tagged_otherwise(new.version) if old is None else store.articles.known()
        )
        for batch in _batches(sorted(uids), progress):
            for stored in store.articles.load(batch):
                before = classify(stored.article, old) if old else stored.findings
                told = differences(before, classify(stored.article, new))
                if told:
                    yield stored, told


def _batches(uids: Sequence[str], progress: Progress) -> Iterator[Sequence[str]]:
    for start in range(0, len(uids), BATCH):
        progress("tagging", start, len(uids))
        yield uids[start : start + BATCH]
    if uids:
        progress("tagging", len(uids), len(uids))
