"""ECitMatch: from journal, year, volume, page and author to a PMID (NBK25499).

Each line of `bdata` is `journal|year|volume|first page|author|key|`, ended by a carriage return.
"""

from collections.abc import Iterator
from datetime import date

from litwatch.demo.calls import TEXT, Call, Reply
from litwatch.demo.dates import Span, span
from litwatch.demo.view import View
from litwatch.demo.words import phrase

PARTS = 6
_NOT_FOUND = "NOT_FOUND"


def ecitmatch(call: Call) -> Reply:
    """Each line as it came, with the PMID behind it, or why there is none."""
    view = View(call.snapshot, call.vocabulary)
    data = call.params.get("bdata").replace("\r\n", "\r").replace("\n", "\r")
    lines = (line.strip() for line in data.split("\r"))
    today = call.moment.date()
    answers = (_matched(line, view, today) for line in lines if line)
    return Reply("".join(f"{answer}\n" for answer in answers).encode(), TEXT)


def _matched(line: str, view: View, today: date) -> str:
    parts = [part.strip() for part in line.split("|")][:PARTS]
    parts += [""] * (PARTS - len(parts))
    journal, year, volume, page, author, _ = parts
    found = list(_conditions(view, journal, span(year, today), volume, page, author))
    hits = frozenset.intersection(*found) if found else frozenset()
    match len(hits):
        case 0:
            answer = _NOT_FOUND
        case 1:
            answer = view.snapshot.pmid(*hits)
        case count:
            answer = f"AMBIGUOUS {count} citations"  # the wording is assumed
    return "|".join((*parts, answer))


def _conditions(
    view: View, journal: str, days: Span | None, volume: str, page: str, author: str
) -> Iterator[frozenset[int]]:
    """What each part that is given leaves over."""
    if journal:
        yield view.item("JOUR", phrase(journal))
    if days:
        yield view.dated("PDAT", days)
    if volume:
        yield view.item("VOL", phrase(volume))
    if page:
        first = phrase(page)
        yield view.item("PAGE", first) | view.item_starting("PAGE", f"{first} ")
    if author:
        name = phrase(author)
        yield view.item("AUTH", name) | view.item_starting("AUTH", name)
