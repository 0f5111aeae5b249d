"""Treatments by organs: how many papers of this issue, and of all on file, report both.

A paper counts where a treatment was given and an organ involved: what failed, was considered or was
excluded is in the paper's own tags. The table is small, so that a phone shows it: the treatments
and organs that come most often in this issue; how many it leaves out is said. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from litwatch.models import Stored, Tag

MAX_ROWS = 8
MAX_COLUMNS = 4
NO_TREATMENT = frozenset({"modifier"})
"""Classes of the rules that say how something was given, not what."""
NO_ORGAN = frozenset({"systemic_nos"})
"""Tags of involvement that name no organ."""

Reported = tuple[Sequence[Tag], Sequence[Tag]]
"""The treatments that were given in a paper, and the organs that were involved."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many papers: in this issue, and in all that is on file."""

    here: int
    in_all: int


@dataclass(frozen=True, slots=True)
class Row:
    """One treatment: all papers in which it was given, then those with each organ of the table."""

    treatment: Tag
    every: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The treatments of an issue by its organs; `rows_left_out` are treatments past the last."""

    organs: tuple[Tag, ...]
    rows: tuple[Row, ...]
    rows_left_out: int = 0


def tabulate(issue: Iterable[Reported], on_file: Iterable[Reported]) -> Table | None:
    """The table of an issue, its commonest treatments first; None where it gives none.

    Where the issue brings no treatment that was given, there is nothing to tabulate.
    """
    here, in_all = _Counts(issue), _Counts(on_file)
    if not here.treatments:
        return None
    treatments = here.commonest(here.treatments, in_all.treatments)
    organs = here.commonest(here.organs, in_all.organs)[:MAX_COLUMNS]
    rows = (
        Row(
            here.tags[treatment],
            Cell(here.treatments[treatment], in_all.treatments[treatment]),
            tuple(
                Cell(here.pairs[treatment, organ], in_all.pairs[treatment, organ])
                for organ in organs
            ),
        )
        for treatment in treatments[:MAX_ROWS]
    )
    columns = tuple(here.tags[organ] for organ in organs)
    return Table(columns, tuple(rows), max(0, len(treatments) - MAX_ROWS))


def reported(papers: Iterable[Stored]) -> list[Reported]:
    """What papers report, those left out that no longer stand."""
    return [
        (
            [finding.tag for finding in stored.findings.treatments if finding.role == "given"],
            [finding.tag for finding in stored.findings.organs if finding.role == "involved"],
        )
        for stored in papers
        if not (stored.withdrawn or stored.article.is_retracted)
    ]


class _Counts:
    """Papers by treatment, by organ, and by both; by their ids, whatever their labels were."""

    def __init__(self, papers: Iterable[Reported]) -> None:
        self.tags: dict[tuple[str, str], Tag] = {}
        self.treatments: Counter[tuple[str, str]] = Counter()
        self.organs: Counter[tuple[str, str]] = Counter()
        self.pairs: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
        for given, involved in papers:
            treatments = [self._key(tag) for tag in given if tag.group not in NO_TREATMENT]
            organs = [self._key(tag) for tag in involved if tag.id not in NO_ORGAN]
            if treatments:
                self.treatments.update(treatments)
                self.organs.update(organs)
                self.pairs.update(product(treatments, organs))

    def _key(self, tag: Tag) -> tuple[str, str]:
        key = tag.category, tag.id
        self.tags[key] = tag
        return key

    def commonest(
        self, here: Counter[tuple[str, str]], in_all: Counter[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """The keys that come most often here, then in all, then by their labels."""
        return sorted(here, key=lambda key: (-here[key], -in_all[key], self.tags[key].label))
