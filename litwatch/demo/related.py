"""Which records belong to a record: those that are like it, that it cites, that cite it.

Likeness is counted in shared words and headings, the rarer the more; PubMed's own measure (Lin and
Wilbur, BMC Bioinformatics 2007;8:423) is finer, and gives the record itself the highest score too.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from litwatch.demo.citation import Citation, read_citation
from litwatch.demo.view import View
from litwatch.demo.words import GAP

MOST = 100
"""Records that are named as like one."""
SCALE = 1_000_000
HEADING = 2.0
"""How much more a shared heading counts than a shared word."""


def similar(view: View, pmids: Sequence[str]) -> list[tuple[str, int]]:
    """The records that are like some, the likest first, with their scores; the sources lead."""
    scores: Counter[int] = Counter()
    for number in view.records(pmids):
        for hits, weight in _features(view, number):
            for hit in hits:
                scores[hit] += round(SCALE * weight)
    order = sorted(scores, key=lambda number: (-scores[number], -number))
    return [(view.snapshot.pmid(number), scores[number]) for number in order[:MOST]]


def _features(view: View, number: int) -> Iterator[tuple[frozenset[int], float]]:
    """What may be shared: who has it, and what it is worth; all own a little of being a record."""
    document, total = view.document(number), len(view.everything)
    yield frozenset({number}), 1.0
    for word in set(document.words.get("TIAB", "").split()) - {GAP}:
        hits = view.phrase("TIAB", (word,))
        yield hits, math.log(total / len(hits))
    for heading in document.items.get("MESH", ()):
        hits = view.item("MESH", heading)
        yield hits, HEADING * math.log(total / len(hits))


def reviews(view: View, pmids: Sequence[str]) -> list[str]:
    """Those of the records that are reviews."""
    found = view.item("PTYP", "review", "systematic review")
    return [pmid for pmid in pmids if view.records((pmid,)) <= found]


def cited(view: View, pmid: str) -> list[str]:
    """The records that a record's reference list names, by PMID or by DOI."""
    citation = _citation(view, pmid)
    if citation is None:
        return []
    numbers = [view.item(*_field(kind, value)) for kind, value in _references(citation)]
    found = [view.snapshot.pmid(number) for hits in numbers for number in sorted(hits)]
    return list(dict.fromkeys(found))


def citing(view: View, pmid: str) -> list[str]:
    """The records whose reference list names a record, newest first."""
    own = {(kind, value.lower()) for kind, value in _identifiers(view, pmid)}
    newest = (view.snapshot.pmid(number) for number in view.newest_first(view.everything))
    return [other for other in newest if own & _named(view, other)]


def _named(view: View, pmid: str) -> set[tuple[str, str]]:
    citation = _citation(view, pmid)
    return {(kind, value.lower()) for kind, value in _references(citation)} if citation else set()


def pmc_number(view: View, pmid: str) -> str:
    """The number of a record's copy in PubMed Central, empty where there is none."""
    citation = _citation(view, pmid)
    return citation.id("pmc").removeprefix("PMC") if citation else ""


def _citation(view: View, pmid: str) -> Citation | None:
    xml = view.snapshot.xml(pmid)
    return None if xml is None else read_citation(pmid, xml)


def _identifiers(view: View, pmid: str) -> tuple[tuple[str, str], ...]:
    citation = _citation(view, pmid)
    return (*citation.ids, *citation.locations, ("pubmed", pmid)) if citation else ()


def _references(citation: Citation) -> Iterator[tuple[str, str]]:
    for _, identifiers in citation.references:
        yield from (each for each in identifiers if each[0] in ("pubmed", "doi"))


def _field(kind: str, value: str) -> tuple[str, str]:
    return ("UID", value) if kind == "pubmed" else ("AID", value.lower())
