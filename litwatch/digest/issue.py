"""One issue for one reader, before it is rendered: what it holds, and what it stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from litwatch.digest.table import Table
from litwatch.models import Article, Change, Notice, Period, Stored


@dataclass(frozen=True, slots=True)
class TopicCoverage:
    """What the search for one topic gave: PubMed's count, what is new, still pending, held back.

    `unread` are those of the pending records that are not on file.
    """

    id: str
    label: str
    count: int | None = None
    new: int = 0
    pending: int = 0
    warnings: tuple[Notice, ...] = ()
    error: str | None = None
    held: int = 0
    unread: int = 0


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


SectionKind = Literal["treatment", "topic", "late", "review", "notice", "newest"]


@dataclass(frozen=True, slots=True)
class Section:
    """Papers under one heading, newest first.

    `late` are old papers that PubMed has only now, `review` reviews and guidelines, `notice` the
    notices of retractions, concerns and errata, which are about other papers.
    """

    title: str
    papers: tuple[Stored, ...]
    kind: SectionKind


@dataclass(frozen=True, slots=True)
class Digest:
    """One issue for one reader, before it is rendered; each paper stands in one section.

    `on_file` counts the papers that a first issue stands for, `per_year` all papers by their years,
    `filed_only` those older than a change of query or filters; `filters` says in words what the
    reader asked for, and `filtered` are the uids of new papers that did not pass.
    """

    kind: Literal["issue", "first"]
    period: Period
    timezone: str
    sections: tuple[Section, ...]
    corrections: tuple[CorrectionEntry, ...]
    coverage: Coverage
    on_file: int = 0
    table: Table | None = None
    per_year: Mapping[int, int] = field(default_factory=dict)
    filed_only: int = 0
    filtered: tuple[str, ...] = ()
    rules_version: str = ""
    filters: tuple[str, ...] = ()

    @property
    def papers(self) -> tuple[Stored, ...]:
        """All papers of the digest in reading order, corrections apart."""
        return tuple(paper for section in self.sections for paper in section.papers)
