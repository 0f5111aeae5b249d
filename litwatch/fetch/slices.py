"""Slices of time for a query with more hits than one search lists: they tile, and none is too full.

Which create dates [crdt] the hits bear is known of those on file, so the slices are planned from
them; what has come since makes a slice fuller at most, and then it is halved.
"""

from collections.abc import Sequence
from datetime import date, timedelta

Span = tuple[date, date]
"""From the first day to the last, both in it."""

FIRST_DAY = date(1800, 1, 1)
"""Before the create date of any record."""
DAY = timedelta(days=1)


def planned(days: Sequence[date], most: int, last: date) -> tuple[Span, ...]:
    """Spans from FIRST_DAY to `last`, the newest first, with about `most` of the days in each.

    A day that comes often is in one span with all that it has, which may be more. Without days: the
    two halves of all time.
    """
    known = sorted(day for day in days if FIRST_DAY < day < last)
    if not known:
        return halves((FIRST_DAY, last))
    parts = -(-len(known) // most)
    cuts = {known[len(known) * part // parts] for part in range(1, parts)}
    starts = sorted({FIRST_DAY, *cuts})
    ends = [*(start - DAY for start in starts[1:]), last]
    return tuple(reversed(list(zip(starts, ends, strict=True))))


def halves(span: Span) -> tuple[Span, ...]:
    """The newer half and the older one; a single day has none."""
    first, last = span
    if first == last:
        return ()
    middle = first + (last - first) // 2
    return (middle + DAY, last), (first, middle)
