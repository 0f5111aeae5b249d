"""Rule files -> one checked, frozen Ruleset; or one RuleError that lists every fault with its line.

The built-in files lie in `rules/`; each says at its top what its keys mean. Further files, named in
the configuration, add rules or replace built-in ones by id (docs/rules.md). A rule that is wrong
stops the start: a tagger that skipped it silently would miss papers nobody knows about.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, cast

from litwatch import __version__
from litwatch.classify.guards import Guard, Guarded
from litwatch.classify.rule_tables import (
    RULE_KINDS,
    Table,
    compiled,
    nearest,
    one_of,
    read_tables,
    unwrapped,
)
from litwatch.errors import RuleError
from litwatch.models import Category

RuleCategory = Literal["treatment", "organ", "topic"]
Direction = Literal["before", "after", "touching", "around", "previous"]

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
"""The labels that the topics of an article are given in; `topics.toml` maps its entries to them.

A rule file for another disease adds a label by a topic that has its own id for one.
"""

_FOLDER = files("litwatch.classify") / "rules"
FILES = ("treatments.toml", "organs.toml", "findings.toml", "topics.toml", "context.toml")
"""The built-in files, in the order of the output."""


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
    context: tuple[Guarded, ...] = ()
    headings: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    exclude: tuple[Guarded, ...] = ()
    matches: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that say what a mention near them means; `context.toml` describes the keys."""

    id: str
    about: Literal["treatment", "organ", "sentence"]
    role: str
    direction: Direction
    pattern: Guarded
    only_title: bool = False
    reach: int = 0
    finite: bool = False
    effect: bool = False
    matches: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ruleset:
    """All rules in file order; `version` changes with every change of a rule file or release."""

    rules: tuple[Rule, ...]
    cues: tuple[Cue, ...]
    version: str

    def ids(self, category: Category) -> tuple[str, ...]:
        """The ids that tags of one category can have, in rule order."""
        return tuple(
            rule.id for rule in self.rules if rule.category == category and rule.id in rule.tags
        )


def load_ruleset(extra: Sequence[Path] = (), *, base: Path | None = None) -> Ruleset:
    """The built-in rules with those of the extra files; raises RuleError with every fault.

    The built-in files are part of the package: read by themselves, they are read once. A folder
    `base` with files of the same names takes their place.
    """
    return _loaded(extra, base or _FOLDER) if extra or base else _built_in()


def rule_files(places: Sequence[Path]) -> tuple[Path, ...]:
    """The files, and the rule files in the folders; raises RuleError for a folder with none.

    The built-in cues of facts, in a copy of the built-in folder, are no rule files.
    """
    found: list[Path] = []
    for place in places:
        inside = sorted(place.glob("*.toml")) if place.is_dir() else [place]
        if not inside:
            raise RuleError([f"{place}: no rule file (*.toml) is in this folder"])
        found += [file for file in inside if file.name not in _fact_files() or file == place]
    return tuple(found)


def ruleset_at(place: Path) -> Ruleset:
    """The rules with those of one file or folder; raises RuleError.

    A folder with files of the names of all built-in ones, such as those of another release, is a
    whole set and takes their place.
    """
    inside = rule_files([place])
    if not set(FILES) <= {file.name for file in inside}:
        return load_ruleset(inside)
    return load_ruleset([file for file in inside if file.name not in FILES], base=place)


@cache
def _built_in() -> Ruleset:
    return _loaded((), _FOLDER)


@cache
def _fact_files() -> tuple[str, ...]:
    """The names of the built-in files that `fact_cues` reads."""
    names = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name for name in names if name.endswith(".toml") and name not in FILES))


def _loaded(extra: Sequence[Path], base: Traversable | Path) -> Ruleset:
    digest = hashlib.sha256(__version__.encode())
    faults: list[str] = []
    tables: dict[tuple[str, str], Table] = {}
    sources: list[Traversable | Path] = [base / name for name in FILES]
    for source in (*sources, *extra):
        content = _read(source, faults)
        digest.update(content)
        name = source.name if base == _FOLDER and source in sources else str(source)
        for table in read_tables(content, name, faults):
            tables[table.kind, table.text("id")] = table
    for name in _fact_files():
        digest.update((_FOLDER / name).read_bytes())
    faults.extend(_reference_faults(tables))
    if faults:
        raise RuleError(faults)
    whole, guard = Guard(is_lower=True), Guard()
    return Ruleset(
        rules=tuple(_rule(table, whole) for table in tables.values() if table.kind in RULE_KINDS),
        cues=tuple(_cue(table, guard) for table in tables.values() if table.kind == "cue"),
        version=digest.hexdigest()[:12],
    )


def _read(source: Traversable | Path, faults: list[str]) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        faults.append(
            f"{source}: cannot be read: {error.strerror}; see `rules` in the configuration"
        )
        return b""


# ---- what names other rules ----------------------------------------------------------------------


def _reference_faults(tables: Mapping[tuple[str, str], Table]) -> Iterator[str]:
    """Names of other rules and of labels that do not exist."""
    own = (name for kind, name in tables if kind == "topic")
    labels = (
        *TOPIC_LABELS,
        *(name for name in own if name in tables["topic", name].texts("topics")),
    )
    for table in tables.values():
        known = [identifier for kind, identifier in tables if kind == table.kind]
        named = [(key, name) for key in ("agents", "covers") for name in table.texts(key)]
        if parent := table.text("parent"):
            named.append(("parent", parent))
        elif table.text("class") == "manifestation":
            yield f"{table.place}: a manifestation needs a parent"
        for key, name in named:
            if name not in known:
                yield f"{table.place}: {key}: no such rule: {name}{nearest(name, known)}"
        for label in table.texts("topics"):
            if label not in labels:
                yield f"{table.place}: topics: no such label: {label}{nearest(label, labels)}"
        if table.kind == "cue":
            yield from _cue_faults(table)


def _cue_faults(table: Table) -> Iterator[str]:
    """What is wrong with a cue although each of its keys is sound."""
    role, senses = table.text("role"), SENSES[table.text("about")]
    if ("words" in table.values) == ("pattern" in table.values):
        yield f"{table.place}: either words or a pattern is needed"
    if role not in senses:
        yield f"{table.place}: role: unknown value: {role}{nearest(role, senses)}"
    elif role == "except" and table.text("direction") != "before":
        yield f"{table.place}: direction: an except stands before what it turns round"


# ---- checked tables -> rules ---------------------------------------------------------------------


def _rule(table: Table, guard: Guard) -> Rule:
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
        context=_patterns(table.texts("context"), guard),
        headings=table.texts("mesh"),
        substances=table.texts("substances"),
        exclude=_patterns(table.texts("exclude"), guard),
        matches=table.texts("matches"),
        ignores=table.texts("ignores"),
        place=table.place,
    )


def _cue(table: Table, guard: Guard) -> Cue:
    values = table.values
    return Cue(
        id=table.text("id"),
        about=cast("Literal['treatment', 'organ', 'sentence']", values["about"]),
        role=table.text("role"),
        direction=cast("Direction", values["direction"]),
        pattern=guard.add(
            compiled(unwrapped(table.text("pattern")) or one_of(table.texts("words")))
        ),
        only_title=table.text("where") == "title",
        reach=cast("int", values.get("reach", 0)),
        finite=bool(values.get("finite")),
        effect=bool(values.get("effect")),
        matches=table.texts("matches"),
        ignores=table.texts("ignores"),
        place=table.place,
    )


def _patterns(texts: Iterable[str], guard: Guard) -> tuple[Guarded, ...]:
    """The patterns, which are looked for in whole normalised texts."""
    return tuple(guard.add(compiled(unwrapped(text), re.IGNORECASE)) for text in texts)
