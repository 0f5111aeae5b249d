"""What PubMed held at every moment, read from the library's own revisions and nothing of litwatch.

Which records a topic's query finds is the stand-in's answer; what befell a record is read from its
XML here, by NLM's words for it (https://www.nlm.nih.gov/bsd/policy/errata.html).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from litwatch.demo.evaluate import Circumstances, answer
from litwatch.demo.library import Library, Revision, Snapshot
from litwatch.demo.view import PHRASES, View, Vocabulary
from litwatch.settings import Topic

MARKS = {
    "RetractionIn": "Retracted",
    "ErratumIn": "Erratum",
    "ExpressionOfConcernIn": "Expression of concern",
    "CorrectedandRepublishedIn": "Corrected and republished",
    "RepublishedIn": "Corrected and republished",
    "UpdateIn": "Update",
}
"""What a paper's own link to a notice is called in a correction that a reader gets."""
ANNOUNCED = {
    "RetractionOf": "Retracted",
    "ErratumFor": "Erratum",
    "ExpressionOfConcernFor": "Expression of concern",
    "CorrectedandRepublishedFrom": "Corrected and republished",
    "RepublishedFrom": "Corrected and republished",
    "UpdateOf": "Update",
}
"""The same for a notice's own link to its paper, which may be there days before."""
GONE = "No longer in PubMed"
MOVED = "Under another number in PubMed"
"""What a reader is told of a record that is gone: where the paper has another one, MOVED."""


@dataclass(frozen=True, slots=True)
class Event:
    """What befell a record, and since when PubMed shows it; `stamped` is its DateRevised then.

    What is `announced` stands in the notice's record, and not in that of the paper.
    """

    pmid: str
    mark: str
    notice: str
    since: datetime
    stamped: date | None
    announced: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the record's date says that it changed then: some changes come backdated."""
        return self.stamped is not None and self.stamped >= self.since.date()


class Truth:
    """One library under the topics' queries."""

    def __init__(self, library: Library, topics: Sequence[Topic]) -> None:
        self.library = library
        self.topics = {topic.id: topic.query for topic in topics}
        self._vocabulary = Vocabulary(PHRASES)
        self._moments = [revision.moment for revision in library.revisions]
        self._answers: dict[tuple[str, int], frozenset[str]] = {}
        histories: dict[str, list[Revision]] = {}
        for pmid, revision in zip(library.owners, library.revisions, strict=True):
            histories.setdefault(pmid, []).append(revision)
        self._papers = {pmid: _paper(each[0].xml) for pmid, each in histories.items()}
        self._records: dict[tuple[str, str], set[str]] = {}
        self.events: dict[str, tuple[Event, ...]] = {}
        for pmid, paper in self._papers.items():
            self._records.setdefault(paper, set()).add(pmid)
        for pmid, revisions in histories.items():
            for event in _events(pmid, revisions):
                self.events[event.pmid] = (*self.events.get(event.pmid, ()), event)

    def found(self, topic: str, at: datetime) -> frozenset[str]:
        """The PMIDs that the topic's query finds at a moment."""
        state = topic, bisect_right(self._moments, at)
        if state not in self._answers:
            self._answers[state] = self._find(topic, self.library.at(at))
        return self._answers[state]

    def is_there(self, pmid: str, at: datetime) -> bool:
        """Whether PubMed has the record then."""
        return pmid in self.library.at(at).current

    def paper(self, pmid: str) -> frozenset[str]:
        """All records of the paper that this is a record of: of one DOI and title."""
        return frozenset(self._records.get(self._papers.get(pmid, ("", "")), ())) | {pmid}

    def title(self, pmid: str, at: datetime) -> str:
        """The record's title then, in plain text."""
        root = etree.fromstring(self.library.at(at).xml(pmid) or b"")
        return _title(root)

    def _find(self, topic: str, snapshot: Snapshot) -> frozenset[str]:
        view = View(snapshot, self._vocabulary)
        found = answer(self.topics[topic], view, Circumstances(date.max))
        return frozenset(map(snapshot.pmid, found.hits))


def _events(pmid: str, revisions: Sequence[Revision]) -> Iterator[Event]:
    """One for each thing that a revision says, of itself or of another, and no earlier one did."""
    seen: set[tuple[str, str]] = set()
    for revision in revisions:
        if revision.withdrawn:
            yield Event(pmid, GONE, "", revision.moment, None)
            continue
        root = etree.fromstring(revision.xml)
        for link in root.iterfind("MedlineCitation/CommentsCorrectionsList/*"):
            kind, other = link.get("RefType", ""), link.findtext("PMID") or ""
            name = kind, other or link.findtext("RefSource") or ""
            if name in seen:
                continue
            seen.add(name)
            if kind in MARKS:
                yield Event(pmid, MARKS[kind], other, revision.moment, _stamp(root))
            elif kind in ANNOUNCED:
                yield Event(other, ANNOUNCED[kind], pmid, revision.moment, _stamp(root), True)


def _paper(xml: bytes) -> tuple[str, str]:
    """The DOI and the title by which the paper is known, whatever the record's number."""
    root = etree.fromstring(xml)
    doi = root.findtext("PubmedData/ArticleIdList/ArticleId[@IdType='doi']") or ""
    return doi, _title(root)


def _title(root: etree._Element) -> str:
    return str(root.xpath("string(.//ArticleTitle)"))


def _stamp(root: etree._Element) -> date | None:
    stamp = root.find("MedlineCitation/DateRevised")
    if stamp is None:
        return None
    return date(*(int(stamp.findtext(part) or "") for part in ("Year", "Month", "Day")))
