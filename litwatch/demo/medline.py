"""EFetch's text formats: MEDLINE's tagged lines, and the abstract as it is printed.

Tags: NLM, "MEDLINE/PubMed data element (field) descriptions"
(https://www.nlm.nih.gov/bsd/mms/medlineelements.html).
"""

import textwrap
from collections.abc import Iterator
from datetime import date, datetime

from litwatch.demo.citation import Citation, Name

WIDTH = 80
_INDENT = " " * 6
_LINKS = {
    "CommentIn": "CIN",
    "CommentOn": "CON",
    "CorrectedandRepublishedFrom": "CRF",
    "CorrectedandRepublishedIn": "CRI",
    "ErratumFor": "EFR",
    "ErratumIn": "EIN",
    "ExpressionOfConcernFor": "ECF",
    "ExpressionOfConcernIn": "ECI",
    "RepublishedFrom": "RPF",
    "RepublishedIn": "RPI",
    "RetractionIn": "RIN",
    "RetractionOf": "ROF",
    "UpdateIn": "UIN",
    "UpdateOf": "UOF",
}
_LOCATIONS = ("doi", "pii")


def as_medline(citation: Citation) -> str:
    """The record in tagged lines, a blank one before it."""
    lines = (_line(tag, text) for tag, text in _fields(citation) if text)
    return "\n" + "".join(f"{line}\n" for line in lines)


def _line(tag: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"{tag:<4}- ",
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fields(citation: Citation) -> Iterator[tuple[str, str]]:
    venue = citation.venue
    yield "PMID", citation.pmid
    yield "OWN", citation.owner
    yield "STAT", citation.status
    yield "DCOM", _digits(citation.completed_on)
    yield "LR", _digits(citation.revised_on)
    for issn, medium in _issns(citation):
        yield "IS", f"{issn} ({medium})"
    yield "VI", venue.volume
    yield "IP", venue.issue
    yield "DP", citation.published
    yield "TI", citation.title
    yield "BTI", citation.book
    yield "PG", venue.pages
    yield from (("LID", f"{value} [{kind}]") for kind, value in citation.locations)
    yield "AB", _abstract(citation)
    for author in citation.authors:
        yield from _author(author)
    yield from (("LA", language) for language in citation.languages)
    yield from (("PT", kind) for kind in citation.types)
    yield "DEP", _digits(citation.electronic_on)
    yield "TT", citation.vernacular
    yield "PL", venue.country or citation.place
    yield "TA", venue.abbreviation
    yield "JT", venue.title
    yield "JID", venue.nlm_id
    yield from (("RN", f"{number} ({name})") for number, name in citation.chemicals)
    yield from (("SB", subset) for subset in citation.subsets)
    for link in citation.links:
        pmid = f" PMID: {link.pmid}" if link.pmid else ""
        yield _LINKS.get(link.kind, ""), f"{link.source}.{pmid}" if pmid else link.source
    yield from (("MH", heading) for heading in citation.mesh)
    yield from (("OT", keyword) for keyword in citation.keywords)
    yield "COIS", citation.interests
    yield from _history(citation)
    for kind, value in citation.ids:
        yield "AID" if kind in _LOCATIONS else "", f"{value} [{kind}]"
    yield "PMC", citation.id("pmc")
    yield "PST", citation.publication_status
    yield "SO", _source(citation)


def _issns(citation: Citation) -> Iterator[tuple[str, str]]:
    venue = citation.venue
    mediums = ("Print", venue.print_issn), ("Electronic", venue.electronic_issn)
    yield from ((issn, medium) for medium, issn in mediums if issn)
    if venue.linking_issn:
        yield venue.linking_issn, "Linking"


def _author(author: Name) -> Iterator[tuple[str, str]]:
    if author.group:
        yield "CN", author.group
        return
    yield "FAU", author.full
    yield "AU", author.short
    yield "AUID", f"ORCID: {author.orcid}" if author.orcid else ""
    yield from (("AD", affiliation) for affiliation in author.affiliations)


def _history(citation: Citation) -> Iterator[tuple[str, str]]:
    moments = dict(citation.history)
    for tag, status in (("EDAT", "pubmed"), ("MHDA", "medline"), ("CRDT", "entrez")):
        yield tag, _slashed(moments.get(status))
    for status, moment in citation.history:
        yield "PHST", f"{_slashed(moment)} [{status}]"


def _abstract(citation: Citation) -> str:
    return " ".join(f"{label}: {text}" if label else text for label, text in citation.abstract)


def _source(citation: Citation) -> str:
    journal = citation.venue.abbreviation or citation.book
    return f"{journal}. {citation.source}." if journal else ""


def _digits(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _slashed(moment: datetime | None) -> str:
    return f"{moment:%Y/%m/%d %H:%M}" if moment else ""


def as_abstract(citation: Citation, number: int) -> str:
    """The record as it is printed, one of a numbered list."""
    venue = citation.venue
    location = next((value for kind, value in citation.locations if kind == "doi"), "")
    doi = f" doi: {location}." if location else ""
    journal = venue.iso or venue.abbreviation or citation.book
    indexed = " [Indexed for MEDLINE]" if citation.status == "MEDLINE" else ""
    parts = (
        f"{number}. {journal.rstrip('.')}. {citation.source}.{doi}",
        citation.title,
        f"{', '.join(author.short for author in citation.authors)}." * bool(citation.authors),
        _abstract(citation),
        f"DOI: {location}" if location else "",
        f"PMID: {citation.pmid}{indexed}",
    )
    return "\n\n".join(textwrap.fill(part, WIDTH) for part in parts if part) + "\n"
