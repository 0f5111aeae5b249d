"""Records by the ten thousand, to see what litwatch does where PubMed lists no more than 9,999.

    with StandIn(bulk_library(50_000, seed=1), clock) as stand_in: ...

They are small and much alike, so that half a hundred thousand are made and indexed in seconds: all
that differs is the PMID, the title (one of some dozens), and the day of creation. Every one is
found by `scleromyxedema[tiab]`, `Scleromyxedema[mh]` and `journal article[pt]`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from random import Random

from litwatch.demo.document import Document, read
from litwatch.demo.library import Library, Revision
from litwatch.demo.records.xml import MARK

FIRST_PMID = 90_000_001
FIRST_DAY = date(1966, 1, 1)
LAST_DAY = date(2026, 10, 31)
_SUBJECTS = ("the hands", "the face", "the gut", "the lungs", "the heart", "the nerves")
_FORMS = ("a case", "two cases", "a family", "a series", "an autopsy", "a follow-up")
_RECORD = (
    '<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
    "<DateRevised>{padded}</DateRevised>"
    '<Article PubModel="Print"><Journal><ISSN IssnType="Print">9999-0075</ISSN>'
    '<JournalIssue CitedMedium="Print"><Volume>7</Volume><PubDate><Year>{year}</Year></PubDate>'
    "</JournalIssue><Title>Synthetic journal of dermatology</Title>"
    "<ISOAbbreviation>Synth J Dermatol</ISOAbbreviation></Journal>"
    "<ArticleTitle>{title}</ArticleTitle>"
    "<Pagination><MedlinePgn>1-2</MedlinePgn></Pagination>"
    '<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Abelmann-Roe</LastName>'
    "<ForeName>Ada</ForeName><Initials>A</Initials></Author></AuthorList>"
    "<Language>eng</Language><PublicationTypeList>"
    '<PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList>'
    "</Article><MedlineJournalInfo><MedlineTA>Synth J Dermatol</MedlineTA>"
    "<NlmUniqueID>999900001</NlmUniqueID></MedlineJournalInfo><MeshHeadingList><MeshHeading>"
    '<DescriptorName UI="D053718" MajorTopicYN="Y">Scleromyxedema</DescriptorName></MeshHeading>'
    '</MeshHeadingList><GeneralNote Owner="NLM">' + MARK + "</GeneralNote></MedlineCitation>"
    '<PubmedData><History><PubMedPubDate PubStatus="entrez">{plain}</PubMedPubDate>'
    '<PubMedPubDate PubStatus="pubmed">{plain}</PubMedPubDate></History>'
    "<PublicationStatus>ppublish</PublicationStatus><ArticleIdList>"
    '<ArticleId IdType="pii">bulk</ArticleId></ArticleIdList></PubmedData></PubmedArticle>'
)
_TITLE = re.compile(rb"<ArticleTitle>([^<]*)")


def bulk(
    count: int, seed: int, *, first: date = FIRST_DAY, last: date = LAST_DAY
) -> Mapping[str, tuple[Revision, ...]]:
    """So many records by PMID, created on days from `first` to `last` drawn by the seed.

    A record appears on the day of its creation, and PMIDs rise with it.
    """
    random = Random(seed)
    days = sorted(random.randint(first.toordinal(), last.toordinal()) for _ in range(count))
    records = {}
    for number, ordinal in enumerate(days):
        pmid, day = str(FIRST_PMID + number), date.fromordinal(ordinal)
        title = f"Scleromyxedema of {random.choice(_SUBJECTS)}: {random.choice(_FORMS)}."
        records[pmid] = (Revision(day, _record(pmid, title, day)),)
    return records


def _record(pmid: str, title: str, day: date) -> bytes:
    padded = f"<Year>{day:%Y}</Year><Month>{day:%m}</Month><Day>{day:%d}</Day>"
    plain = f"<Year>{day.year}</Year><Month>{day.month}</Month><Day>{day.day}</Day>"
    return _RECORD.format(
        pmid=pmid, title=title, year=day.year, padded=padded, plain=plain
    ).encode()


def bulk_library(
    count: int, seed: int, *, first: date = FIRST_DAY, last: date = LAST_DAY
) -> Library:
    """A library of nothing but such records, which is read by their likeness, and so in seconds."""
    records = bulk(count, seed, first=first, last=last)
    days = {pmid: revisions[0].moment.date() for pmid, revisions in records.items()}
    return Library(records, read=_Reader(days))


class _Reader:
    """Reads one record of each title, and makes the others' documents from it."""

    def __init__(self, days: Mapping[str, date]) -> None:
        self._days = days
        self._models: dict[bytes, Document] = {}
        self._dates: dict[date, Mapping[str, tuple[date, ...]]] = {}

    def __call__(self, pmid: str, xml: bytes) -> Document:
        found = _TITLE.search(xml)
        title = found[1] if found else b""
        if title not in self._models:
            self._models[title] = read(pmid, xml)
        model, day = self._models[title], self._days[pmid]
        if day not in self._dates:
            self._dates[day] = _dates(day)
        items = {**model.items, "UID": frozenset({pmid})}
        return replace(model, items=items, dates=self._dates[day])


def _dates(day: date) -> Mapping[str, tuple[date, ...]]:
    printed = (date(day.year, 1, 1),)
    of_creation = dict.fromkeys(("CRDT", "EDAT", "MHDA", "MDAT"), (day,))
    return {**of_creation, "CDAT": (), "PPDT": printed, "EPDT": (), "PDAT": printed}
