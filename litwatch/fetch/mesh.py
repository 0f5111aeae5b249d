"""What litwatch knows of MeSH: which headings stand below one, and which names mean it.

`[mh]` finds a heading and all that is narrower, and other names lead to their heading (PubMed User
Guide). The table is data and holds a small part of the tree (`mesh.toml`), so a heading that is not
in it is not thereby unknown to PubMed.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from litwatch.fetch.words import fold


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading or publication type, its name folded as `key`.

    `narrower` are the keys of all below it; None: they are not known here. A check tag stands by
    itself, without qualifier or star, wherever one of them does. `wide` says what else an explosion
    brings, empty where it brings what one expects.
    """

    name: str
    key: str
    narrower: frozenset[str] | None
    wide: str = ""
    is_check_tag: bool = False


def _load() -> tuple[dict[str, Heading], dict[str, Heading]]:
    document = tomllib.loads((files("litwatch.fetch") / "mesh.toml").read_text("utf-8"))
    headings: dict[str, Heading] = {}
    for row in document["heading"]:
        narrower = frozenset(map(fold, row["narrower"])) if "narrower" in row else None
        heading = Heading(
            row["name"],
            fold(row["name"]),
            narrower,
            row.get("wide", ""),
            is_check_tag=row.get("check_tag", False),
        )
        headings |= {fold(name): heading for name in (row["name"], *row.get("entries", ()))}
    types = {
        fold(row["name"]): Heading(
            row["name"], fold(row["name"]), frozenset(map(fold, row.get("narrower", ())))
        )
        for row in document["type"]
    }
    return headings, types


HEADINGS, TYPES = _load()
"""Every known heading by its names, every known publication type; names are folded."""
