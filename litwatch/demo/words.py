"""Text as PubMed's index sees it: lower case, no diacritics, no punctuation.

The User Guide: diacritics are ignored, special characters are replaced by a space; Greek letters
are spelled out (assumed). Both a record and a query pass through here, so they meet.
"""

import re
import unicodedata
from collections.abc import Iterable

from litwatch.demo.tables import table

STOP_WORDS = frozenset(table("vocabulary")["stop_words"])
"""Words that are dropped from a query unless they stand in a phrase (PubMed User Guide)."""

_GREEK = {
    character: unicodedata.name(character).split()[-1].lower()
    for character in "αβγδεζηθικλμνξοπρσςτυφχψω"
}
_GREEK |= {"ς": "sigma", "λ": "lambda"}
_LETTERS = str.maketrans(
    _GREEK | {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_WORD = re.compile(r"[^\W_]+")

GAP = "|"
"""Stands between two zones of a field, so that no phrase reaches across."""


def fold(text: str) -> str:
    """The text in lower case and without diacritics."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return plain.casefold().translate(_LETTERS)


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded: `Buschke's sclerœdema` -> buschke, s, scleroedema."""
    return tuple(_WORD.findall(fold(text)))


def phrase(text: str) -> str:
    """The words of a text with single blanks, the form in which items are compared."""
    return " ".join(words(text))


def zones(folded: Iterable[str]) -> str:
    """Folded texts as one searchable string, padded: ` one two | three `."""
    return f" {f' {GAP} '.join(text for text in folded if text)} "
