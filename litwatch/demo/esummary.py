"""ESummary: short descriptions of records, as XML of version 1 or 2.0, or as JSON (NBK25499).

What is missing is named in each form, unlike in EFetch: replies recorded in Biopython's tests, and
quoted by clients.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from litwatch.demo.calls import Call, Reply, json_reply, valid_uids
from litwatch.demo.citation import Citation, read_citation
from litwatch.demo.docsum import language, location, minute, record_status, summary
from litwatch.demo.einfo import build
from litwatch.demo.xml import element, envelope, errors, nested

ROOT = "eSummaryResult"
MOST = 10_000
MOST_JSON = 500
"""UIDs of one call, in XML and in JSON."""
_TOO_MANY = (
    f"Too many UIDs in request. Maximum number of UIDs is {MOST_JSON} for JSON format output."
)
_NEITHER = "Neither query_key nor id specified"
_MISSING = "cannot get document summary"
_ITEMS = {
    "Authors": "Author",
    "Lang": "string",
    "PubType": "flag",
    "ArticleIds": "ArticleId",
    "History": "PubMedPubDate",
    "References": "Reference",
    "Attributes": "flag",
}
"""How version 2.0 calls the items of its lists."""


class Refused(Exception):
    """ESummary answers with an ERROR at status 200; the message is its text."""


def esummary(call: Call) -> Reply:
    """The summaries asked for."""
    try:
        uids = _uids(call)
    except Refused as refusal:
        return _error(call, str(refusal))
    if call.wants_json:
        return _as_json(call, uids)
    if call.params.get("version") == "2.0":
        return Reply(envelope(ROOT, _version_2(call, uids), "esummary 2"))
    return Reply(envelope(ROOT, "\n" + "".join(_version_1(call, uids))))


def _uids(call: Call) -> Sequence[str]:
    if not call.has_pubmed:
        raise Refused(f"Invalid db name specified: {call.params.get('db')}")
    start = call.params.number("retstart", 0)
    size = min(MOST, call.params.number("retmax", MOST))
    if key := call.params.number("query_key", 0):
        if (kept := call.earlier().get(key)) is None:
            raise Refused(f"Unable to obtain query #{key}")
        return kept[start : start + size]
    asked = call.params.ids()
    if not asked:
        raise Refused(_NEITHER)
    for position, uid in enumerate(asked):
        if not (uid.isascii() and uid.isdecimal()):
            raise Refused(f"Invalid uid {uid} at position= {position}")
    return tuple(valid_uids(asked))[start : start + size]


def _error(call: Call, text: str) -> Reply:
    if not call.wants_json:
        return errors(ROOT, [text])
    return json_reply("esummary", {"error": text, "result": {"uids": []}})


def _citation(call: Call, uid: str) -> Citation | None:
    xml = call.held.xml(uid)
    return None if xml is None else read_citation(uid, xml)


# ---- JSON ---------------------------------------------------------------------------------------


def _as_json(call: Call, uids: Sequence[str]) -> Reply:
    if len(uids) > MOST_JSON:
        return json_reply("esummary", {"error": _TOO_MANY})
    result: dict[str, Any] = {"uids": list(uids)}
    for uid in uids:
        citation = _citation(call, uid)
        told = summary(citation) if citation else {"error": _MISSING}
        result[uid] = {"uid": uid, **told}
    return json_reply("esummary", {"result": result})


# ---- XML of version 2.0 -------------------------------------------------------------------------


def _version_2(call: Call, uids: Sequence[str]) -> str:
    summaries = "".join(f"\n{_summary_2(call, uid)}" for uid in uids)
    built = element("DbBuild", build(call.moment))
    return f'\n<DocumentSummarySet status="OK">\n{built}{summaries}\n</DocumentSummarySet>\n'


def _summary_2(call: Call, uid: str) -> str:
    citation = _citation(call, uid)
    told = nested(summary(citation), _ITEMS) if citation else f"\n\t{element('error', _MISSING)}"
    return f'<DocumentSummary uid="{uid}">{told}\n</DocumentSummary>'


# ---- XML of version 1 ---------------------------------------------------------------------------


def _version_1(call: Call, uids: Sequence[str]) -> Iterator[str]:
    for uid in uids:
        if citation := _citation(call, uid):
            items = "".join(f"\t{line}\n" for line in _items(citation))
            yield f"<DocSum>\n\t{element('Id', uid)}\n{items}</DocSum>\n\n"
        else:
            yield f"{element('ERROR', f'UID={uid}: {_MISSING}')}\n"


def _items(citation: Citation) -> Iterator[str]:
    told, venue = summary(citation), citation.venue
    yield _item("PubDate", citation.published, "Date")
    yield _item("EPubDate", told["EPubDate"], "Date")
    yield _item("Source", venue.abbreviation)
    yield from _list("AuthorList", [("Author", author.short) for author in citation.authors])
    for name in ("LastAuthor", "Title", "Volume", "Issue", "Pages"):
        yield _item(name, told[name])
    yield from _list("LangList", [("Lang", language(code)) for code in citation.languages])
    yield _item("NlmUniqueID", venue.nlm_id)
    yield _item("ISSN", venue.print_issn)
    yield _item("ESSN", venue.electronic_issn)
    yield from _list("PubTypeList", [("PubType", each) for each in citation.types])
    yield _item("RecordStatus", record_status(citation))
    yield _item("PubStatus", citation.publication_status)
    yield from _list("ArticleIds", citation.ids)
    moments = [(status, minute(moment)) for status, moment in citation.history]
    yield from _list("History", moments, "Date")
    yield from _list("References", [])
    yield _item("HasAbstract", int(bool(citation.abstract)), "Integer")
    yield _item("PmcRefCount", 0, "Integer")
    yield _item("FullJournalName", venue.title)
    yield _item("ELocationID", location(citation))
    yield _item("SO", citation.source)


def _item(name: str, value: str | int, kind: str = "String") -> str:
    return f'<Item Name="{name}" Type="{kind}">{escape(str(value))}</Item>'


def _list(name: str, items: Sequence[tuple[str, str]], kind: str = "String") -> Iterator[str]:
    if not items:
        yield f'<Item Name="{name}" Type="List"></Item>'
        return
    yield f'<Item Name="{name}" Type="List">'
    for key, value in items:
        yield f"\t{_item(key, value, kind)}"
    yield "</Item>"
