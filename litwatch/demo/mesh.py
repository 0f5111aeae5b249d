"""A small part of the MeSH tree: what a heading is also called, and what stands below it.

`[mh]` finds a heading and all that is narrower ("explosion"); entry terms lead to their heading
(PubMed User Guide). The table is data: `mesh.toml`.
"""

from dataclasses import dataclass

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


def _below(number: str, rows: list[dict[str, list[str]]]) -> set[str]:
    return {
        phrase(str(row["name"]))
        for row in rows
        if any(f"{other}.".startswith(f"{number}.") for other in row["numbers"])
    }


def _load() -> tuple[dict[str, Heading], dict[str, tuple[str, ...]]]:
    tree = table("mesh")
    headings: dict[str, Heading] = {}
    for row in tree["heading"]:
        keys = set().union(*(_below(number, tree["heading"]) for number in row["numbers"]))
        heading = Heading(row["name"], phrase(row["name"]), tuple(sorted(keys)))
        for name in (row["name"], *row.get("entries", ())):
            headings[phrase(name)] = heading
    types = {phrase(row["name"]): tuple(map(phrase, row["narrower"])) for row in tree["type"]}
    return headings, types


HEADINGS, _TYPES = _load()
"""Every heading and entry term, folded, to its heading."""


def narrower_types(publication_type: str) -> tuple[str, ...]:
    """A publication type (folded) and those below it."""
    return (publication_type, *_TYPES.get(publication_type, ()))
