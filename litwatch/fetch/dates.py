"""Publication dates as journals print them, and the day that can be read from them.

PubMed's own rules for a date of publication (PubMed User Guide, "Date of publication"): a missing
month is January, a season is its first month (winter January, spring April, summer July, fall
October), a missing day is the first.
"""

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_MONTH = {name: place for place, name in enumerate(_MONTHS, start=1)} | {
    "winter": 1,
    "spring": 4,
    "summer": 7,
    "fall": 10,
    "autumn": 10,
}
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_MONTH = re.compile(rf"\b({'|'.join(_FIRST_MONTH)})", re.IGNORECASE)
_DAY = re.compile(r"[a-z]*\.?\s+(\d{1,2})(?!\d)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\d{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Printed:
    """A date as printed, the first day it can mean, and how much of that day was printed."""

    text: str = ""
    day: date | None = None
    has_month: bool = False
    has_day: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)


def day_of(year: str, month: str = "", day: str = "") -> date | None:
    """The day of three printed numbers; an impossible day becomes the first of its month."""
    if not _YEAR.fullmatch(year):
        return None
    number = _month_number(month) or 1
    for choice in (int(day) if _NUMBER.fullmatch(day) else 1, 1):
        try:
            return date(int(year), number, choice)
        except ValueError:
            continue
    return None


def printed(year: str, month: str = "", day: str = "") -> Printed:
    """A date printed in parts; the month may be a name, a number or a season."""
    number = _month_number(month)
    name = _MONTHS[number - 1].capitalize() if number and _NUMBER.fullmatch(month) else month
    text = " ".join(part for part in (year, name, day.lstrip("0")) if part)
    return Printed(text, day_of(year, month, day), number is not None, bool(day))


def free(text: str) -> Printed:
    """A date printed as free text, such as `2018 Nov-Dec` or `Winter 1998-1999`."""
    year, month = _YEAR.search(text), _MONTH.search(text)
    if not year:
        return Printed(text)
    day = _DAY.match(text, month.end()) if month else None
    parts = (year[0], month[1] if month else "", day[1] if day else "")
    return Printed(text, day_of(*parts), month is not None, day is not None)


def best(paper: Printed, electronic: date | None) -> date | None:
    """The day a paper came out: the electronic one where it is earlier, or says more exactly.

    A journal that prints only "2018" gives January; the electronic date of that year is better.
    """
    if paper.day is None or electronic is None:
        return paper.day or electronic
    same_year = electronic.year == paper.day.year
    inside = not paper.has_day and same_year
    inside = inside and (not paper.has_month or electronic.month == paper.day.month)
    return electronic if inside else min(paper.day, electronic)


def _month_number(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(text) if 1 <= int(text) <= len(_MONTHS) else None
    match = _MONTH.search(text)
    return _FIRST_MONTH[match[1].lower()] if match else None
