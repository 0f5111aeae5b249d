"""The records of the stand-in, each in its revisions, and which of them hold at a virtual moment.

Nothing here knows of HTTP or of queries: a library at a moment is a snapshot of XML records.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time


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
        """The moment as an aware datetime."""
        if isinstance(self.at, datetime):
            return self.at
        return datetime.combine(self.at, time(), UTC)


class Library:
    """All records with all their revisions, oldest first; it does not change."""

    def __init__(self, records: Mapping[str, Sequence[Revision]]) -> None:
        self._records = {
            pmid: tuple(sorted(revisions, key=lambda revision: revision.moment))
            for pmid, revisions in records.items()
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)
