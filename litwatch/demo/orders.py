"""The order of a result: newest first by default, or as the parameter `sort` says (NBK25499)."""

from collections.abc import Collection
from datetime import date

from litwatch.demo.outcome import Notes
from litwatch.demo.view import View

_NEWEST = {"", "relevance", "most recent", "most+recent", "date_added"}
"""`relevance` is PubMed's Best Match, a trained ranking that the stand-in does not imitate."""


def arrange(hits: Collection[int], view: View, sort: str, notes: Notes) -> list[int]:
    """The records found, in order; an order that is unknown is ignored with a warning."""
    newest = view.newest_first(hits)
    match sort.lower():
        case "pub_date" | "pub+date" | "pub date":
            return sorted(newest, key=lambda number: _published(view, number), reverse=True)
        case "author":
            return sorted(newest, key=lambda number: view.document(number).author.lower())
        case "journalname" | "journal":
            return sorted(newest, key=lambda number: view.document(number).journal.lower())
        case known if known not in _NEWEST:
            notes.messages.append(f"Unknown sort schema '{sort}' ignored")
    return newest


def _published(view: View, number: int) -> date:
    return max(view.document(number).dates.get("PDAT") or (date.min,))
