"""ESearch: a query, or an earlier result, to a page of UIDs with what PubMed understood.

Shapes and texts: NBK25499, and replies recorded in Biopython's tests (`Tests/Entrez`, 2025).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from litwatch.demo.calls import JSON, Call, Reply
from litwatch.demo.dates import Span, between, last_days
from litwatch.demo.evaluate import (
    Answer,
    Circumstances,
    Limit,
    UnknownHistory,
    answer,
)
from litwatch.demo.fields import ENTERED, Field, find
from litwatch.demo.orders import arrange
from litwatch.demo.outcome import Notes
from litwatch.demo.query import TooDeep
from litwatch.demo.view import View
from litwatch.demo.xml import element, envelope, errors

ROOT = "eSearchResult"
PAGE = 20
REACH = 9999
"""PubMed gives the first 9,999 records of a result and no more, since November 2022."""
PAST_REACH = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch"
    " can only retrieve the first 9,999 records matching the query. To obtain more than 9,999"
    " PubMed records, consider using EDirect that contains additional logic to batch PubMed search"
    " results automatically so that an arbitrary number can be retrieved. For details see"
    " https://www.ncbi.nlm.nih.gov/books/NBK25499/"
)


class Refused(Exception):
    """ESearch answers with an ERROR at status 200; the message is its text."""


@dataclass(frozen=True, slots=True)
class _Result:
    """All that was found, newest first, before a page is cut from it."""

    uids: Sequence[str]
    translation: str
    notes: Notes


@dataclass(frozen=True, slots=True)
class _Page:
    uids: Sequence[str]
    start: int
    environment: str = ""
    key: int = 0


def esearch(call: Call) -> Reply:
    """The reply to a search."""
    try:
        result, page = _search(call)
    except Refused as refusal:
        return _error(call, str(refusal))
    if call.params.get("rettype").lower() == "count":
        return _count(call, len(result.uids))
    return _as_json(result, page) if call.wants_json else _as_xml(call, result, page)


def _search(call: Call) -> tuple[_Result, _Page]:
    if not call.has_pubmed:
        raise Refused(f"Invalid db name specified: {call.params.get('db')}")
    result = _result(call)
    start, size = call.params.number("retstart", 0), call.params.number("retmax", PAGE)
    if start >= REACH:
        raise Refused(PAST_REACH)
    if start + size > REACH and (size > REACH or len(result.uids) > REACH):
        size = REACH - start
        result.notes.messages.append(
            f"Restrictions achieved. start and count adjusted to {start}, {size}"
        )
    if not result.uids:
        result.notes.messages.append("No items found.")
    page = _Page(result.uids[start : start + size], start)
    if call.params.get("usehistory").lower() == "y":
        environment, key = call.history.keep(result.uids, call.params.get("WebEnv"))
        page = replace(page, environment=environment, key=key)
    return result, page


def _result(call: Call) -> _Result:
    term, key = call.params.get("term"), call.params.number("query_key", 0)
    if not term and not key:
        raise Refused("Empty term and query_key - nothing todo")
    earlier = call.earlier()
    if key and key not in earlier:
        raise Refused(f"Unable to obtain query #{key}")
    if not term:
        return _Result(earlier[key], f"#{key}", Notes())
    return _found(call, f"({term}) AND #{key}" if key else term, earlier)


def _found(call: Call, term: str, earlier: Mapping[int, tuple[str, ...]]) -> _Result:
    view = View(call.snapshot, call.vocabulary)
    today = call.moment.date()  # in UTC; NCBI's days are those of US Eastern time (assumed)
    circumstances = Circumstances(
        today=today,
        history=earlier,
        default_field=call.params.get("field") or None,
        limit=_limit(call, today),
        missing_quotes=call.options.missing_quotes,
        renamings=call.options.renamings,
    )
    try:
        found: Answer = answer(term, view, circumstances)
    except TooDeep as error:
        raise Refused(f"Search Backend failed: {error}") from error
    except UnknownHistory as error:
        raise Refused(f"Unable to obtain query #{error.key}") from error
    numbers = arrange(found.hits, view, call.params.get("sort"), found.notes)
    uids = [call.snapshot.pmid(number) for number in numbers]
    return _Result(uids, found.translation, found.notes)


def _limit(call: Call, today: date) -> Limit | None:
    """The date limit of the parameters; one of mindate and maxdate alone counts for nothing."""
    span = _span(call, today)
    tag = find(call.params.get("datetype"))
    field: Field = tag.field if tag and tag.field.kind == "dates" else ENTERED
    return Limit(field, span) if span else None


def _span(call: Call, today: date) -> Span | None:
    low, high = call.params.get("mindate"), call.params.get("maxdate")
    if low and high:
        return between(low, high, today)
    days = call.params.number("reldate", 0)
    return last_days(days, today) if days else None


def _error(call: Call, text: str) -> Reply:
    if not call.wants_json:
        return errors(ROOT, [text])
    # NCBI sends the line break of this message as it is, inside a JSON string (paperscraper 40).
    body = _document({"ERROR": text}).replace("Exception:\\n", "Exception:\n")
    return Reply(body.encode(), JSON)


def _count(call: Call, count: int) -> Reply:
    if call.wants_json:
        return Reply(_document({"count": str(count)}).encode(), JSON)
    return Reply(envelope(ROOT, f"\n\t{element('Count', count)}\n"))


def _document(result: dict[str, Any]) -> str:
    header = {"type": "esearch", "version": "0.3"}
    document = {"header": header, "esearchresult": result}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _as_json(result: _Result, page: _Page) -> Reply:
    """Numbers are strings, and lists of complaints are absent when there are none."""
    notes = result.notes
    content: dict[str, Any] = {
        "count": str(len(result.uids)),
        "retmax": str(len(page.uids)),
        "retstart": str(page.start),
    }
    if page.key:
        content |= {"querykey": str(page.key), "webenv": page.environment}
    content |= {
        "idlist": list(page.uids),
        "translationset": [{"from": old, "to": new} for old, new in notes.translations],
        "querytranslation": result.translation,
    }
    if notes.phrases_not_found or notes.fields_not_found:
        content["errorlist"] = {
            "phrasesnotfound": notes.phrases_not_found,
            "fieldsnotfound": notes.fields_not_found,
        }
    if notes.phrases_ignored or notes.quoted_phrases_not_found or notes.messages:
        content["warninglist"] = {
            "phrasesignored": notes.phrases_ignored,
            "quotedphrasesnotfound": notes.quoted_phrases_not_found,
            "outputmessages": notes.messages,
        }
    return Reply(_document(content).encode(), JSON)


def _as_xml(call: Call, result: _Result, page: _Page) -> Reply:
    """One of the two layouts that were recorded on the same evening."""
    tabs = call.options.layout == "tabs"
    line = "\n" if tabs else ""
    meta = element("Count", len(result.uids)) + element("RetMax", len(page.uids))
    meta += element("RetStart", page.start)
    if page.key:
        meta += element("QueryKey", page.key) + element("WebEnv", page.environment)
    indent = "\t" if tabs else ""
    ids = "".join(f"{indent}{element('Id', uid)}\n" for uid in page.uids)
    content = (
        f"{line}{meta}{line}",
        f"<IdList>\n{ids}</IdList>" if ids else "<IdList/>",
        f"{line}{_translations(result.notes)}",
        element("QueryTranslation", result.translation),
        _complaints(result.notes),
        line * 2,
    )
    return Reply(envelope(ROOT, "".join(content)))


def _translations(notes: Notes) -> str:
    if not notes.translations:
        return "<TranslationSet/>"
    pairs = (
        f"<Translation>     {element('From', old)}     {element('To', new)}    </Translation>"
        for old, new in notes.translations
    )
    return f"<TranslationSet>{''.join(pairs)}</TranslationSet>"


def _complaints(notes: Notes) -> str:
    errors_ = [element("PhraseNotFound", text) for text in notes.phrases_not_found]
    errors_ += [element("FieldNotFound", text) for text in notes.fields_not_found]
    warnings = [element("PhraseIgnored", text) for text in notes.phrases_ignored]
    warnings += [element("QuotedPhraseNotFound", text) for text in notes.quoted_phrases_not_found]
    warnings += [element("OutputMessage", text) for text in notes.messages]
    return "".join(
        f"<{name}>{''.join(items)}</{name}>"
        for name, items in (("ErrorList", errors_), ("WarningList", warnings))
        if items
    )
