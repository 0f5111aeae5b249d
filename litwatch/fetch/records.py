"""Bytes of PubMed XML become Articles; pure, and the only home of lxml in the fetching.

Each record is cut out of the bytes and parsed alone, its ReferenceList dropped first: a quarter of
the bytes, and full of other papers' identifiers. Text is the whole text, whatever markup stands in
it (`<i>`, `<sub>`, MathML), with runs of white space as one blank and without control characters.
A title stays as PubMed prints it, the brackets of a translated one included.

What is read follows NLM's pubmed_250101.dtd; an unknown element or attribute changes nothing.
Papers that an old record merely cites (CommentsCorrections of RefType `Cites`) are no corrections.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html.entities import html5

from lxml import etree

from litwatch.errors import MalformedRecord
from litwatch.fetch import dates
from litwatch.fetch.envelope import UTF_8, unwrap
from litwatch.models import (
    AbstractSection,
    Article,
    Author,
    Correction,
    Journal,
    Kind,
    MeshHeading,
    OtherAbstract,
)

_Element = etree._Element  # noqa: SLF001 - lxml gives the type of an element no other name

_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]*;)")
_PMID = re.compile(rb"<PMID\b[^<>]*>\s*0*([1-9][0-9]*)\s*</PMID>")
_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])")
_NAMESPACES = b'<set xmlns:mml="http://www.w3.org/1998/Math/MathML">%b</set>'
_CITED = {"Cites", "Cited"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer held: its articles, the records that could not be read, and deletions.

    `malformed` pairs a uid, empty where none could be read, with the reason; `deleted` are uids.
    """

    articles: tuple[Article, ...]
    malformed: tuple[tuple[str, str], ...] = ()
    deleted: tuple[str, ...] = ()


def parse(xml: bytes) -> Parsed:
    """Everything in an answer of EFetch or a file of PubMed's archive, in its order.

    Raises SourceBusy where the answer as a whole is not complete, SourceError where it is an error.
    """
    envelope = unwrap(xml)
    articles: list[Article] = []
    malformed: list[tuple[str, str]] = []
    deleted: list[str] = []
    for name, part in envelope.parts():
        if name == "DeleteCitation":
            deleted.extend(_uid(match[1]) for match in _PMID.finditer(part))
            continue
        try:
            articles.append(parse_record(part, envelope.encoding))
        except MalformedRecord as error:
            malformed.append((error.uid, str(error)))
    return Parsed(tuple(articles), tuple(malformed), tuple(deleted))


def parse_record(record: bytes, encoding: str = UTF_8) -> Article:
    """The article of one `<PubmedArticle>` or `<PubmedBookArticle>`; raises MalformedRecord."""
    root = _tree(record, encoding)
    book = root.find("BookDocument")
    citation = root.find("MedlineCitation")
    if book is not None:
        return _book(book, root.find("PubmedBookData"))
    if citation is None:
        raise MalformedRecord("the record has no MedlineCitation", _uid_in(record))
    return _article(citation, root.find("PubmedData"))


# ---- bytes to elements ---------------------------------------------------------------------------


def _tree(record: bytes, encoding: str) -> _Element:
    if b"<!DOCTYPE" in record:
        raise MalformedRecord("the record brings a DOCTYPE of its own: refused", _uid_in(record))
    start, end = record.find(b"<ReferenceList"), record.rfind(b"</ReferenceList>")
    if 0 <= start < end:
        record = record[:start] + record[end + len(b"</ReferenceList>") :]
    try:
        if encoding != UTF_8:
            record = record.decode(encoding).encode(UTF_8)
        try:
            return etree.fromstring(record, _PARSER)
        except etree.XMLSyntaxError:
            return etree.fromstring(_repaired(record), _PARSER)[0]
    except (etree.XMLSyntaxError, UnicodeError, LookupError) as error:
        reason = f"the record cannot be read: {str(error).partition(', line')[0]}"
        raise MalformedRecord(reason, _uid_in(record)) from error


def _repaired(record: bytes) -> bytes:
    """The record with what only a DTD or the root would tell: HTML's entities, MathML's prefix."""
    return _NAMESPACES % _ENTITY.sub(_character, record)


def _character(entity: re.Match[bytes]) -> bytes:
    name = entity[1].decode()
    if name in {"amp;", "lt;", "gt;", "quot;", "apos;"} or name not in html5:
        return entity[0]
    return "".join(f"&#{ord(character)};" for character in html5[name]).encode()


def _uid(pmid: bytes | str) -> str:
    number = pmid.decode() if isinstance(pmid, bytes) else pmid
    return f"pubmed:{number.lstrip('0')}"


def _uid_in(record: bytes) -> str:
    """The uid of a record that cannot be parsed: its PMID stands before the article."""
    match = _PMID.search(record.partition(b"<Article")[0])
    return _uid(match[1]) if match else ""


def _text(element: _Element | None) -> str:
    """The whole text of an element, normalised; empty for none."""
    if element is None:
        return ""
    text = "".join(map(str, element.itertext())) if len(element) else element.text or ""
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return " ".join(text.split())


def _texts(parent: _Element, path: str) -> Iterator[str]:
    """The texts of all elements at a path that have any."""
    return filter(None, map(_text, parent.iterfind(path)))


# ---- elements to values --------------------------------------------------------------------------


def _article(citation: _Element, data: _Element | None) -> Article:
    article = citation.find("Article")
    if article is None:
        article = etree.Element("Article")
    electronic = article.find("ArticleDate")
    paper = _printed(article.find("Journal/JournalIssue/PubDate")) or _printed(electronic)
    types = tuple(_texts(article, "PublicationTypeList/PublicationType"))
    kind: Kind = "preprint" if "Preprint" in types else "article"
    return Article(
        uid=_own_uid(citation),
        kind=kind,
        version=_version(citation),
        title=_text(article.find("ArticleTitle")),
        vernacular_title=_text(article.find("VernacularTitle")),
        abstract=_sections(article.find("Abstract")),
        other_abstracts=_other_abstracts(citation),
        authors=tuple(_authors(article.find("AuthorList"))),
        journal=_journal(citation, article),
        volume=_text(article.find("Journal/JournalIssue/Volume")),
        issue=_text(article.find("Journal/JournalIssue/Issue")),
        pages=_pages(article),
        published=paper.text,
        published_on=dates.best(paper, _day(electronic)),
        created_on=_history(data, "entrez") or _day(citation.find("DateCreated")),
        entered_on=_history(data, "pubmed"),
        revised_on=_day(citation.find("DateRevised")),
        languages=tuple(language.lower() for language in _texts(article, "Language")),
        publication_types=types,
        mesh=tuple(_mesh(citation)),
        chemicals=tuple(_texts(citation, "ChemicalList/Chemical/NameOfSubstance")),
        keywords=tuple(_texts(citation, "KeywordList/Keyword")),
        doi=_identifier("doi", data) or _electronic_doi(article),
        pmcid=_identifier("pmc", data),
        corrections=tuple(_corrections(citation)),
        status=citation.get("Status", ""),
    )


def _book(document: _Element, data: _Element | None) -> Article:
    """A book, or a chapter of one: then `book_title` is the title of the whole."""
    book = document.find("Book")
    if book is None:
        book = etree.Element("Book")
    chapter, whole = _text(document.find("ArticleTitle")), _text(book.find("BookTitle"))
    paper = _printed(document.find("ContributionDate")) or _printed(book.find("PubDate"))
    return Article(
        uid=_own_uid(document),
        kind="book",
        version=_version(document),
        title=chapter or whole,
        vernacular_title=_text(document.find("VernacularTitle")),
        abstract=_sections(document.find("Abstract")),
        other_abstracts=_other_abstracts(document),
        authors=_book_authors(document, book),
        volume=_text(book.find("Volume")),
        pages=_pages(document),
        book_title=whole,
        publisher=_text(book.find("Publisher/PublisherName")),
        published=paper.text,
        published_on=paper.day,
        created_on=_history(data, "entrez"),
        entered_on=_history(data, "pubmed"),
        revised_on=_day(document.find("DateRevised")),
        languages=tuple(language.lower() for language in _texts(document, "Language")),
        publication_types=tuple(_texts(document, "PublicationType")),
        keywords=tuple(_texts(document, "KeywordList/Keyword")),
        doi=_identifier("doi", document) or _identifier("doi", data) or _electronic_doi(book),
        pmcid=_identifier("pmc", document) or _identifier("pmc", data),
    )


def _own_uid(record: _Element) -> str:
    pmid = _text(record.find("PMID"))
    if not _is_pmid(pmid):
        raise MalformedRecord("the record has no PMID")
    return _uid(pmid)


def _is_pmid(text: str) -> bool:
    return text.isascii() and text.isdecimal() and bool(text.strip("0"))


def _version(record: _Element) -> int:
    pmid = record.find("PMID")
    version = pmid.get("Version", "1") if pmid is not None else "1"
    return int(version) if re.fullmatch("[0-9]{1,4}", version) else 1


def _sections(abstract: _Element | None) -> tuple[AbstractSection, ...]:
    if abstract is None:
        return ()
    sections = (
        AbstractSection(" ".join(section.get("Label", "").split()), _text(section))
        for section in abstract.iterfind("AbstractText")
    )
    return tuple(section for section in sections if section.text)


def _other_abstracts(record: _Element) -> tuple[OtherAbstract, ...]:
    """The abstracts in other languages or of other kinds; the DTD's default language is English."""
    others = (
        OtherAbstract(other.get("Language", "eng").lower(), _sections(other))
        for other in record.iterfind("OtherAbstract")
    )
    return tuple(other for other in others if other.sections)


def _authors(authors: _Element | None) -> Iterator[Author]:
    for element in authors.iterchildren("Author") if authors is not None else ():
        parts = {part.tag: part for part in element}
        author = Author(
            last=_text(parts.get("LastName")),
            fore=_text(parts.get("ForeName")),
            initials=_text(parts.get("Initials")),
            collective=_text(parts.get("CollectiveName")),
            orcid=_orcid(element) if "Identifier" in parts else "",
            affiliations=tuple(_affiliations(element)),
            suffix=_text(parts.get("Suffix")),
        )
        named = author.last or author.fore or author.initials or author.collective
        if named and element.get("ValidYN") != "N":
            yield author


def _affiliations(author: _Element) -> Iterator[str]:
    """The affiliations; before 2015 an author had one, without AffiliationInfo around it."""
    for part in author.iterchildren("AffiliationInfo", "Affiliation"):
        affiliation = _text(part.find("Affiliation") if part.tag == "AffiliationInfo" else part)
        if affiliation:
            yield affiliation


def _orcid(author: _Element) -> str:
    for identifier in author.iterchildren("Identifier"):
        match = _ORCID.search(_text(identifier))
        if match and identifier.get("Source") == "ORCID":
            return "-".join(match.groups()).upper()
    return ""


def _book_authors(document: _Element, book: _Element) -> tuple[Author, ...]:
    """The chapter's authors, else the book's, else its editors."""
    lists = [*document.iterfind("AuthorList"), *book.iterfind("AuthorList")]
    for wanted in (False, True):
        for authors in lists:
            if (authors.get("Type") == "editors") is wanted:
                found = tuple(_authors(authors))
                if found:
                    return found
    return ()


def _journal(citation: _Element, article: _Element) -> Journal:
    journal, info = article.find("Journal"), citation.find("MedlineJournalInfo")
    if journal is None:
        journal = etree.Element("Journal")
    if info is None:
        info = etree.Element("MedlineJournalInfo")
    return Journal(
        title=_text(journal.find("Title")),
        abbreviation=_text(journal.find("ISOAbbreviation")) or _text(info.find("MedlineTA")),
        issn=_text(journal.find("ISSN")) or _text(info.find("ISSNLinking")),
    )


def _pages(article: _Element) -> str:
    pages = article.find("Pagination")
    if pages is None:
        return ""
    first, last = _text(pages.find("StartPage")), _text(pages.find("EndPage"))
    return _text(pages.find("MedlinePgn")) or "-".join(filter(None, (first, last)))


def _printed(element: _Element | None) -> dates.Printed:
    if element is None:
        return dates.Printed()
    free = _text(element.find("MedlineDate"))
    if free:
        return dates.free(free)
    month = _text(element.find("Month")) or _text(element.find("Season"))
    return dates.printed(_text(element.find("Year")), month, _text(element.find("Day")))


def _day(element: _Element | None) -> date | None:
    if element is None:
        return None
    parts = (_text(element.find(name)) for name in ("Year", "Month", "Day"))
    return dates.day_of(*parts)


def _history(data: _Element | None, status: str) -> date | None:
    """A date of the record's history: `entrez` is its creation, `pubmed` its Entrez date."""
    if data is None:
        return None
    moments = data.iterfind("History/PubMedPubDate")
    return next((_day(moment) for moment in moments if moment.get("PubStatus") == status), None)


def _identifier(kind: str, owner: _Element | None) -> str:
    """The record's own identifier; those of cited papers are deeper in the tree."""
    if owner is None:
        return ""
    identifiers = owner.iterfind("ArticleIdList/ArticleId")
    return next((_text(own) for own in identifiers if own.get("IdType") == kind), "")


def _electronic_doi(owner: _Element) -> str:
    for location in owner.iterfind("ELocationID"):
        if location.get("EIdType") == "doi" and location.get("ValidYN") != "N":
            return _text(location)
    return ""


def _mesh(citation: _Element) -> Iterator[MeshHeading]:
    """The headings, then the supplementary concepts (diseases, protocols), which have no star."""
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        names = list(heading.iterchildren("DescriptorName", "QualifierName"))
        if names:
            descriptor, *qualifiers = map(_text, names)
            major = any(name.get("MajorTopicYN") == "Y" for name in names)
            yield MeshHeading(descriptor, tuple(qualifiers), major)
    yield from map(MeshHeading, _texts(citation, "SupplMeshList/SupplMeshName"))


def _corrections(citation: _Element) -> Iterator[Correction]:
    for link in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind, pmid = link.get("RefType", ""), _text(link.find("PMID"))
        if kind not in _CITED:
            uid = _uid(pmid) if _is_pmid(pmid) else ""
            yield Correction(kind, uid, _text(link.find("RefSource")))
