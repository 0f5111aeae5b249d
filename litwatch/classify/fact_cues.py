"""Cues of facts: the words in `study_types.toml` and `facts.toml` that say what an article is.

A cue is data: an id that becomes the evidence's rule, what it says, a regular expression on
normalised text, and examples that must and must not match. The built-in files are part of the
package, so a fault in them is a fault of the package, found by its tests.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from litwatch.classify.numerals import MARK
from litwatch.models import Field

TEXT_FIELDS: tuple[Field, ...] = ("title", "vernacular_title", "abstract", "other_abstract")
_FRAGMENT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class FactCue:
    """Words that say `value` of an article where they stand in one of `fields`.

    `counts` where the cue holds a number to be read, so that text without numbers can be skipped.
    """

    id: str
    value: str
    fields: tuple[Field, ...]
    pattern: re.Pattern[str]
    matches: tuple[str, ...]
    ignores: tuple[str, ...]
    counts: bool

    def find_in(self, text: str) -> Iterator[re.Match[str]]:
        """Every match in a normalised text whose numbers are blotted out."""
        if self.counts and MARK not in text:
            return iter(())
        return self.pattern.finditer(text)


@cache
def fact_cues(file: str, table: str) -> tuple[FactCue, ...]:
    """The cues of one table of a built-in file, in file order."""
    document = _document(file)
    fragments = _fragments(document)
    return tuple(_cue(entry, fragments) for entry in document[table])


@cache
def _document(file: str) -> dict[str, list[dict[str, str | list[str]]]]:
    content = (files("litwatch.classify") / "rules" / file).read_text(encoding="utf-8")
    return tomllib.loads(content)


def tables(file: str) -> tuple[str, ...]:
    """The names of the tables of cues in a built-in file."""
    return tuple(name for name in _document(file) if name != "fragments")


def _fragments(document: Mapping[str, object]) -> dict[str, str]:
    """Named pieces of regular expressions; a piece may use the pieces above it.

    `{number}` is any number; `{n}` and `{m}` are numbers to be counted, `{age}` one to be read.
    """
    number = f"(?:(?<!{MARK}){MARK}++)"  # never a part of a number
    known = {"number": number, "n": f"(?P<n>{number})", "m": f"(?P<m>{number})"}
    known["age"] = f"(?P<age>{number})"
    for name, piece in cast("dict[str, str]", document.get("fragments", {})).items():
        known[name] = _filled(piece, known)
    return known


def _filled(pattern: str, fragments: Mapping[str, str]) -> str:
    return _FRAGMENT.sub(lambda found: fragments[found[1]], pattern)


def _cue(entry: Mapping[str, str | list[str]], fragments: Mapping[str, str]) -> FactCue:
    fields = cast("list[Field]", entry.get("fields", TEXT_FIELDS))
    pattern = re.compile(_filled(str(entry["pattern"]), fragments))
    return FactCue(
        id=str(entry["id"]),
        value=str(entry["value"]),
        fields=tuple(fields),
        pattern=pattern,
        matches=tuple(entry.get("matches", ())),
        ignores=tuple(entry.get("ignores", ())),
        counts=fragments["n"] in pattern.pattern or fragments["age"] in pattern.pattern,
    )
