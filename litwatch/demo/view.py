"""What one search can see: the index narrowed to the records that hold, and PubMed's wider index.

The sample records are few; PubMed's index is not. A word that PubMed surely holds must not count as
unknown only because none of the samples uses it: such words and phrases stand in `vocabulary.toml`,
and are known without finding anything.
"""

from collections.abc import Collection, Sequence
from datetime import date

from litwatch.demo.dates import Span
from litwatch.demo.document import Document
from litwatch.demo.library import Snapshot
from litwatch.demo.tables import table
from litwatch.demo.words import GAP, zones
from litwatch.demo.words import phrase as folded

PHRASES: tuple[str, ...] = tuple(table("vocabulary")["phrases"])
"""Phrases of PubMed's index that the sample records may lack."""


class Vocabulary:
    """Words and phrases that are known although no record holds them."""

    def __init__(self, phrases: Collection[str]) -> None:
        self._text = zones(folded(phrase) for phrase in phrases)
        self.words = frozenset(self._text.split()) - {GAP}

    def knows(self, words: Sequence[str], *, truncated: bool) -> bool:
        """Whether these words stand in it one after the other."""
        return f" {' '.join(words)}" + ("" if truncated else " ") in self._text


class View:
    """The index of a library at one moment; every answer holds revision numbers."""

    def __init__(self, snapshot: Snapshot, vocabulary: Vocabulary) -> None:
        self.snapshot = snapshot
        self.everything = snapshot.alive
        self._vocabulary = vocabulary
        self._index = snapshot.library.index

    def knows(self, words: Sequence[str], *, truncated: bool) -> bool:
        """Whether PubMed's index holds these words one after the other, in whatever field."""
        if self._vocabulary.knows(words, truncated=truncated):
            return True
        return bool(self.phrase("ALL", words, truncated=truncated))

    def spoken(self) -> frozenset[str]:
        """Every word that PubMed's index holds, in whatever field."""
        return self._vocabulary.words.union(self._index.words("ALL"))

    def phrase(self, code: str, words: Sequence[str], *, truncated: bool = False) -> frozenset[int]:
        """The records that hold these words one after the other."""
        return self.everything & self._index.with_phrase(code, words, truncated=truncated)

    def near(self, code: str, words: Sequence[str], distance: int) -> frozenset[int]:
        """The records that hold these words near each other, in any order."""
        return self.everything & self._index.with_near(code, words, distance)

    def item(self, code: str, *values: str) -> frozenset[int]:
        """The records that carry any of these items."""
        found = (self._index.with_item(code, value) for value in values)
        return self.everything & frozenset[int]().union(*found)

    def item_starting(self, code: str, prefix: str) -> frozenset[int]:
        """The records that carry an item with this beginning."""
        return self.everything & self._index.with_item_starting(code, prefix)

    def dated(self, code: str, span: Span) -> frozenset[int]:
        """The records with a date of this kind in the span."""
        return self.everything & self._index.with_day(code, span.first, span.last)

    def records(self, pmids: Collection[str]) -> frozenset[int]:
        """The records of these PMIDs that (still) exist."""
        current = self.snapshot.current
        return frozenset(current[pmid] for pmid in pmids if pmid in current)

    def document(self, number: int) -> Document:
        """What a search sees of one record."""
        return self.snapshot.library.documents[number]

    def newest_first(self, numbers: Collection[int]) -> list[int]:
        """By create date, then PMID, both descending: the API's own order (recorded)."""
        return sorted(numbers, key=self._newness, reverse=True)

    def _newness(self, number: int) -> tuple[date, int]:
        created = self.document(number).dates.get("CRDT") or (date.min,)
        return created[0], int(self.snapshot.pmid(number))
