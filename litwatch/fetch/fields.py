"""PubMed's search fields by their tags, and the words that PubMed drops from a query.

The table is data: `fields.toml`.
"""

import difflib
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

Kind = Literal[
    "text",
    "heading",
    "subheading",
    "substance",
    "type",
    "language",
    "filter",
    "value",
    "author",
    "journal",
    "identifier",
    "uid",
    "date",
    "unkept",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: EInfo's code and name, its shortest tag, and how it is searched (`fields.toml`).

    `whole` says that an Article holds all that PubMed searches in it.
    """

    code: str
    name: str
    tag: str
    kind: Kind
    whole: bool = False
    proximity: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A field as a query names it, with what follows the colon: `[mh:noexp]`, `[tiab:~3]`."""

    field: Field
    explode: bool = True
    distance: int | None = None


def _load() -> tuple[dict[str, Field], dict[str, Any]]:
    document = tomllib.loads((files("litwatch.fetch") / "fields.toml").read_text("utf-8"))
    fields: dict[str, Field] = {}
    for row in document["field"]:
        field = Field(
            code=row["code"],
            name=row["name"],
            tag=min((row["code"].lower(), *row["tags"]), key=len),
            kind=row["kind"],
            whole=row.get("whole", False),
            proximity=row.get("proximity", False),
        )
        fields |= dict.fromkeys((row["code"].lower(), row["name"].lower(), *row["tags"]), field)
    return fields, document


FIELDS, _DOCUMENT = _load()
"""Every tag in lower case, short and long, to its field."""
STOP_WORDS: frozenset[str] = frozenset(_DOCUMENT["stop_words"])
LANGUAGES: dict[str, str] = _DOCUMENT["languages"]
"""Code of a language to its name."""
STATUSES: dict[str, str] = _DOCUMENT["statuses"]
"""A record's status, in lower case, to the subset that it is in."""
ALL = Tag(FIELDS["all"])

_MODIFIED = re.compile(r"(?P<name>.*?)\s*:\s*(?:(?P<noexp>noexp)|~\s*(?P<distance>\d{1,4}))")
_EXPLODING = {"heading", "subheading"}


def find(tag: str) -> Tag | None:
    """What stands between the brackets as a field; None where PubMed knows no such one."""
    plain = " ".join(tag.lower().split())
    modified = _MODIFIED.fullmatch(plain)
    field = FIELDS.get(modified["name"] if modified else plain)
    if field is None or not modified:
        return Tag(field) if field else None
    if modified["noexp"]:
        return Tag(field, explode=False) if field.kind in _EXPLODING else None
    return Tag(field, distance=int(modified["distance"])) if field.proximity else None


def nearest(tag: str) -> str:
    """The known tag that an unknown one looks most like, empty where it looks like none."""
    plain = tag.lower().partition(":")[0].strip()
    return next(iter(difflib.get_close_matches(plain, FIELDS, n=1, cutoff=0.5)), "")
