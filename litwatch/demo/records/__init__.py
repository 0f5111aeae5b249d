"""The sample records of the demo: synthetic, in the shape of the literature on the mucinoses.

The records are data, one TOML table each (`record.py` says what its fields mean, `xml.py` makes
PubMed's XML of them). No paper, author, journal, DOI or patient in them exists. PMIDs start at
99000001 and rise with the day of creation.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from litwatch.demo.library import Revision
from litwatch.demo.records.record import Record, states
from litwatch.demo.records.xml import Journal, Names, article

LOOKUPS = ("journals.toml", "vocabulary.toml")


@cache
def load() -> Mapping[str, tuple[Revision, ...]]:
    """Every sample record in all its revisions, oldest first, by PMID."""
    journals = {key: Journal(**table) for key, table in _read("journals.toml").items()}
    names = Names(journals=journals, **_read("vocabulary.toml"))
    return {str(record.pmid): tuple(_revisions(record, names)) for record in _records()}


def _revisions(record: Record, names: Names) -> Iterator[Revision]:
    for day, state in states(record):
        yield Revision(at=day, xml=article(state, day, names))


def _records() -> Iterator[Record]:
    names = sorted(entry.name for entry in files(__name__).iterdir())
    for name in names:
        if name.endswith(".toml") and name not in LOOKUPS:
            for table in _read(name)["record"]:
                yield Record(**table)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(name).read_text("utf-8"))
