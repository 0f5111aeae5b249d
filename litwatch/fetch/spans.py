"""Dates in queries: days, months, years, and what lies between two of them.

Formats are those of the PubMed User Guide: YYYY/MM/DD, YYYY/MM, YYYY, a colon between two of them;
a year that has not come (`3000`) leaves the end open.
"""

import re
from calendar import monthrange
from datetime import date
from typing import NamedTuple

_DATE = re.compile(r"(\d{4})(?:/(\d{1,2})(?:/(\d{1,2}))?)?", re.ASCII)
_LAST = re.compile(r"last \d+ (day|month|year)s?", re.ASCII | re.IGNORECASE)


class Span(NamedTuple):
    """From one day to another, both included."""

    first: date
    last: date


def is_relative(text: str) -> bool:
    """Whether the value counts back from today: `last 30 days`."""
    return bool(_LAST.fullmatch(text.strip()))


def span(text: str) -> Span | None:
    """What one value, or two with a colon between, stand for; None where it is no date."""
    low, colon, high = text.partition(":")
    if colon:
        first, last = _calendar(low), _calendar(high)
        return Span(first.first, last.last) if first and last else None
    return _calendar(text)


def _calendar(text: str) -> Span | None:
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return Span(first, first)
    end = month or 12
    return Span(first, date(first.year, end, monthrange(first.year, end)[1]))
