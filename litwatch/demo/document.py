"""What a search can see of one record: its XML taken apart into PubMed's search fields.

The stand-in reads records by itself, apart from the reader it is there to test. Which element feeds
which field: PubMed User Guide, "Search field descriptions and tags"; dates: EUTILITIES 4.1.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from lxml import etree

from litwatch.demo.tables import table
from litwatch.demo.words import phrase, words, zones

_PARSER = etree.XMLParser(recover=True, no_network=True, resolve_entities=False, huge_tree=True)
_TABLES = table("document")
_MONTHS: dict[str, int] = _TABLES["months"]
_LANGUAGES: dict[str, str] = _TABLES["languages"]
_STATUSES: dict[str, str] = _TABLES["statuses"]
_LINKS: dict[str, str] = _TABLES["links"]


@dataclass(frozen=True, slots=True)
class Document:
    """One revision of a record by field code.

    `words` holds searchable text (words.zones), `items` whole values, `dates` days. `journal`,
    `author` and `title` are what replies and orders need.
    """

    words: Mapping[str, str]
    items: Mapping[str, frozenset[str]]
    dates: Mapping[str, tuple[date, ...]]
    journal: str = ""
    author: str = ""


def read(pmid: str, xml: bytes) -> Document:
    """The document of one record; what cannot be read is simply not found by a search."""
    root = etree.fromstring(xml, _PARSER) if xml.strip() else None
    if root is None:
        return Document({}, {"UID": frozenset({pmid})}, {})
    return _Record(pmid, root).document()


class _Record:
    """A record's element while its fields are gathered."""

    def __init__(self, pmid: str, root: etree._Element) -> None:
        self.pmid = pmid
        self.root = root
        self.is_book = root.tag == "PubmedBookArticle"

    def texts(self, path: str) -> Iterator[str]:
        for element in self.root.iterfind(path):
            if text := _text(element):
                yield text

    def document(self) -> Document:
        authors = list(self._authors("AuthorList"))
        journal = list(self._journal())
        return Document(
            words=self._words(authors, journal),
            items=self._items(authors, journal) | self._mesh(),
            dates=self._dates(),
            journal=next(self.texts(".//MedlineTA"), journal[0] if journal else ""),
            author=authors[0] if authors else "",
        )

    def _journal(self) -> Iterator[str]:
        yield from self.texts(".//Journal/Title")
        yield from self.texts(".//Journal/ISOAbbreviation")
        yield from self.texts(".//MedlineTA")
        yield from self.texts(".//BookTitle")

    def _authors(self, of: str) -> Iterator[str]:
        for author in self.root.iterfind(f".//{of}/Author"):
            parts = (author.findtext(tag, "") for tag in ("LastName", "Initials", "Suffix"))
            name = " ".join(part for part in parts if part)
            if name:
                yield name

    def _words(self, authors: list[str], journal: list[str]) -> dict[str, str]:
        title = _folded(self.texts(".//ArticleTitle")) + _folded(self.texts(".//Book/BookTitle"))
        keywords = _folded(self.texts(".//KeywordList/Keyword"))
        abstract = _folded(self.texts(".//AbstractText")) + _folded(
            self.texts(".//CollectionTitle")
        )
        vernacular = _folded(self.texts(".//VernacularTitle"))
        affiliations = _folded(self.texts(".//Affiliation"))
        groups = _folded(self.texts(".//AuthorList/Author/CollectiveName"))
        title_abstract = title + abstract + keywords
        controlled = [
            *_folded(self.texts(".//MeshHeading/*")),
            *_folded(self.texts(".//PublicationType")),
            *_folded(self.texts(".//NameOfSubstance")),
        ]
        text_word = title_abstract + vernacular + controlled
        everything = (*text_word, *map(phrase, authors), *map(phrase, journal), *affiliations)
        identifiers = map(phrase, self._identifiers())
        return {
            "TITL": zones(title),
            "TIAB": zones(title_abstract),
            "OTRM": zones(keywords),
            "TT": zones(vernacular),
            "AFFL": zones(affiliations),
            "COLN": zones(groups),
            "WORD": zones(text_word),
            "ALL": zones((*everything, *groups, *identifiers)),
        }

    def _identifiers(self) -> Iterator[str]:
        """The record's own identifiers; those of its references stand elsewhere."""
        yield from self.texts(".//Article/ELocationID")
        yield from self.texts("PubmedData/ArticleIdList/ArticleId")
        yield from self.texts("BookDocument/ArticleIdList/ArticleId")
        yield from self.texts("BookDocument/Book/ELocationID")

    def _items(self, authors: list[str], journal: list[str]) -> dict[str, frozenset[str]]:
        issns = self.texts(".//Journal/ISSN"), self.texts(".//ISSNLinking")
        codes = [code.lower() for code in self.texts(".//Language")]
        locations = {text.lower() for text in self.texts(".//ELocationID")}
        return {
            "UID": frozenset({self.pmid}),
            "AUTH": frozenset(map(phrase, authors)),
            "FULL": frozenset(self._full_names()),
            "FAUT": frozenset(map(phrase, authors[:1])),
            "LAUT": frozenset(map(phrase, authors[-1:])),
            "AUID": frozenset(phrase(text) for text in self.texts(".//Author/Identifier")),
            "JOUR": frozenset(map(phrase, [*journal, *issns[0], *issns[1]])),
            "JID": frozenset(text.lower() for text in self.texts(".//NlmUniqueID")),
            "LID": frozenset(locations),
            "AID": frozenset(locations | {text.lower() for text in self._identifiers()}),
            "LANG": frozenset([*codes, *(_LANGUAGES.get(code, code) for code in codes)]),
            "PTYP": frozenset(_folded(self.texts(".//PublicationType"))),
            "SUBS": frozenset(_folded(self.texts(".//NameOfSubstance"))),
            "ECNO": frozenset(_folded(self.texts(".//RegistryNumber"))),
            "GRNT": frozenset(_folded(self.texts(".//GrantID"))),
            "VOL": frozenset(_folded(self.texts(".//Volume"))),
            "ISS": frozenset(_folded(self.texts(".//Issue"))),
            "PAGE": frozenset(_folded(self.texts(".//MedlinePgn"))),
            "FILT": frozenset(self._filters()),
        }

    def _full_names(self) -> Iterator[str]:
        for author in self.root.iterfind(".//AuthorList/Author"):
            if last := author.findtext("LastName"):
                yield phrase(f"{last} {author.findtext('ForeName', '')}")

    def _mesh(self) -> dict[str, frozenset[str]]:
        headings: set[str] = set()
        major: set[str] = set()
        qualifiers: set[str] = set()
        for element in self.root.iterfind(".//MeshHeading"):
            name = phrase(element.findtext("DescriptorName", ""))
            headings.add(name)
            if any(part.get("MajorTopicYN") == "Y" for part in element):
                major.add(name)
            for part in element.iterfind("QualifierName"):
                qualifier = phrase(_text(part))
                qualifiers.add(qualifier)
                headings.add(f"{name}/{qualifier}")
                if part.get("MajorTopicYN") == "Y":
                    major.add(f"{name}/{qualifier}")
        return {
            "MESH": frozenset(headings),
            "MAJR": frozenset(major),
            "SUBH": frozenset(qualifiers),
        }

    def _filters(self) -> Iterator[str]:
        yield "all"
        citation = self.root.find("MedlineCitation")
        status = phrase(citation.get("Status", "")) if citation is not None else ""
        if status in _STATUSES:
            yield _STATUSES[status]
        if self.root.find(".//Abstract/AbstractText") is not None:
            yield "hasabstract"
        if self.is_book:
            yield "books"
        if next(self.texts("PubmedData/PublicationStatus"), "") == "aheadofprint":
            yield "pubstatusaheadofprint"
        for link in self.root.iterfind(".//CommentsCorrections"):
            if name := _LINKS.get(link.get("RefType", "")):
                yield name
        if self.root.find(".//ArticleIdList/ArticleId[@IdType='pmc']") is not None:
            yield "pubmed pmc"
        for language in self.texts(".//Language"):
            yield _LANGUAGES.get(language.lower(), language.lower())

    def _dates(self) -> dict[str, tuple[date, ...]]:
        created = self._days(".//History/PubMedPubDate[@PubStatus='entrez']")
        entered = self._days(".//History/PubMedPubDate[@PubStatus='pubmed']") or created
        printed = self._days(".//PubDate")
        electronic = self._days(".//ArticleDate")
        return {
            "CRDT": created or entered,
            "EDAT": entered,
            "MHDA": self._days(".//History/PubMedPubDate[@PubStatus='medline']") or entered,
            "MDAT": self._days(".//DateRevised"),
            "CDAT": self._days(".//DateCompleted"),
            "PPDT": printed,
            "EPDT": electronic,
            "PDAT": tuple(dict.fromkeys(printed + electronic)),
        }

    def _days(self, path: str) -> tuple[date, ...]:
        found = (_day(element) for element in self.root.iterfind(path))
        return tuple(day for day in found if day)


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()


def _folded(texts: Iterable[str]) -> list[str]:
    return [phrase(text) for text in texts]


def _day(element: etree._Element) -> date | None:
    """The day that PubMed files a date under: a missing month is January, a missing day the first.

    Winter is January, spring April, summer July, fall October (EUTILITIES 4.1).
    """
    fields = ("Year", "Month", "Season", "Day", "MedlineDate")
    parts = {tag: element.findtext(tag, "") for tag in fields}
    loose = words(parts["MedlineDate"])
    years = [word for word in (parts["Year"], *loose) if len(word) == 4 and word.isdecimal()]
    months = [_month(word) for word in (parts["Month"], parts["Season"], *loose)]
    month = next(filter(None, months), 1)
    day = int(parts["Day"]) if parts["Day"].isdecimal() else 1
    try:
        return date(int(years[0]), month, day) if years else None
    except ValueError:
        return date(int(years[0]), month, 1) if int(years[0]) else None


def _month(text: str) -> int | None:
    lowered = text.strip().lower()
    if lowered.isdecimal():
        return int(lowered) if 1 <= int(lowered) <= 12 else None
    return _MONTHS.get(lowered) or _MONTHS.get(lowered[:3])
