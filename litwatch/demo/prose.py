"""Papers in words of our own: titles, abstracts and headings made from the templates of life.toml.

Every one is synthetic; the mark that says so is set where its XML is made (records/xml.py).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from litwatch.demo.records.xml import Journal, Names
from litwatch.demo.tables import table

_TABLES = table("life")
_PROSE: Mapping[str, Any] = _TABLES["prose"]
_DISEASES: Sequence[Mapping[str, Any]] = _TABLES["disease"]
_AGENTS: Sequence[Mapping[str, str]] = _TABLES["agent"]
_TYPES = {
    "case": ("Case Reports", "Journal Article"),
    "series": ("Journal Article",),
    "review": ("Journal Article", "Review"),
    "letter": ("Letter",),
}
_FORMS = {"case": 12, "series": 5, "review": 2, "letter": 1}
"""The forms of a paper, and how often each is met."""
_QUALIFIED = ("drug therapy", "pathology")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a paper says. `topic` is the disease's, empty where no query of ours looks for it.

    A `veiled` paper names its disease in the headings alone.
    """

    topic: str
    veiled: bool
    title: str
    abstract: str
    types: tuple[str, ...]
    mesh: tuple[str, ...]
    authors: tuple[str, ...]
    affiliation: str
    journal: str


@cache
def names() -> Names:
    """The journals and identifiers of the sample records, with the few that they lack."""
    journals = {key: Journal(**row) for key, row in _of_the_records("journals").items()}
    vocabulary = _of_the_records("vocabulary")
    vocabulary["publication_types"] |= _TABLES["publication_types"]
    return Names(journals=journals, **vocabulary)


def _of_the_records(name: str) -> dict[str, Any]:
    return tomllib.loads(files("litwatch.demo.records").joinpath(f"{name}.toml").read_text("utf-8"))


def write(random: Random, *, veiled: bool) -> Paper:
    """A paper on one of the diseases, veiled if that is asked and its disease has a heading."""
    diseases = [each for each in _DISEASES if not veiled or "veiled" in each]
    disease = random.choices(diseases, [each["weight"] for each in diseases])[0]
    form = random.choices(list(_FORMS), list(_FORMS.values()))[0]
    agent, failed = random.sample(_AGENTS, 2)
    words = _words(random, disease, agent, failed, veiled=veiled)
    words["form"] = _PROSE["forms"][form].format_map(words)
    pattern = random.choice(disease["veiled"] if veiled else _PROSE["titles"])
    return Paper(
        topic=disease["topic"],
        veiled=veiled,
        title=f"{pattern.format_map(words)}.",
        abstract="" if form == "letter" else _abstract(random, form, words),
        types=_TYPES[form],
        mesh=_mesh(random, disease, agent),
        authors=tuple(_author(random) for _ in range(random.randint(1, 5))),
        affiliation=_PROSE["affiliation"].format_map(words),
        journal=random.choice(_PROSE["journals"]),
    )


def _words(
    random: Random,
    disease: Mapping[str, Any],
    agent: Mapping[str, str],
    failed: Mapping[str, str],
    *,
    veiled: bool,
) -> dict[str, str]:
    words = {
        "name": "the disorder" if veiled else random.choice(disease["names"]),
        "agent": agent["name"],
        "dose": agent["dose"],
        "failed": failed["name"],
        "organ": random.choice(_PROSE["organs"]),
        "person": random.choice(_PROSE["persons"]),
        "place": random.choice(_PROSE["places"]),
        "age": str(random.randint(24, 86)),
        "n": str(random.randint(4, 60)),
        "years": str(random.randint(2, 15)),
        "months": str(random.randint(3, 24)),
    }
    capitals = ("name", "agent", "failed", "organ")
    return words | {name.capitalize(): _capitalized(words[name]) for name in capitals}


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _abstract(random: Random, form: str, words: Mapping[str, str]) -> str:
    parts = ["findings", "failures", "treatments", "outcomes", "conclusions"]
    patterns = [random.choice(_PROSE["background"]), _PROSE["patients"][form]]
    patterns += [random.choice(_PROSE[part]) for part in parts]
    return " ".join(pattern.format_map(words) for pattern in patterns)


def _mesh(random: Random, disease: Mapping[str, Any], agent: Mapping[str, str]) -> tuple[str, ...]:
    headings = {f"{agent['heading']}/therapeutic use", "Humans"}
    headings.update(random.sample(_PROSE["headings"], 2))
    if heading := disease.get("heading"):
        headings.add(f"*{heading}/{random.choice(_QUALIFIED)}")
    return tuple(sorted(headings, key=lambda heading: heading.lstrip("*")))


def _author(random: Random) -> str:
    return f"{random.choice(_PROSE['last_names'])}, {random.choice(_PROSE['first_names'])}"
