"""Rule files -> checked tables: TOML with known keys and sound values, or faults with their lines.

`KEYS` says which keys each kind of table has; the files themselves, and docs/rules.md, say what
they mean. Patterns are compiled here once, when they are checked.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

Value = str | int | bool | tuple[str, ...]

RULE_KINDS = ("treatment", "organ", "topic")
_RULE_KEYS = {
    **dict.fromkeys(("id", "label", "class"), "text!"),
    **dict.fromkeys(("terms", "case_sensitive", "abbreviations", "vernacular"), "texts"),
    **dict.fromkeys(("mesh", "substances", "source", "matches", "ignores"), "texts"),
    **dict.fromkeys(("context", "exclude"), "patterns"),
    "note": "text",
}
KEYS: dict[str, dict[str, str]] = {
    "treatment": {
        **_RULE_KEYS,
        "parent": "text",
        **dict.fromkeys(("agents", "covers"), "texts"),
        **dict.fromkeys(("several", "comorbid"), "flag"),
    },
    "organ": {**_RULE_KEYS, "parent": "text", "at_most": "text", "examinations": "texts"},
    "topic": {**_RULE_KEYS, "topics": "texts"},
    "cue": {
        **dict.fromkeys(("id", "about", "role", "direction"), "text!"),
        "pattern": "pattern",
        "words": "words",
        "reach": "number",
        **dict.fromkeys(("finite", "effect"), "flag"),
        **dict.fromkeys(("matches", "ignores"), "texts"),
        **dict.fromkeys(("where", "note"), "text"),
    },
}
"""The keys of each kind of table and what they hold; `!` marks those that must be there."""
_CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "cue": {
        "about": ("treatment", "organ", "sentence"),
        "direction": ("before", "after", "touching", "around", "previous"),
        "where": ("title",),
    },
    "organ": {"class": ("system", "manifestation"), "at_most": ("mentioned",)},
}


@dataclass(frozen=True, slots=True)
class Table:
    """One `[[kind]]` table of a rule file, with its place."""

    kind: str
    place: str
    values: Mapping[str, Value]

    def text(self, key: str) -> str:
        """The text under the key, or an empty one."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts under the key, or none."""
        value = self.values.get(key, ())
        return value if isinstance(value, tuple) else ()


def read_tables(content: bytes, name: str, faults: list[str]) -> Iterator[Table]:
    """The sound tables of a file; what is wrong with the others is added to the faults."""
    try:
        text = content.decode()
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{name}: not valid TOML: {error}")
        return
    for kind, entries in document.items():
        if kind not in KEYS or not isinstance(entries, list):
            line = _line_of(text, rf"\[*\s*{re.escape(kind)}\b")
            faults.append(f"{name}:{line}: unknown table: {kind}{nearest(kind, KEYS)}")
            continue
        lines = _lines(text, kind)
        seen: set[object] = set()
        for number, entry in enumerate(entries):
            line = lines[number] if number < len(lines) else 1
            place = f"{name}:{line}: {kind} {entry.get('id', f'number {number + 1}')}"
            found = _faults_of(kind, entry)
            if entry.get("id") in seen:
                found.append("the id is given twice")
            seen.add(str(entry.get("id")))
            faults.extend(f"{place}: {fault}" for fault in found)
            if not found:
                yield Table(kind, place, {key: _frozen(value) for key, value in entry.items()})


def _lines(text: str, kind: str) -> list[int]:
    """The lines on which the tables of a kind begin."""
    header = re.compile(rf"[ \t]*\[\[\s*{re.escape(kind)}\s*\]\]")
    return [line for line, row in enumerate(text.split("\n"), 1) if header.match(row)]


def _line_of(text: str, pattern: str) -> int:
    found = re.search(rf"^[ \t]*{pattern}", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _frozen(value: Value | list[str]) -> Value:
    return tuple(value) if isinstance(value, list) else value


def nearest(word: str, known: Iterable[str]) -> str:
    """What may have been meant, or all that could be, to end a fault with."""
    close = get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _faults_of(kind: str, entry: Mapping[str, object]) -> list[str]:
    """All that is wrong with one table, taken by itself."""
    keys = KEYS[kind]
    found = [f"unknown key: {key}{nearest(key, keys)}" for key in entry if key not in keys]
    for key, shape in keys.items():
        if key not in entry:
            if shape.endswith("!"):
                found.append(f"the key {key} is missing")
            continue
        found.extend(_value_faults(key, shape.rstrip("!"), entry[key]))
        choices = _CHOICES.get(kind, {}).get(key)
        if choices and entry[key] not in choices:
            found.append(f"{key}: unknown value: {entry[key]}{nearest(str(entry[key]), choices)}")
    return found


def _value_faults(key: str, shape: str, value: object) -> list[str]:
    wanted = {"number": int, "flag": bool, "text": str, "pattern": str}.get(shape)
    if wanted is not None:
        if not isinstance(value, wanted) or isinstance(value, bool) != (shape == "flag"):
            return [f"{key}: must be a {shape}"]
        texts = [value] if isinstance(value, str) else []
    else:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return [f"{key}: must be a list of texts"]
        texts = value
    found = [f"{key}: holds an empty text" for text in texts if not text.strip()]
    if shape == "words" and not _pattern_fault(key, one_of(texts)):
        return found
    if shape in ("pattern", "words"):
        found.extend(filter(None, (_pattern_fault(key, text) for text in texts)))
    elif shape == "patterns":
        found.extend(filter(None, (_pattern_fault(key, text, re.IGNORECASE) for text in texts)))
    return found


def _pattern_fault(key: str, pattern: str, flags: int = 0) -> str:
    try:
        compiled(unwrapped(pattern), flags)
    except re.error as error:
        return f"{key}: not a regular expression: {pattern}: {error}"
    return ""


@cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern, compiled once: when it is checked."""
    return re.compile(pattern, flags)


def one_of(words: Sequence[str]) -> str:
    """A pattern that finds any of the patterns as whole words."""
    return rf"\b(?:{'|'.join(map(unwrapped, words))})\b"


def unwrapped(pattern: str) -> str:
    """A pattern without the line breaks and indents that make it readable."""
    return "".join(line.lstrip() for line in pattern.splitlines())
