"""Text as PubMed's index sees it: words in lower case, without diacritics and punctuation.

The PubMed User Guide: diacritics are ignored, special characters are replaced by a space. Greek
letters are spelled out (assumed). A query and a record both pass through here, so they meet.
"""

import re
import unicodedata

GAP = " | "
"""Stands between two texts of one field, so that no phrase reaches across."""

_LETTERS = {
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ς": "sigma",
    "λ": "lambda",
} | {letter: unicodedata.name(letter).split()[-1].lower() for letter in "αβγδεζηθικμνξοπρστυφχψω"}
"""Letters that no decomposition makes plain."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}


class _Plain(dict[str, str]):
    """A character that is not ASCII to what the index has for it, worked out when first met."""

    def __missing__(self, character: str) -> str:
        apart = unicodedata.normalize("NFKD", character.casefold())
        letters = (
            _LETTERS.get(each, each if each.isalnum() else " ")
            for each in apart.casefold()
            if not unicodedata.combining(each)
        )
        plain = self[character] = "".join(letters)
        return plain


_PLAIN = _Plain()


def fold(text: str) -> str:
    """The words of a text with single blanks: `Buschke's sclerœdema` -> `buschke s scleroedema`."""
    if not text.isascii():
        text = _NOT_ASCII.sub(lambda match: _PLAIN[match[0]], text)
    return " ".join(text.translate(_ASCII).split())


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded."""
    return tuple(fold(text).split())
