"""Rule files -> one checked, frozen Ruleset; or one RuleError that lists every fault with its line.

The built-in files lie in `rules/`; each says at its top what its keys mean. Further files, named in
the configuration, add rules or replace built-in ones by id. A rule that is wrong stops the start:
a tagger that skipped it silently would miss papers nobody knows about.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, cast

from litwatch.errors import RuleError
from litwatch.models import Category

RuleCategory = Literal["treatment", "organ", "topic"]
Direction = Literal["before", "after", "touching", "around", "previous"]
Value = str | int | bool | tuple[str, ...]

TREATMENT_SENSES = (
    *("cause", "background", "certain", "considered", "withdrawn", "failed", "given", "mentioned"),
)
"""What a cue can say of a treatment, strongest first within one clause."""
ORGAN_SENSES = (
    *("adverse", "excluded", "differential", "comorbid", "abnormal", "involved", "general"),
)
"""What a cue can say of an organ, strongest first within one clause."""
SENSES: dict[str, tuple[str, ...]] = {
    "treatment": (*TREATMENT_SENSES, "except", "same"),
    "organ": (*ORGAN_SENSES, "except"),
    "sentence": ("case", "single", "animal", "literature", "several"),
}
"""The roles that a cue about each may have."""
TOPIC_LABELS = (
    *("scleromyxedema", "lichen_myxedematosus_localized", "papular_mucinosis", "scleredema"),
    *("rem", "follicular_mucinosis", "other_cutaneous_mucinosis"),
)
"""The labels that the topics of an article are given in; `topics.toml` maps its entries to them."""

_FOLDER = files("litwatch.classify") / "rules"
_FILES = ("treatments.toml", "organs.toml", "findings.toml", "topics.toml", "context.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    """The surface forms of one treatment, organ system, manifestation or disease.

    `tags` are the ids that a hit stands for: the rule's own, the parent's of a manifestation, the
    agents' of a regimen, the contract's labels of a topic. A general term `covers` treatments
    beside which its mere mention says nothing; a rule for `several` drugs tells them by the word;
    a `comorbid` one is mostly taken for another disease, and counts where its effect is told.
    """

    id: str
    category: RuleCategory
    label: str
    group: str
    tags: tuple[str, ...]
    at_most: str = ""
    covers: tuple[str, ...] = ()
    several: bool = False
    comorbid: bool = False
    terms: tuple[str, ...] = ()
    examinations: tuple[str, ...] = ()
    case_sensitive: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    context: tuple[re.Pattern[str], ...] = ()
    headings: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    matches: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that say what a mention near them means; `context.toml` describes the keys."""

    id: str
    about: Literal["treatment", "organ", "sentence"]
    role: str
    direction: Direction
    pattern: re.Pattern[str]
    only_title: bool = False
    reach: int = 0
    finite: bool = False
    effect: bool = False
    matches: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ruleset:
    """All rules in file order; `version` changes with every change of a rule file."""

    rules: tuple[Rule, ...]
    cues: tuple[Cue, ...]
    version: str

    def ids(self, category: Category) -> tuple[str, ...]:
        """The ids that tags of one category can have, in rule order."""
        return tuple(
            rule.id for rule in self.rules if rule.category == category and rule.id in rule.tags
        )


def load_ruleset(extra: Sequence[Path] = ()) -> Ruleset:
    """The built-in rules with those of the extra files; raises RuleError with every fault.

    The built-in files are part of the package: read by themselves, they are read once.
    """
    return _loaded(extra) if extra else _built_in()


@cache
def _built_in() -> Ruleset:
    return _loaded(())


def _loaded(extra: Sequence[Path]) -> Ruleset:
    digest = hashlib.sha256()
    faults: list[str] = []
    tables: dict[tuple[str, str], _Table] = {}
    sources: list[Traversable | Path] = [_FOLDER / name for name in _FILES]
    for source in (*sources, *extra):
        content = _read(source, faults)
        digest.update(content)
        for table in _tables(content, source.name, faults):
            tables[table.kind, table.text("id")] = table
    for name in sorted(file.name for file in _FOLDER.iterdir() if file.name.endswith(".toml")):
        if name not in _FILES:  # the cues of facts: `fact_cues` reads them
            digest.update((_FOLDER / name).read_bytes())
    faults.extend(_reference_faults(tables))
    if faults:
        raise RuleError(faults)
    return Ruleset(
        rules=tuple(_rule(table) for table in tables.values() if table.kind in _RULE_KINDS),
        cues=tuple(_cue(table) for table in tables.values() if table.kind == "cue"),
        version=digest.hexdigest()[:12],
    )


# ---- tables of a file ----------------------------------------------------------------------------

_RULE_KINDS = ("treatment", "organ", "topic")
_RULE_KEYS = {
    **dict.fromkeys(("id", "label", "class"), "text!"),
    **dict.fromkeys(("terms", "case_sensitive", "abbreviations", "vernacular"), "texts"),
    **dict.fromkeys(("mesh", "substances", "source", "matches", "ignores"), "texts"),
    **dict.fromkeys(("context", "exclude"), "patterns"),
    "note": "text",
}
_KEYS: dict[str, dict[str, str]] = {
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
        "words": "patterns",
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
class _Table:
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


def _read(source: Traversable | Path, faults: list[str]) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        faults.append(
            f"{source}: cannot be read: {error.strerror}; see `rules` in the configuration"
        )
        return b""


def _tables(content: bytes, name: str, faults: list[str]) -> Iterator[_Table]:
    """The sound tables of a file; what is wrong with the others is added to the faults."""
    try:
        text = content.decode()
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{name}: not valid TOML: {error}")
        return
    for kind, entries in document.items():
        if kind not in _KEYS or not isinstance(entries, list):
            line = _line_of(text, rf"\[*\s*{re.escape(kind)}\b")
            faults.append(f"{name}:{line}: unknown table: {kind}{_nearest(kind, _KEYS)}")
            continue
        lines = [text.count("\n", 0, at.start()) + 1 for at in _headers(text, kind)]
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
                yield _Table(kind, place, {key: _frozen(value) for key, value in entry.items()})


def _headers(text: str, kind: str) -> Iterator[re.Match[str]]:
    return re.finditer(rf"^[ \t]*\[\[\s*{re.escape(kind)}\s*\]\]", text, re.MULTILINE)


def _line_of(text: str, pattern: str) -> int:
    found = re.search(rf"^[ \t]*{pattern}", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _frozen(value: Value | list[str]) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _faults_of(kind: str, entry: Mapping[str, object]) -> list[str]:
    """All that is wrong with one table, taken by itself."""
    keys = _KEYS[kind]
    found = [f"unknown key: {key}{_nearest(key, keys)}" for key in entry if key not in keys]
    for key, shape in keys.items():
        if key not in entry:
            if shape.endswith("!"):
                found.append(f"the key {key} is missing")
            continue
        found.extend(_value_faults(key, shape.rstrip("!"), entry[key]))
        choices = _CHOICES.get(kind, {}).get(key)
        if choices and entry[key] not in choices:
            found.append(f"{key}: unknown value: {entry[key]}{_nearest(str(entry[key]), choices)}")
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
    if shape.startswith("pattern"):
        found.extend(filter(None, (_pattern_fault(key, text) for text in texts)))
    return found


def _pattern_fault(key: str, pattern: str) -> str:
    try:
        re.compile(_unwrapped(pattern))
    except re.error as error:
        return f"{key}: not a regular expression: {pattern}: {error}"
    return ""


def _reference_faults(tables: Mapping[tuple[str, str], _Table]) -> Iterator[str]:
    """Names of other rules and of contract labels that do not exist."""
    for table in tables.values():
        known = [identifier for kind, identifier in tables if kind == table.kind]
        named = [(key, name) for key in ("agents", "covers") for name in table.texts(key)]
        if parent := table.text("parent"):
            named.append(("parent", parent))
        elif table.text("class") == "manifestation":
            yield f"{table.place}: a manifestation needs a parent"
        for key, name in named:
            if name not in known:
                yield f"{table.place}: {key}: no such rule: {name}{_nearest(name, known)}"
        for label in table.texts("topics"):
            if label not in TOPIC_LABELS:
                nearest = _nearest(label, TOPIC_LABELS)
                yield f"{table.place}: topics: no such label: {label}{nearest}"
        if table.kind == "cue":
            yield from _cue_faults(table)


def _cue_faults(table: _Table) -> Iterator[str]:
    """What is wrong with a cue although each of its keys is sound."""
    role, senses = table.text("role"), SENSES[table.text("about")]
    if ("words" in table.values) == ("pattern" in table.values):
        yield f"{table.place}: either words or a pattern is needed"
    if role not in senses:
        yield f"{table.place}: role: unknown value: {role}{_nearest(role, senses)}"
    elif role == "except" and table.text("direction") != "before":
        yield f"{table.place}: direction: an except stands before what it turns round"


# ---- checked tables -> rules ---------------------------------------------------------------------


def _rule(table: _Table) -> Rule:
    """A rule; a vernacular form loses its language, `mesh` its place in the list of substances."""
    category = cast("RuleCategory", table.kind)
    own = table.texts("agents") or (table.text("parent") or table.text("id"),)
    foreign = (form.rpartition(":")[2].strip() for form in table.texts("vernacular"))
    return Rule(
        id=table.text("id"),
        category=category,
        label=table.text("label"),
        group=table.text("class"),
        tags=table.texts("topics") if category == "topic" else own,
        at_most=table.text("at_most"),
        covers=table.texts("covers"),
        several=bool(table.values.get("several")),
        comorbid=bool(table.values.get("comorbid")),
        terms=(*table.texts("terms"), *foreign),
        examinations=table.texts("examinations"),
        case_sensitive=table.texts("case_sensitive"),
        abbreviations=table.texts("abbreviations"),
        context=_patterns(table.texts("context")),
        headings=table.texts("mesh"),
        substances=table.texts("substances"),
        exclude=_patterns(table.texts("exclude")),
        matches=table.texts("matches"),
        ignores=table.texts("ignores"),
    )


def _cue(table: _Table) -> Cue:
    values, words = table.values, "|".join(_unwrapped(word) for word in table.texts("words"))
    return Cue(
        id=table.text("id"),
        about=cast("Literal['treatment', 'organ', 'sentence']", values["about"]),
        role=table.text("role"),
        direction=cast("Direction", values["direction"]),
        pattern=re.compile(_unwrapped(table.text("pattern")) or rf"\b(?:{words})\b"),
        only_title=table.text("where") == "title",
        reach=cast("int", values.get("reach", 0)),
        finite=bool(values.get("finite")),
        effect=bool(values.get("effect")),
        matches=table.texts("matches"),
        ignores=table.texts("ignores"),
    )


def _unwrapped(pattern: str) -> str:
    """A pattern without the line breaks and indents that make it readable."""
    return "".join(line.lstrip() for line in pattern.splitlines())


def _patterns(texts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, re.IGNORECASE) for text in texts)
