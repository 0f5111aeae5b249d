"""A small part of the MeSH tree: what a heading is also called, and what stands below it.

`[mh]` finds a heading and all that is narrower ("explosion"); entry terms lead to their heading
(PubMed User Guide). The table is data: `mesh.toml`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from litwatch.demo.tables import table
from litwatch.demo.words import phrase


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: `key` is its name as items are compared, `narrower` the keys below and itself."""

    name: str
    key: str
    narrower: tuple[str, ...]

    @property
    def natural(self) -> str:
        """The name in the order of speech, as titles have it: `follicular mucinosis`."""
        last, comma, first = self.name.lower().partition(", ")
        return phrase(f"{first} {last}" if comma else last)


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a new year of MeSH does to a heading from a day on.

    `new` is its new name, empty where the heading is dropped. `is_entry` says that the old name
    stays an entry term, as it mostly does (https://www.nlm.nih.gov/mesh/intro_preparing.html).
    """

    on: date
    old: str
    new: str = ""
    is_entry: bool = True


_TABLE = table("mesh")


def _below(number: str, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    return {
        phrase(row["name"])
        for row in rows
        if any(f"{other}.".startswith(f"{number}.") for other in row["numbers"])
    }


def _load(rows: Sequence[Mapping[str, Any]]) -> dict[str, Heading]:
    headings: dict[str, Heading] = {}
    for row in rows:
        keys = set().union(*(_below(number, rows) for number in row["numbers"]))
        heading = Heading(row["name"], phrase(row["name"]), tuple(sorted(keys)))
        for name in (row["name"], *row.get("entries", ())):
            headings[phrase(name)] = heading
    return headings


HEADINGS: Mapping[str, Heading] = _load(_TABLE["heading"])
"""Every heading and entry term, folded, to its heading."""
_TYPES = {phrase(row["name"]): tuple(map(phrase, row["narrower"])) for row in _TABLE["type"]}


def headings_on(day: date, renamings: tuple[Renaming, ...]) -> Mapping[str, Heading]:
    """The headings and entry terms as they are on that day."""
    past = tuple(renaming for renaming in renamings if renaming.on <= day)
    return _headings_after(past) if past else HEADINGS


@cache
def _headings_after(renamings: tuple[Renaming, ...]) -> Mapping[str, Heading]:
    rows = list(_TABLE["heading"])
    for renaming in renamings:
        rows = [new for row in rows for new in _renamed(row, renaming)]
    return _load(rows)


def _renamed(row: Mapping[str, Any], renaming: Renaming) -> Iterator[Mapping[str, Any]]:
    if phrase(row["name"]) != phrase(renaming.old):
        yield row
    elif renaming.new:
        old = [renaming.old] if renaming.is_entry else []
        yield {**row, "name": renaming.new, "entries": [*row.get("entries", ()), *old]}


def narrower_types(publication_type: str) -> tuple[str, ...]:
    """A publication type (folded) and those below it."""
    return (publication_type, *_TYPES.get(publication_type, ()))
