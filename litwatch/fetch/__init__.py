"""Where records come from: the one protocol that every source keeps.

A source turns its service's answers into our models and its failures into our errors; nothing after
it knows which service an article came from.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from litwatch.models import Batch, Search
from litwatch.settings import Topic


class Source(Protocol):
    """A service that can be searched and read. Raises SourceError and its kinds alone."""

    def search(self, topic: Topic, created: Sequence[date] = ()) -> Search:
        """All records that answer to the topic's whole query, now.

        `created` are the days on which the source created the topic's records that are on file.
        """
        ...

    def changed(self, topic: Topic, since: date) -> tuple[str, ...]:
        """The uids among the topic's hits whose record was changed on or after `since`."""
        ...

    def fetch(self, uids: Sequence[str]) -> Iterator[Batch]:
        """The records, batch by batch, every asked uid accounted for exactly once."""
        ...
