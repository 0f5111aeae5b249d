"""The search fields of PubMed: their names, their tags, and how each is searched.

The table is data (`fields.toml`); names and codes are those of EInfo (recorded 2025-11-27), tags
those of the PubMed User Guide.
"""

import re
from dataclasses import dataclass
from typing import Literal

from litwatch.demo.tables import table

Kind = Literal["words", "items", "types", "mesh", "author", "journal", "identifier", "uid", "dates"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: EInfo's code, the name that QueryTranslation shows, and how it is searched.

    `about` is what EInfo says of it, `is_hidden` whether PubMed's own pages leave it out.
    """

    code: str
    name: str
    kind: Kind
    proximity: bool = False
    about: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A field as a query names it, with what follows the colon: `[mh:noexp]`, `[tiab:~3]`."""

    field: Field
    explode: bool = True
    distance: int | None = None

    @property
    def name(self) -> str:
        """As QueryTranslation shows it."""
        if self.distance is not None:
            return f"{self.field.name}:~{self.distance}"
        return self.field.name if self.explode else f"{self.field.name}:noexp"


def _load() -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for row in table("fields")["field"]:
        field = Field(**{key: value for key, value in row.items() if key != "tags"})
        for tag in (field.code, field.name, *row["tags"]):
            fields[tag.lower()] = field
    return fields


FIELDS = _load()
"""Every tag in lower case, short and long, to its field."""
ALL = Tag(FIELDS["all"])
CREATED = FIELDS["crdt"]
ENTERED = FIELDS["edat"]

_MODIFIER = re.compile(r"(?P<name>.*?)\s*:\s*(?:(?P<noexp>noexp)|~(?P<distance>\d{1,4}))")


def find(text: str) -> Tag | None:
    """The tag between the brackets, or None where PubMed knows no such field."""
    plain = " ".join(text.lower().split())
    modified = _MODIFIER.fullmatch(plain)
    field = FIELDS.get(modified["name"] if modified else plain)
    if field is None:
        return None
    if not modified:
        return Tag(field)
    if modified["noexp"]:
        return Tag(field, explode=False) if field.kind == "mesh" else None
    return Tag(field, distance=int(modified["distance"])) if field.proximity else None
