"""What a new reader is shown of what is on file: how much there is, and the newest papers.

It is read a part at a time, for none of it is shown but a few papers, and once in a run for all new
readers who ask for the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litwatch.digest.build import newest
from litwatch.digest.owed import each_once, matches
from litwatch.models import Stored
from litwatch.settings import Filters
from litwatch.store.articles import Articles

PART = 500
"""Articles that are held at a time."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many papers of the topics on file pass the filters, each once, and the newest few."""

    number: int
    newest: tuple[Stored, ...]


class OnFile:
    """What is on file at one moment, for readers of any topics and filters.

    `twins` are by uid the other records of the same paper.
    """

    def __init__(
        self, articles: Articles, twins: Mapping[str, frozenset[str]], *, part: int = PART
    ) -> None:
        self._articles = articles
        self._twins = twins
        self._part = part
        self._found: dict[tuple[tuple[str, ...], Filters], Found] = {}

    def of(self, topics: Sequence[str], filters: Filters) -> Found:
        """What there is for a reader of these topics; read once."""
        key = tuple(topics), filters
        if key not in self._found:
            self._found[key] = self._read(topics, filters)
        return self._found[key]

    def _read(self, topics: Sequence[str], filters: Filters) -> Found:
        taken: set[str] = set()
        kept: tuple[Stored, ...] = ()
        for skip in range(0, self._articles.count(topics), self._part):
            part = self._articles.newest(topics, self._part, skip=skip)
            passing = [stored for stored in part if matches(stored, filters)]
            papers = each_once(passing, self._twins, taken)
            taken.update(stored.article.uid for stored in papers)
            kept = newest((*kept, *papers))
        return Found(len(taken), kept)
