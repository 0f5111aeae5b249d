"""What a search can see of one record: its XML taken apart into PubMed's search fields.

The stand-in reads records by itself, apart from the reader it is there to test. Which element feeds
which field: PubMed User Guide, "Search field descriptions and tags".
"""

from collections import defaultdict
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

    `words` holds searchable text (words.zones), `items` whole values, `dates` days; `journal` and
    the first `author` are what orders and translations need.
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
    """A record's elements by their tags, while its fields are gathered."""

    def __init__(self, pmid: str, root: etree._Element) -> None:
        self.pmid = pmid
        self.root = root
        self.elements: defaultdict[str, list[etree._Element]] = defaultdict(list)
        for element in root.iter("{*}*"):
            self.elements[str(element.tag)].append(element)
        self.authors = [
            author
            for author in self.elements["Author"]
            if (parent := author.getparent()) is None or parent.get("Type") != "editors"
        ]

    def texts(self, *tags: str) -> Iterator[str]:
        """The text of every element of these tags that has some."""
        for tag in tags:
            for element in self.elements[tag]:
                if text := text_of(element):
                    yield text

    def folded(self, *tags: str) -> list[str]:
        """The same, as items are compared."""
        return [phrase(text) for text in self.texts(*tags)]

    def document(self) -> Document:
        names = list(self._names())
        journal = list(self.texts("Title", "ISOAbbreviation", "MedlineTA", "BookTitle"))
        return Document(
            words=self._words(names, journal),
            items=self._items(names, journal) | self._mesh(),
            dates=self._dates(),
            journal=next(self.texts("MedlineTA"), journal[0] if journal else ""),
            author=names[0] if names else "",
        )

    def _names(self) -> Iterator[str]:
        for author in self.authors:
            parts = (author.findtext(tag, "") for tag in ("LastName", "Initials", "Suffix"))
            name = " ".join(part for part in parts if part)
            if name:
                yield name

    def _words(self, names: list[str], journal: list[str]) -> dict[str, str]:
        title = self.folded("ArticleTitle", "BookTitle")
        keywords = self.folded("Keyword")
        vernacular = self.folded("VernacularTitle")
        affiliations = self.folded("Affiliation")
        groups = self.folded("CollectiveName")
        title_abstract = [*title, *self.folded("AbstractText", "CollectionTitle"), *keywords]
        controlled = self.folded(
            "DescriptorName", "QualifierName", "PublicationType", "NameOfSubstance"
        )
        text_word = title_abstract + vernacular + controlled
        names_and_places = (*map(phrase, names), *map(phrase, journal), *affiliations, *groups)
        identifiers = map(phrase, self._identifiers())
        # `hasabstract` and its like are searched without a tag as well (User Guide).
        switches = (name for name in self._filters() if name.startswith("has"))
        return {
            "TITL": zones(title),
            "TIAB": zones(title_abstract),
            "OTRM": zones(keywords),
            "TT": zones(vernacular),
            "AFFL": zones(affiliations),
            "COLN": zones(groups),
            "WORD": zones(text_word),
            "ALL": zones((*text_word, *names_and_places, *identifiers, *switches)),
        }

    def _identifiers(self) -> Iterator[str]:
        """The record's own identifiers; those of its references stand deeper."""
        yield from self.texts("ELocationID")
        for element in self._own_ids():
            if text := text_of(element):
                yield text

    def _own_ids(self) -> Iterator[etree._Element]:
        for place in ("PubmedData", "BookDocument", "PubmedBookData"):
            yield from self.root.iterfind(f"{place}/ArticleIdList/ArticleId")

    def _items(self, names: list[str], journal: list[str]) -> dict[str, frozenset[str]]:
        codes = [code.lower() for code in self.texts("Language")]
        locations = {text.lower() for text in self.texts("ELocationID")}
        people = [identifier for author in self.authors for identifier in author.iter("Identifier")]
        return {
            "UID": frozenset({self.pmid}),
            "AUTH": frozenset(map(phrase, names)),
            "FULL": frozenset(self._full_names()),
            "FAUT": frozenset(map(phrase, names[:1])),
            "LAUT": frozenset(map(phrase, names[-1:])),
            "AUID": frozenset(phrase(text_of(identifier)) for identifier in people),
            "JOUR": frozenset([*map(phrase, journal), *self.folded("ISSN", "ISSNLinking")]),
            "JID": frozenset(text.lower() for text in self.texts("NlmUniqueID")),
            "LID": frozenset(locations),
            "AID": frozenset(locations | {text.lower() for text in self._identifiers()}),
            "LANG": frozenset([*codes, *(_LANGUAGES.get(code, code) for code in codes)]),
            "PTYP": frozenset(self.folded("PublicationType")),
            "SUBS": frozenset(self.folded("NameOfSubstance")),
            "ECNO": frozenset(self.folded("RegistryNumber")),
            "GRNT": frozenset(self.folded("GrantID")),
            "VOL": frozenset(self.folded("Volume")),
            "ISS": frozenset(self.folded("Issue")),
            "PAGE": frozenset(self.folded("MedlinePgn")),
            "FILT": frozenset(self._filters()),
        }

    def _full_names(self) -> Iterator[str]:
        for author in self.authors:
            if last := author.findtext("LastName"):
                yield phrase(f"{last} {author.findtext('ForeName', '')}")

    def _mesh(self) -> dict[str, frozenset[str]]:
        headings: set[str] = set()
        major: set[str] = set()
        qualifiers: set[str] = set()
        for element in self.elements["MeshHeading"]:
            name = phrase(element.findtext("DescriptorName", ""))
            headings.add(name)
            if any(part.get("MajorTopicYN") == "Y" for part in element):
                major.add(name)
            for part in element.iterfind("QualifierName"):
                qualifier = phrase(text_of(part))
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
        if self.root.tag == "PubmedBookArticle":
            yield "books"
        if "aheadofprint" in self.texts("PublicationStatus"):
            yield "pubstatusaheadofprint"
        for link in self.elements["CommentsCorrections"]:
            if name := _LINKS.get(link.get("RefType", "")):
                yield name
        if any(element.get("IdType") == "pmc" for element in self._own_ids()):
            yield "pubmed pmc"
        for language in self.texts("Language"):
            yield _LANGUAGES.get(language.lower(), language.lower())

    def _dates(self) -> dict[str, tuple[date, ...]]:
        history: defaultdict[str, list[etree._Element]] = defaultdict(list)
        for element in self.elements["PubMedPubDate"]:
            history[element.get("PubStatus", "")].append(element)
        created, entered = _days(history["entrez"]), _days(history["pubmed"])
        printed, electronic = _days(self.elements["PubDate"]), _days(self.elements["ArticleDate"])
        return {
            "CRDT": created or entered,
            "EDAT": entered or created,
            "MHDA": _days(history["medline"]) or entered or created,
            "MDAT": _days(self.elements["DateRevised"]),
            "CDAT": _days(self.elements["DateCompleted"]),
            "PPDT": printed,
            "EPDT": electronic,
            "PDAT": tuple(dict.fromkeys(printed + electronic)),
        }


def text_of(element: etree._Element | None) -> str:
    """All text of an element, that of its markup included; empty where there is none."""
    if element is None:
        return ""
    return "".join(str(part) for part in element.itertext()).strip()


def _days(elements: Iterable[etree._Element]) -> tuple[date, ...]:
    return tuple(day for day in map(day_of, elements) if day)


def day_of(element: etree._Element | None) -> date | None:
    """The day that PubMed files a date under: a missing month is January, a missing day the first.

    Winter is January, spring April, summer July, fall October (User Guide).
    """
    if element is None:
        return None
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
