"""Which records a run fetches: what is unknown, what was missing, and what is to be read again."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from litwatch.store import Store
from litwatch.watch import Watch

HELD_AT_MOST = 2_000
"""So much of an explosion is fetched and held, to be looked at; the rest when it is accepted."""
FRESH = timedelta(hours=12)
"""A record read this recently is not read again, but for a positive control: the next run does."""


def wanted(
    store: Store,
    watches: Sequence[Watch],
    *,
    at: datetime,
    last_complete: datetime | None,
    recheck_days: int,
) -> tuple[str, ...]:
    """The uids to fetch, each once; unknown first: a run cut short has filed the news.

    `last_complete` is when the last complete run of any of the topics began.
    """
    searched = [watch for watch in watches if watch.search]
    known, gone = store.articles.known(), store.articles.withdrawn()
    fresh = store.articles.read_between(at - FRESH, at)
    on_file = known - gone  # a withdrawn record that is listed again may have come back
    pending = {entry.uid for entry in store.pending.all()}
    uids: dict[str, None] = {}
    for watch in searched:
        hits = watch.search.uids if watch.search else ()
        unknown = [uid for uid in hits if uid not in on_file]
        room = max(HELD_AT_MOST - len(watch.held), 0) if watch.exploded else None
        uids.update(dict.fromkeys(unknown[:room]))
    uids.update(dict.fromkeys(sorted(pending - gone)))
    again = [uid for watch in searched for uid in watch.changed if uid in known]
    if searched and last_complete:
        share = _share(len(known), at - last_complete, recheck_days)
        again += store.articles.due_for_recheck(at - FRESH, share, now=at)
    uids.update(dict.fromkeys(uid for uid in again if uid not in fresh))
    uids.update(dict.fromkeys(sorted(uid for watch in searched for uid in watch.controls)))
    return tuple(uids)


def _share(known: int, elapsed: timedelta, recheck_days: int) -> int:
    """How many known records to read again, those read longest ago first.

    So many that each has its turn within `recheck_days` at the pace at which runs come, with a
    fifth to spare.
    """
    return math.ceil(1.2 * known * (elapsed / timedelta(days=1)) / recheck_days)
