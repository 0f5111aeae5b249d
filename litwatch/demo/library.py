"""The records of the stand-in, each in its revisions, and which of them hold at a virtual moment.

A library never changes; time does. `Library.at(moment)` is the state of PubMed at that moment: the
revision of each record that holds then, and what a search can see of it.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache

from litwatch.demo.document import Document, read
from litwatch.demo.index import Index

KEPT = 16
"""States that are kept: time moves on, and years of it would fill the memory."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a record: its complete XML, and the virtual moment from which it holds.

    `xml` is one `<PubmedArticle>` or `<PubmedBookArticle>` element. From a `withdrawn` revision on
    the record does not exist (PubMed leaves deleted and merged PMIDs out without a word); its `xml`
    may be empty. A bare date holds from midnight UTC.
    """

    at: date | datetime
    xml: bytes
    withdrawn: bool = False

    @property
    def moment(self) -> datetime:
        """The moment as an aware datetime; a naive one is read as UTC."""
        if not isinstance(self.at, datetime):
            return datetime.combine(self.at, time(), UTC)
        return self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Snapshot:
    """The records at one moment: `current` maps each existing PMID to its revision's number."""

    library: "Library"
    current: Mapping[str, int]

    @cached_property
    def alive(self) -> frozenset[int]:
        """The numbers of the revisions that hold."""
        return frozenset(self.current.values())

    def xml(self, pmid: str) -> bytes | None:
        """The record as it stands, or None where it does not exist (yet, or any more)."""
        number = self.current.get(pmid)
        return None if number is None else self.library.revisions[number].xml

    def pmid(self, number: int) -> str:
        """Whose revision a number is."""
        return self.library.owners[number]


class Library:
    """All records with all their revisions, numbered so that an index can speak of them.

    Built from PMID -> revisions; they are sorted by their moments here. `read` takes a record
    apart for the search: document.read, or a faster one for records that are all alike.
    """

    def __init__(
        self,
        records: Mapping[str, Sequence[Revision]],
        *,
        read: Callable[[str, bytes], Document] = read,
    ) -> None:
        self._read = read
        owned = sorted(
            ((revision, pmid) for pmid, revisions in records.items() for revision in revisions),
            key=lambda pair: pair[0].moment,
        )
        self.revisions: tuple[Revision, ...] = tuple(revision for revision, _ in owned)
        self.owners: tuple[str, ...] = tuple(pmid for _, pmid in owned)
        self._moments = [revision.moment for revision in self.revisions]
        self._snapshot = lru_cache(KEPT)(self._as_of)

    def at(self, moment: datetime) -> Snapshot:
        """The state at a moment (aware); the same object while nothing changes."""
        return self._snapshot(bisect_right(self._moments, moment))

    def _as_of(self, until: int) -> Snapshot:
        """The state after the first so many revisions."""
        newest = {self.owners[number]: number for number in range(until)}
        alive = {pmid: n for pmid, n in newest.items() if not self.revisions[n].withdrawn}
        return Snapshot(self, alive)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """What a search sees of each revision, by its number."""
        return tuple(
            self._read(pmid, revision.xml)
            for pmid, revision in zip(self.owners, self.revisions, strict=True)
        )

    @cached_property
    def index(self) -> Index:
        """The index over every revision; a search narrows its answers to those that hold."""
        return Index(self.documents)
