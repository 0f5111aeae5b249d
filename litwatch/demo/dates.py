"""Dates in queries: days, months and years, ranges, and spans that end today.

Formats are those of the User Guide: YYYY/MM/DD, YYYY/MM, YYYY, a colon between two of them, and
`last 30 days`. Day granularity, open ends by a year that has not come (`3000`).
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_DATE = re.compile(r"(\d{4})(?:/(\d{1,2})(?:/(\d{1,2}))?)?")
_LAST = re.compile(r"last (\d{1,5}) (day|month|year)s?")
_DAYS = {"day": 1, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """As QueryTranslation has it: `2026/09/01:2026/09/08`."""
        return f"{_slashed(self.first)}:{_slashed(self.last)}"


def span(text: str, today: date) -> Span | None:
    """What one value or a range with a colon stands for; None where it is no date."""
    low, colon, high = text.partition(":")
    if colon:
        return between(low, high, today)
    relative = _LAST.fullmatch(text.strip().lower())
    if relative:
        return last_days(int(relative[1]) * _DAYS[relative[2]], today)
    return _calendar(text)


def between(low: str, high: str, today: date) -> Span | None:
    """From the first day of one value to the last day of another."""
    first, last = (span(text.replace(":", " "), today) for text in (low, high))
    return Span(first.first, last.last) if first and last else None


def last_days(days: int, today: date) -> Span:
    """The last n days: the recorded reply to `reldate=60` begins 60 days before its end."""
    return Span(max(date.min, today - timedelta(days=min(days, today.toordinal() - 1))), today)


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


def _slashed(day: date) -> str:
    return day.isoformat().replace("-", "/")
