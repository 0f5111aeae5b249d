"""A record in plain fields, for the formats that retell it: summaries, MEDLINE text, abstracts.

Read from the record's XML by the stand-in itself, apart from the reader it is there to test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from litwatch.demo.document import day_of, text_of

_PARSER = etree.XMLParser(recover=True, no_network=True, resolve_entities=False, huge_tree=True)


@dataclass(frozen=True, slots=True)
class Name:
    """An author: a person, or a group."""

    last: str = ""
    fore: str = ""
    initials: str = ""
    suffix: str = ""
    group: str = ""
    affiliations: tuple[str, ...] = ()
    orcid: str = ""

    @property
    def short(self) -> str:
        """As summaries have it: `Hambrick GW Jr`."""
        return self.group or " ".join(filter(None, (self.last, self.initials, self.suffix)))

    @property
    def full(self) -> str:
        """As MEDLINE's FAU has it: `Hambrick, G W Jr`."""
        fore = " ".join(filter(None, (self.fore or self.initials, self.suffix)))
        return ", ".join(filter(None, (self.last, fore)))


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a notice or to another version, by NLM's RefType."""

    kind: str
    source: str
    pmid: str


@dataclass(frozen=True, slots=True)
class Venue:
    """The journal, and the place in it: `abbreviation` is NLM's, `iso` the one with full stops."""

    title: str
    abbreviation: str
    iso: str
    country: str
    nlm_id: str
    print_issn: str
    electronic_issn: str
    linking_issn: str
    volume: str
    issue: str
    pages: str


@dataclass(frozen=True, slots=True)
class Citation:
    """What the formats tell of a record; empty where it does not say.

    `published` is the date as printed ("2018 Nov-Dec"), `history` the moments by PubStatus, `ids`
    the article identifiers by type, `locations` the ELocationIDs by type, `mesh` lines as MEDLINE
    has them (`*Scleromyxedema/drug therapy`).
    """

    pmid: str
    is_book: bool
    owner: str
    status: str
    title: str
    vernacular: str
    abstract: tuple[tuple[str, str], ...]
    authors: tuple[Name, ...]
    venue: Venue
    book: str
    publisher: str
    place: str
    published: str
    published_on: date | None
    electronic_on: date | None
    revised_on: date | None
    completed_on: date | None
    languages: tuple[str, ...]
    types: tuple[str, ...]
    publication_status: str
    history: tuple[tuple[str, datetime], ...]
    ids: tuple[tuple[str, str], ...]
    locations: tuple[tuple[str, str], ...]
    mesh: tuple[str, ...]
    chemicals: tuple[tuple[str, str], ...]
    keywords: tuple[str, ...]
    links: tuple[Link, ...]
    references: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    subsets: tuple[str, ...]
    interests: str

    def id(self, kind: str) -> str:
        """The first identifier of that type."""
        return next((value for name, value in self.ids if name == kind), "")

    @property
    def source(self) -> str:
        """Where it was printed: `2018 Nov;7(2):188-91`."""
        issue = f"({self.venue.issue})" if self.venue.issue else ""
        pages = f":{self.venue.pages}" if self.venue.pages else ""
        place = f"{self.venue.volume}{issue}{pages}"
        return ";".join(filter(None, (self.published, place)))


def read_citation(pmid: str, xml: bytes) -> Citation:
    """The citation of a record."""
    root = etree.fromstring(xml, _PARSER) if xml.strip() else None
    return _Reader(pmid, etree.Element("PubmedArticle") if root is None else root).citation()


class _Reader:
    def __init__(self, pmid: str, root: etree._Element) -> None:
        self.pmid = pmid
        self.root = root
        self.is_book = root.tag == "PubmedBookArticle"
        self.document = self.first("BookDocument" if self.is_book else "MedlineCitation")
        self.data = self.first("PubmedBookData" if self.is_book else "PubmedData")

    def first(self, path: str) -> etree._Element:
        """The element at a path, an empty one where there is none."""
        found = self.root.find(path)
        return etree.Element("Nothing") if found is None else found

    def text(self, path: str) -> str:
        return text_of(self.document.find(path))

    def texts(self, path: str) -> tuple[str, ...]:
        return tuple(filter(None, map(text_of, self.document.iterfind(path))))

    def day(self, path: str) -> date | None:
        return day_of(self.document.find(path))

    def citation(self) -> Citation:
        article = "" if self.is_book else "Article/"
        issue = "Book" if self.is_book else "Article/Journal/JournalIssue"
        printed = self.document.find(f"{issue}/PubDate")
        return Citation(
            pmid=self.pmid,
            is_book=self.is_book,
            owner=self.document.get("Owner", "NLM"),
            status=self.document.get("Status", ""),
            title=self.text(f"{article}ArticleTitle") or self.text("Book/BookTitle"),
            vernacular=self.text("Article/VernacularTitle"),
            abstract=tuple(self._abstract(article)),
            authors=tuple(self._authors(article)),
            venue=self._venue(),
            book=self.text("Book/BookTitle"),
            publisher=self.text("Book/Publisher/PublisherName"),
            place=self.text("Book/Publisher/PublisherLocation"),
            published=_printed(printed),
            published_on=day_of(printed),
            electronic_on=self.day("Article/ArticleDate"),
            revised_on=self.day("DateRevised"),
            completed_on=self.day("DateCompleted"),
            languages=self.texts(f"{article}Language"),
            types=self.texts("PublicationType" if self.is_book else "Article//PublicationType"),
            publication_status=text_of(self.data.find("PublicationStatus")),
            history=tuple(self._history()),
            ids=_ids(self.data.find("ArticleIdList")),
            locations=tuple(
                (location.get("EIdType", ""), text_of(location))
                for location in self.document.iterfind("Article/ELocationID")
            ),
            mesh=tuple(self._mesh()),
            chemicals=tuple(self._chemicals()),
            keywords=self.texts("KeywordList/Keyword"),
            links=tuple(self._links()),
            references=tuple(
                (text_of(cited.find("Citation")), _ids(cited.find("ArticleIdList")))
                for cited in self.data.iterfind("ReferenceList/Reference")
            ),
            subsets=self.texts("CitationSubset"),
            interests=self.text("CoiStatement"),
        )

    def _venue(self) -> Venue:
        journal, info = "Article/Journal", "MedlineJournalInfo"
        return Venue(
            title=self.text(f"{journal}/Title"),
            abbreviation=self.text(f"{info}/MedlineTA"),
            iso=self.text(f"{journal}/ISOAbbreviation"),
            country=self.text(f"{info}/Country"),
            nlm_id=self.text(f"{info}/NlmUniqueID"),
            print_issn=self._issn("Print"),
            electronic_issn=self._issn("Electronic"),
            linking_issn=self.text(f"{info}/ISSNLinking"),
            volume=self.text(f"{journal}/JournalIssue/Volume"),
            issue=self.text(f"{journal}/JournalIssue/Issue"),
            pages=self.text("Article/Pagination/MedlinePgn"),
        )

    def _abstract(self, article: str) -> Iterator[tuple[str, str]]:
        for section in self.document.iterfind(f"{article}Abstract/AbstractText"):
            yield section.get("Label", ""), text_of(section)

    def _authors(self, article: str) -> Iterator[Name]:
        for author in self.document.iterfind(f"{article}AuthorList/Author"):
            yield Name(
                last=author.findtext("LastName", ""),
                fore=author.findtext("ForeName", ""),
                initials=author.findtext("Initials", ""),
                suffix=author.findtext("Suffix", ""),
                group=text_of(author.find("CollectiveName")),
                affiliations=tuple(map(text_of, author.iterfind("AffiliationInfo/Affiliation"))),
                orcid=author.findtext("Identifier", ""),
            )

    def _issn(self, medium: str) -> str:
        issns = self.document.iterfind("Article/Journal/ISSN")
        return next((text_of(issn) for issn in issns if issn.get("IssnType") == medium), "")

    def _history(self) -> Iterator[tuple[str, datetime]]:
        for event in self.data.iterfind("History/PubMedPubDate"):
            if day := day_of(event):
                hour, minute = (event.findtext(name, "0") for name in ("Hour", "Minute"))
                moment = datetime(day.year, day.month, day.day, int(hour), int(minute))  # noqa: DTZ001
                yield event.get("PubStatus", ""), moment

    def _mesh(self) -> Iterator[str]:
        for heading in self.document.iterfind("MeshHeadingList/MeshHeading"):
            names = heading.iterchildren("DescriptorName", "QualifierName")
            starred = ("*" * (name.get("MajorTopicYN") == "Y") + text_of(name) for name in names)
            yield "/".join(starred)

    def _chemicals(self) -> Iterator[tuple[str, str]]:
        for chemical in self.document.iterfind("ChemicalList/Chemical"):
            number = chemical.findtext("RegistryNumber", "0")
            yield number, chemical.findtext("NameOfSubstance", "")

    def _links(self) -> Iterator[Link]:
        for link in self.document.iterfind("CommentsCorrectionsList/CommentsCorrections"):
            source, pmid = link.findtext("RefSource", ""), link.findtext("PMID", "")
            yield Link(link.get("RefType", ""), source, pmid)


def _ids(owner: etree._Element | None) -> tuple[tuple[str, str], ...]:
    found = () if owner is None else owner.iterfind("ArticleId")
    return tuple((each.get("IdType", ""), text_of(each)) for each in found)


def _printed(element: etree._Element | None) -> str:
    if element is None:
        return ""
    tags = ("Year", "Season", "Month", "Day", "MedlineDate")
    parts = {tag: element.findtext(tag, "") for tag in tags}
    day = parts["Day"].lstrip("0")
    return " ".join(filter(None, (*(parts[tag] for tag in tags[:3]), day, parts["MedlineDate"])))
