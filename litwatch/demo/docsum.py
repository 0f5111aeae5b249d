"""The fields of a document summary, in the order and under the names of ESummary's version 2.

Names and texts follow recorded replies (Biopython's `Tests/Entrez`, and summaries of PubMed in
JSON); the numbers of states and identifier types are those of NCBI's ASN.1 (assumed).
"""

from datetime import date, datetime
from typing import Any

from litwatch.demo.citation import Citation, Name
from litwatch.demo.tables import table

_LANGUAGES: dict[str, str] = table("document")["languages"]
_STATES = {
    "MEDLINE": "PubMed - indexed for MEDLINE",
    "Completed": "PubMed - indexed for MEDLINE",
    "In-Process": "PubMed - in process",
    "In-Data-Review": "PubMed - in process",
    "Publisher": "PubMed - as supplied by publisher",
    "OLDMEDLINE": "PubMed - OLDMEDLINE",
}
_PUBLICATION_STATES = {"epublish": "3", "ppublish": "4", "aheadofprint": "10"}
_ID_TYPES = {"pubmed": 1, "doi": 3, "pii": 4, "pmc": 8}
_OTHER_ID = 5


def summary(citation: Citation) -> dict[str, Any]:
    """The summary of a record; lists hold texts or further tables."""
    venue, last = citation.venue, citation.authors[-1:]
    return {
        "PubDate": citation.published,
        "EPubDate": _day(citation.electronic_on),
        "Source": venue.abbreviation,
        "Authors": [_author(author) for author in citation.authors],
        "LastAuthor": last[0].short if last else "",
        "Title": citation.title,
        "SortTitle": citation.title.lower().rstrip(".").strip("[]"),
        "Volume": venue.volume,
        "Issue": venue.issue,
        "Pages": venue.pages,
        "Lang": list(citation.languages),
        "NLMUniqueID": venue.nlm_id,
        "ISSN": venue.print_issn,
        "ESSN": venue.electronic_issn,
        "PubType": list(citation.types),
        "RecordStatus": record_status(citation),
        "PubStatus": _PUBLICATION_STATES.get(citation.publication_status, ""),
        "ArticleIds": [_identifier(kind, value) for kind, value in citation.ids],
        "History": [
            {"PubStatus": status, "Date": minute(moment)} for status, moment in citation.history
        ],
        "References": [],
        "Attributes": ["Has Abstract"] if citation.abstract else [],
        "PmcRefCount": 0,
        "FullJournalName": venue.title,
        "ELocationID": location(citation),
        "DocType": "chapter" if citation.is_book else "citation",
        "BookTitle": citation.book,
        "PublisherLocation": citation.place,
        "PublisherName": citation.publisher,
        "SortPubDate": minute(_midnight(citation.published_on)),
        "SortFirstAuthor": citation.authors[0].short if citation.authors else "",
        "VernacularTitle": citation.vernacular,
    }


def record_status(citation: Citation) -> str:
    """How far NLM has come with the record, in words."""
    return _STATES.get(citation.status, "PubMed")


def language(code: str) -> str:
    """The name of a language, as version 1 has it."""
    return _LANGUAGES.get(code.lower(), code).capitalize()


def location(citation: Citation) -> str:
    """The electronic locations in one line: `doi: 10.5555/one`."""
    return ". ".join(f"{kind}: {value}" for kind, value in citation.locations)


def minute(moment: datetime | None) -> str:
    """A moment to the minute: `2026/11/02 06:30`."""
    return f"{moment:%Y/%m/%d %H:%M}" if moment else ""


def _day(day: date | None) -> str:
    return f"{day:%Y %b} {day.day}" if day else ""


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day) if day else None  # noqa: DTZ001


def _author(author: Name) -> dict[str, Any]:
    kind = "CollectiveName" if author.group else "Author"
    return {"Name": author.short, "AuthType": kind, "ClusterID": ""}


def _identifier(kind: str, value: str) -> dict[str, Any]:
    return {"IdType": kind, "IdTypeN": _ID_TYPES.get(kind, _OTHER_ID), "Value": value}
