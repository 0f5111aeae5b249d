"""PubMed's XML of a sample record, complete and in the order of NLM's DTD of 2025.

Source of the format: https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lxml import etree

from litwatch.demo.records.elements import (
    Element,
    day_of,
    element,
    fragment,
    listed,
    moment_of,
    optional,
    pmid,
    printed_date,
)
from litwatch.demo.records.record import Record, Text

MARK = "Synthetic record, written for litwatch: no paper, author or patient of this kind exists."
AUTOMATED_SINCE = date(2022, 4, 1)
"""NLM indexes all of MEDLINE by machine since April 2022."""
NLM_CATEGORIES = {
    "AIM": "OBJECTIVE",
    "BACKGROUND": "BACKGROUND",
    "CONCLUSION": "CONCLUSIONS",
    "CONCLUSIONS": "CONCLUSIONS",
    "INTRODUCTION": "BACKGROUND",
    "METHODS": "METHODS",
    "OBJECTIVE": "OBJECTIVE",
    "OBJECTIVES": "OBJECTIVE",
    "PURPOSE": "OBJECTIVE",
    "RESULTS": "RESULTS",
}
"""NLM's category of a section by its label; UNASSIGNED for all others."""


@dataclass(frozen=True, slots=True)
class Journal:
    """An invented journal."""

    title: str
    abbreviation: str
    issn: str
    country: str
    nlm_id: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the records name: the journals by key, and NLM's identifiers by name."""

    journals: Mapping[str, Journal]
    publication_types: Mapping[str, str]
    headings: Mapping[str, str]
    qualifiers: Mapping[str, str]
    chemicals: Mapping[str, str]


def article(record: Record, day: date, names: Names) -> bytes:
    """The record's XML as it stands on that day."""
    root = _book_article(record, day, names) if record.book else _pubmed_article(record, day, names)
    return etree.tostring(root, encoding="utf-8")


def _pubmed_article(record: Record, day: date, names: Names) -> Element:
    data = element(
        "PubmedData",
        _history(record, day),
        element("PublicationStatus", _publication_status(record)),
        _identifiers(record),
        listed("ReferenceList", map(_reference, record.references)),
    )
    return element("PubmedArticle", _citation(record, day, names), data)


def _citation(record: Record, day: date, names: Names) -> Element:
    journal = names.journals[record.journal]
    indexed = record.indexed if record.is_indexed(day) else None
    return element(
        "MedlineCitation",
        pmid(record.pmid, record.version),
        day_of("DateCompleted", indexed),
        day_of("DateRevised", day),
        _article(record, journal, names),
        _journal_info(journal),
        listed("ChemicalList", _chemicals(record.chemicals if indexed else (), names)),
        element("CitationSubset", "IM") if indexed else None,
        listed("CommentsCorrectionsList", map(_correction, record.corrections)),
        listed("MeshHeadingList", _headings(record.mesh if indexed else (), names)),
        listed(
            "OtherAbstract",
            _sections(record.other_abstract),
            Type="Publisher",
            Language=record.language,
        ),
        _keyword_list(record),
        optional("CoiStatement", record.competing_interests),
        element("GeneralNote", MARK, Owner="NLM"),
        **_status(record, indexed),
    )


def _status(record: Record, indexed: date | None) -> dict[str, str]:
    if indexed is None:
        return {"Status": record.status, "Owner": "NLM"}
    method = {"IndexingMethod": record.indexing} if indexed >= AUTOMATED_SINCE else {}
    return {"Status": "MEDLINE", "Owner": "NLM", **method}


def _article(record: Record, journal: Journal, names: Names) -> Element:
    model = _publication_model(record)
    return element(
        "Article",
        _journal_issue(record, journal, "Print" if model == "Print" else "Internet"),
        fragment("ArticleTitle", record.title),
        element("Pagination", element("MedlinePgn", record.pages)) if record.pages else None,
        optional("ELocationID", record.pii, EIdType="pii", ValidYN="Y"),
        optional("ELocationID", record.retired_doi, EIdType="doi", ValidYN="N"),
        optional("ELocationID", record.doi, EIdType="doi", ValidYN="Y"),
        listed("Abstract", _sections(record.abstract)),
        _author_list(record),
        element("Language", record.language),
        listed("PublicationTypeList", _publication_types(record.types, names)),
        fragment("VernacularTitle", record.vernacular) if record.vernacular else None,
        day_of("ArticleDate", record.online, DateType="Electronic"),
        PubModel=model,
    )


def _publication_model(record: Record) -> str:
    if record.volume and not record.pages:
        return "Electronic"
    return "Print-Electronic" if record.online else "Print"


def _publication_status(record: Record) -> str:
    if record.book or record.pages:
        return "ppublish"
    return "epublish" if record.volume else "aheadofprint"


def _journal_issue(record: Record, journal: Journal, medium: str) -> Element:
    return element(
        "Journal",
        element("ISSN", journal.issn, IssnType="Print" if medium == "Print" else "Electronic"),
        element(
            "JournalIssue",
            optional("Volume", record.volume),
            optional("Issue", record.issue),
            printed_date(record.published),
            CitedMedium=medium,
        ),
        element("Title", journal.title),
        element("ISOAbbreviation", journal.abbreviation),
    )


def _journal_info(journal: Journal) -> Element:
    return element(
        "MedlineJournalInfo",
        element("Country", journal.country),
        element("MedlineTA", journal.abbreviation),
        element("NlmUniqueID", journal.nlm_id),
        element("ISSNLinking", journal.issn),
    )


def _sections(text: Text) -> Iterator[Element]:
    if isinstance(text, str):
        if text:
            yield fragment("AbstractText", text)
        return
    for label, markup in text.items():
        category = NLM_CATEGORIES.get(label, "UNASSIGNED")
        yield fragment("AbstractText", markup, Label=label, NlmCategory=category)


def _author_list(record: Record) -> Element | None:
    authors = (_author(record, name) for name in record.authors)
    return listed("AuthorList", authors, CompleteYN="Y")


def _author(record: Record, name: str) -> Element:
    last, _, fore = name.partition(", ")
    if not fore:
        return element("Author", element("CollectiveName", name), ValidYN="Y")
    return element(
        "Author",
        element("LastName", last),
        element("ForeName", fore),
        element("Initials", "".join(part[0] for part in re.split(r"[\s-]+", fore))),
        optional("Identifier", record.orcid if name == record.authors[0] else "", Source="ORCID"),
        _affiliation(record.affiliation),
        ValidYN="Y",
    )


def _affiliation(affiliation: str) -> Element | None:
    if not affiliation:
        return None
    return element("AffiliationInfo", element("Affiliation", affiliation))


def _publication_types(types: Sequence[str], names: Names) -> Iterator[Element]:
    for name in types:
        yield element("PublicationType", name, UI=names.publication_types[name])


def _headings(mesh: Sequence[str], names: Names) -> Iterator[Element]:
    for line in mesh:
        heading, *qualifiers = line.split("/")
        yield element(
            "MeshHeading",
            _starred("DescriptorName", heading, names.headings),
            *(_starred("QualifierName", each, names.qualifiers) for each in qualifiers),
        )


def _starred(tag: str, text: str, identifiers: Mapping[str, str]) -> Element:
    name = text.removeprefix("*")
    return element(tag, name, UI=identifiers[name], MajorTopicYN="N" if name == text else "Y")


def _chemicals(chemicals: Sequence[str], names: Names) -> Iterator[Element]:
    for name in chemicals:
        substance = element("NameOfSubstance", name, UI=names.chemicals[name])
        yield element("Chemical", element("RegistryNumber", "0"), substance)


def _keyword_list(record: Record) -> Element | None:
    keywords = (fragment("Keyword", each, MajorTopicYN="N") for each in record.keywords)
    return listed("KeywordList", keywords, Owner="NOTNLM")


def _correction(correction: Mapping[str, str | int]) -> Element:
    return element(
        "CommentsCorrections",
        element("RefSource", str(correction["source"])),
        pmid(int(correction["pmid"])) if "pmid" in correction else None,
        RefType=str(correction["kind"]),
    )


def _history(record: Record, day: date) -> Element:
    """The record's dates; the MeSH date is the Entrez date until it is indexed (PubMed Help)."""
    entered = record.entered or record.created
    indexed = record.indexed if record.is_indexed(day) else None
    return element(
        "History",
        day_of("PubMedPubDate", record.received, PubStatus="received"),
        day_of("PubMedPubDate", record.accepted, PubStatus="accepted"),
        moment_of("entrez", record.created),
        moment_of("pubmed", entered),
        moment_of("medline", indexed or entered),
    )


def _identifiers(record: Record) -> Element:
    return element(
        "ArticleIdList",
        element("ArticleId", str(record.pmid), IdType="pubmed"),
        optional("ArticleId", record.pmcid, IdType="pmc"),
        optional("ArticleId", record.doi, IdType="doi"),
        optional("ArticleId", record.pii, IdType="pii"),
    )


def _reference(reference: Mapping[str, str]) -> Element:
    return element(
        "Reference",
        element("Citation", reference["citation"]),
        element("ArticleIdList", element("ArticleId", reference["doi"], IdType="doi")),
    )


def _book_article(record: Record, day: date, names: Names) -> Element:
    data = element(
        "PubmedBookData",
        _history(record, day),
        element("PublicationStatus", _publication_status(record)),
        _identifiers(record),
    )
    return element("PubmedBookArticle", _chapter(record, day, names), data)


def _chapter(record: Record, day: date, names: Names) -> Element:
    mark = element("CopyrightInformation", MARK)
    return element(
        "BookDocument",
        pmid(record.pmid),
        element("ArticleIdList", element("ArticleId", record.pii, IdType="bookaccession")),
        _book(record),
        fragment("ArticleTitle", record.title, book="synthetic", part=record.pii),
        element("Language", record.language),
        _author_list(record),
        *_publication_types(record.types, names),
        element("Abstract", *_sections(record.abstract), mark),
        _keyword_list(record),
        day_of("ContributionDate", record.created),
        day_of("DateRevised", day),
    )


def _book(record: Record) -> Element:
    return element(
        "Book",
        element(
            "Publisher",
            element("PublisherName", "Synthetic Press (litwatch)"),
            element("PublisherLocation", "Exampleton"),
        ),
        element("BookTitle", record.book, book="synthetic"),
        printed_date(record.published),
        element("Medium", "Internet"),
    )
