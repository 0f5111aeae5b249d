"""What can be done to a good body on its way: each by a name of `faults.toml`.

Every one takes the body and the PMIDs that it concerns (none named: the last record, or all).
"""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

_RECORD = re.compile(rb"<(Pubmed(?:Book)?Article)>.*?</\1>\n?", re.DOTALL)
_PMID = re.compile(rb"<PMID[^>]*>(\d+)</PMID>")
_DOCTYPE = re.compile(rb"\A.*?<!DOCTYPE[^>]*>\s*", re.DOTALL)
_TITLE = re.compile(rb"(<(?:ArticleTitle|BookTitle)[^>]*>)")
_BOMB = (
    b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "spam spam spam spam spam spam spam spam">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY f SYSTEM "file:///etc/hostname">]>'
)

Damage = Callable[[bytes, Collection[str]], bytes]


def _records(body: bytes, pmids: Collection[str], change: Callable[[bytes], bytes]) -> bytes:
    """The body with some records changed: those named, or the last one."""
    matches = list(_RECORD.finditer(body))
    concerned = [match for match in matches if _pmid(match[0]) in pmids] if pmids else matches[-1:]
    for match in reversed(concerned):
        body = body[: match.start()] + change(match[0]) + body[match.end() :]
    return body


def _pmid(record: bytes) -> str:
    match = _PMID.search(record)
    return match[1].decode() if match else ""


def _omit(body: bytes, pmids: Collection[str]) -> bytes:
    return _records(body, pmids, lambda _: b"")


def _duplicate(body: bytes, pmids: Collection[str]) -> bytes:
    return _records(body, pmids, lambda record: record + record)


def _corrupt(body: bytes, pmids: Collection[str]) -> bytes:
    return _records(body, pmids, lambda record: _TITLE.sub(rb"\1" + b"\x0b", record, count=1))


def _unasked(body: bytes, pmids: Collection[str]) -> bytes:
    return _records(
        body, pmids, lambda record: record + _PMID.sub(b'<PMID Version="1">1</PMID>', record, 1)
    )


def _unknown_element(body: bytes, pmids: Collection[str]) -> bytes:
    """An element of no DTD in each record (in some, where named), or in a search's result."""
    matches = list(_RECORD.finditer(body))
    if not matches:
        return body.replace(b"</eSearchResult>", b"<NewThing>1</NewThing></eSearchResult>")
    named = pmids or [_pmid(match[0]) for match in matches]
    return _records(body, named, lambda record: record.replace(b"<PMID", b"<New A='1'/><PMID", 1))


def _empty_set(body: bytes, _: Collection[str]) -> bytes:
    """None of the records is there, as for ids that lag behind the index."""
    return _RECORD.sub(b"", body)


def _newer_version(body: bytes, pmids: Collection[str]) -> bytes:
    """A record stands there twice: in its second version, and in its first."""
    newer = re.compile(rb'<PMID Version="\d+">')
    return _records(
        body, pmids, lambda record: newer.sub(b'<PMID Version="2">', record, 1) + record
    )


def _unknown_values(body: bytes, _: Collection[str]) -> bytes:
    """A state, a kind of link and an attribute that no document type has."""
    body = re.sub(
        rb"<PublicationStatus>\w*<", b"<PublicationStatus>beyondprint<", body, flags=re.DOTALL
    )
    body = re.sub(rb'RefType="Comment\w+"', b'RefType="BlessedIn" Weight="9"', body)
    return body.replace(b"<Article ", b"<Article Glow='1' ")


def _after_record(body: bytes, _: Collection[str]) -> bytes:
    matches = list(_RECORD.finditer(body))
    return body[: matches[len(matches) // 2].end()] if matches else body[: len(body) // 2]


def _prolog_only(body: bytes, _: Collection[str]) -> bytes:
    match = _DOCTYPE.match(body)
    return match[0] if match else b""


def _half(body: bytes, _: Collection[str]) -> bytes:
    return body[: len(body) // 2]


def _bom(body: bytes, _: Collection[str]) -> bytes:
    return b"\xef\xbb\xbf" + body


def _http_doctype(body: bytes, _: Collection[str]) -> bytes:
    return body.replace(b'"https://dtd.nlm.nih.gov', b'"http://dtd.nlm.nih.gov', 1)


def _entity_bomb(body: bytes, _: Collection[str]) -> bytes:
    bombed = re.sub(rb"<!DOCTYPE[^>]*>", lambda _match: _BOMB, body, count=1)
    return _TITLE.sub(rb"\1&c;&f;", bombed)


def _search(
    body: bytes, change: Callable[[dict[str, Any]], object], *patterns: tuple[bytes, bytes]
) -> bytes:
    """A search's result changed in its JSON form, or in its XML form by patterns."""
    if body.lstrip().startswith(b"{"):
        document = json.loads(body)
        change(document["esearchresult"])
        return json.dumps(document).encode()
    for pattern, replacement in patterns:
        body = re.sub(pattern, replacement, body, count=1, flags=re.DOTALL)
    return body


def _zero(body: bytes, _: Collection[str]) -> bytes:
    nothing = {"count": "0", "retmax": "0", "idlist": []}
    return _search(
        body,
        lambda result: result.update(nothing),
        (rb"<Count>\d+</Count>", b"<Count>0</Count>"),
        (rb"<RetMax>\d+</RetMax>", b"<RetMax>0</RetMax>"),
        (rb"<IdList>.*</IdList>", b"<IdList/>"),
    )


def _translation(body: bytes, _: Collection[str]) -> bytes:
    """The query is understood otherwise: a heading is gone from its translation."""
    return _search(
        body,
        lambda result: result.update(querytranslation='"something else"[All Fields]'),
        (
            rb"<QueryTranslation>.*?</QueryTranslation>",
            b'<QueryTranslation>"something else"[All Fields]</QueryTranslation>',
        ),
    )


def _short_list(body: bytes, _: Collection[str]) -> bytes:
    return _search(
        body,
        lambda result: result["idlist"].pop(),
        (rb"\s*<Id>\d+</Id>(?=\s*</IdList>)", b""),
    )


def _bad_ids(body: bytes, _: Collection[str]) -> bytes:
    return _search(
        body,
        lambda result: result["idlist"].extend(("0", "abc")),
        (rb"</IdList>", b"<Id>0</Id>\n<Id>abc</Id>\n</IdList>"),
    )


def _one_more(body: bytes, _: Collection[str]) -> bytes:
    """A hit is counted that is not listed, and by no slice either."""
    more = str(_count(body) + 1)
    return _search(
        body,
        lambda result: result.update(count=more),
        (rb"<Count>\d+</Count>", f"<Count>{more}</Count>".encode()),
    )


def _count(body: bytes) -> int:
    found = re.search(rb'<Count>(\d+)|"count":\s*"(\d+)', body)
    return int(found[1] or found[2]) if found else 0


def _shifted_ids(body: bytes, _: Collection[str]) -> bytes:
    """The order shifted while the page was made: one id stands there twice, another not at all."""

    def shift(result: dict[str, Any]) -> None:
        result["idlist"][1:2] = result["idlist"][:1]

    return _search(body, shift, (rb"(<Id>\d+</Id>)(\s*)<Id>\d+</Id>", rb"\g<1>\g<2>\g<1>"))


def _clamped(body: bytes, _: Collection[str]) -> bytes:
    """Fewer ids than asked, and PubMed says so: as where more is asked than it lists."""
    keep = max(1, _count(body) // 2)
    said = f"Restrictions achieved. start and count adjusted to 0, {keep}"

    def clamp(result: dict[str, Any]) -> None:
        result.update(retmax=str(keep), idlist=result["idlist"][:keep])
        result["warninglist"] = {
            "phrasesignored": [],
            "quotedphrasesnotfound": [],
            "outputmessages": [said],
        }

    warned = f"<WarningList><OutputMessage>{said}</OutputMessage></WarningList></eSearchResult>"
    return _search(
        body,
        clamp,
        (rb"<RetMax>\d+</RetMax>", f"<RetMax>{keep}</RetMax>".encode()),
        (rb"((?:\s*<Id>\d+</Id>){%d}).*?(\s*</IdList>)" % keep, rb"\g<1>\g<2>"),
        (rb"</eSearchResult>", warned.encode()),
    )


def _translation_stack(body: bytes, _: Collection[str]) -> bytes:
    """The element that PubMed sent until November 2022, with counts and terms of its own."""
    term = {"term": "x[tiab]", "field": "tiab", "count": "1", "explode": "N"}
    stack = (
        b"<TranslationStack><TermSet><Term>x[tiab]</Term><Field>tiab</Field><Count>1</Count>"
        b"<Explode>N</Explode></TermSet><OP>GROUP</OP></TranslationStack><QueryTranslation>"
    )
    return _search(
        body,
        lambda result: result.update(translationstack=[term, "GROUP"]),
        (rb"<QueryTranslation>", stack),
    )


DAMAGES: dict[str, Damage] = {
    "omit": _omit,
    "duplicate": _duplicate,
    "corrupt": _corrupt,
    "unasked": _unasked,
    "unknown-element": _unknown_element,
    "after-record": _after_record,
    "prolog-only": _prolog_only,
    "half": _half,
    "bom": _bom,
    "http-doctype": _http_doctype,
    "entity-bomb": _entity_bomb,
    "zero": _zero,
    "translation": _translation,
    "short-list": _short_list,
    "bad-ids": _bad_ids,
    "one-more": _one_more,
    "shifted-ids": _shifted_ids,
    "clamped": _clamped,
    "translation-stack": _translation_stack,
    "empty-set": _empty_set,
    "newer-version": _newer_version,
    "unknown-values": _unknown_values,
}
