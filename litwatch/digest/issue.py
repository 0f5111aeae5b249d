"""One issue for one reader, before it is rendered: what it holds, and what it stands on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from litwatch.models import Article, Change, Notice, Period, Stored


@dataclass(frozen=True, slots=True)
class TopicCoverage:
    """What the search for one topic gave: PubMed's count, what was new, what is still pending."""

    id: str
    label: str
    count: int | None = None
    new: int = 0
    pending: int = 0
    warnings: tuple[Notice, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a digest stands on: the searches from `start` (None: the whole history) to `end`."""

    start: datetime | None
    end: datetime
    topics: tuple[TopicCoverage, ...] = ()
    errors: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class CorrectionEntry:
    """A change to a paper that this reader's digest of `sent_at` held."""

    change: Change
    paper: Stored
    sent_at: datetime
    notice: Article | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Papers under one heading, newest first; `late` are old papers that PubMed has only now."""

    title: str
    papers: tuple[Stored, ...]
    kind: Literal["treatment", "topic", "late", "newest"]


@dataclass(frozen=True, slots=True)
class Digest:
    """One issue for one reader, before it is rendered; each paper stands in one section.

    `on_file` counts all papers of the reader's topics, `filed_only` those older than a change of
    query or filters; `filters` says in words what the reader asked for; `overflow` are the uids of
    papers and corrections that a shortened digest names by one link alone.
    """

    kind: Literal["issue", "first"]
    period: Period
    timezone: str
    sections: tuple[Section, ...]
    corrections: tuple[CorrectionEntry, ...]
    coverage: Coverage
    on_file: int = 0
    filed_only: int = 0
    rules_version: str = ""
    filters: tuple[str, ...] = ()
    overflow: tuple[str, ...] = ()

    @property
    def papers(self) -> tuple[Stored, ...]:
        """All papers of the digest in reading order, corrections apart."""
        return tuple(paper for section in self.sections for paper in section.papers)
