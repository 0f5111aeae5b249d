"""ESpell: what a query may have meant; the good reply holds an empty ERROR (recorded)."""

import re
from collections.abc import Collection
from difflib import get_close_matches

from litwatch.demo.calls import Call, Reply
from litwatch.demo.view import View
from litwatch.demo.words import STOP_WORDS, fold
from litwatch.demo.xml import element

LEAST = 0.75
"""How alike a word must be to be offered, between 0 and 1."""
_PARTS = re.compile(r"([^\W\d_]+)")
_HEAD = (
    '<?xml version="1.0"?>\n<!DOCTYPE eSpellResult PUBLIC "-//NLM//DTD eSpellResult, 23 November'
    ' 2004//EN" "https://www.ncbi.nlm.nih.gov/entrez/query/DTD/eSpell.dtd">\n'
)


def espell(call: Call) -> Reply:
    """The query with its misspelt words replaced; empty where there is nothing to replace."""
    term = call.params.get("term")
    parts = _PARTS.split(term)
    known = View(call.snapshot, call.vocabulary).spoken()
    replaced = [_corrected(part, known) if number % 2 else "" for number, part in enumerate(parts)]
    corrected = "".join(new or old for new, old in zip(replaced, parts, strict=True))
    spelled = _spelled(parts, replaced) if any(replaced) else ""
    content = (
        element("Database", call.params.get("db") or "pubmed"),
        element("Query", term),
        element("CorrectedQuery", corrected.lower() if any(replaced) else ""),
        f"<SpelledQuery>{spelled}</SpelledQuery>",
        "<ERROR/>",
    )
    inner = "".join(f"\t{line}\n" for line in content)
    return Reply(f"{_HEAD}<eSpellResult>\n{inner}</eSpellResult>\n".encode())


def _corrected(word: str, known: Collection[str]) -> str:
    """The known word that is likest, empty where the word is known itself or none is near."""
    plain = fold(word)
    if plain in known or plain in STOP_WORDS:
        return ""
    return next(iter(get_close_matches(plain, known, n=1, cutoff=LEAST)), "")


def _spelled(parts: list[str], replaced: list[str]) -> str:
    """What stayed and what was replaced, in turn (NBK25499)."""
    spelled, stayed = "", ""
    for old, new in zip(parts, replaced, strict=True):
        if new:
            spelled += element("Original", stayed) + element("Replaced", new)
            stayed = ""
        else:
            stayed += old
    return spelled + (element("Original", stayed) if stayed else "")
