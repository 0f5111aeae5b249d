"""One sample record in plain fields, and the states it passes through.

A record's life follows from its dates: it appears on `created` without MeSH, as publishers send
it, and is indexed on `indexed`, if ever; `revisions` are later changes, each with its day `at` and
the fields that it changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

Text = str | Mapping[str, str]
"""An XML fragment, or one fragment for each section label."""


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one record; titles and abstracts are XML fragments, wrapped as one likes.

    `published` is written as printed ("2018 Mar 4", "2025 Nov-Dec", "2009 Summer"). An author is
    "Last, Fore"; a name without a comma is a group. `mesh` is written as in MEDLINE's text form,
    with stars for the major topics: "Scleromyxedema/*drug therapy/pathology". `entered` is the
    Entrez date where it is not the day of creation. A record with `book` is a chapter of it.
    """

    pmid: int
    created: date
    published: str
    title: str
    journal: str = ""
    book: str = ""
    version: int = 1
    vernacular: str = ""
    language: str = "eng"
    abstract: Text = ""
    other_abstract: Text = ""
    authors: Sequence[str] = ()
    affiliation: str = ""
    orcid: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    online: date | None = None
    received: date | None = None
    accepted: date | None = None
    entered: date | None = None
    indexed: date | None = None
    indexing: str = "Automated"
    status: str = "Publisher"
    types: Sequence[str] = ("Journal Article",)
    mesh: Sequence[str] = ()
    chemicals: Sequence[str] = ()
    keywords: Sequence[str] = ()
    doi: str = ""
    retired_doi: str = ""
    pii: str = ""
    pmcid: str = ""
    competing_interests: str = ""
    corrections: Sequence[Mapping[str, Any]] = ()
    references: Sequence[Mapping[str, str]] = ()
    revisions: Sequence[Mapping[str, Any]] = ()

    def is_indexed(self, day: date) -> bool:
        """Whether the record carries its MeSH headings on that day."""
        return self.indexed is not None and self.indexed <= day


def states(record: Record) -> Iterator[tuple[date, Record]]:
    """Each day on which the record changes, with the record as it stands from that day on."""
    changes = {revision["at"]: _fields(revision) for revision in record.revisions}
    indexing = {record.indexed} if record.indexed else set()
    for day in sorted({record.created} | indexing | changes.keys()):
        record = replace(record, **changes.get(day, {}))
        yield day, record


def _fields(revision: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in revision.items() if name != "at"}
