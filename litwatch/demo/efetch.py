"""EFetch: PubMed's records for a list of UIDs, or for a page of an earlier result.

Records come in the order asked, each once; what does not exist is left out without a word. Texts
and limits: NBK25499, and replies quoted in rentrez 110, pubmedR 7 and biopython 4189.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from litwatch.demo.calls import TEXT, Call, Reply, valid_uids
from litwatch.demo.citation import Citation, read_citation
from litwatch.demo.esearch import PAST_REACH, REACH
from litwatch.demo.medline import as_abstract, as_medline
from litwatch.demo.xml import errors

ROOT = "eFetchResult"
MOST = 10_000
"""Records of one reply (NBK25499); more are cut."""
_XML_KINDS = ("", "xml", "full", "abstract", "null")
_NO_IDS = "ID list is empty! Possibly it has no correct IDs."
_LOST = (
    "Cannot retrieve history data. query_key: {key}, WebEnv: {environment},"
    " retstart: {start}, retmax: {size}",
    "Can't fetch uids from history because of: NCBI C++ Exception:\n"
    '    Error: UNK_MODULE(CException::eInvalid) "UNK_FILE", line 18446744073709551615:'
    " UNK_FUNC ---\n",
)
_OUT_OF_RANGE = (
    "Cannot retrieve history data: OUT OF RANGE. Parameter retstart={start} + 1 is greater than"
    " number of records available in history. History includes {size} IDs."
)


class Refused(Exception):
    """EFetch answers with ERROR elements."""

    def __init__(self, *texts: str, status: int = 400) -> None:
        self.texts = texts
        self.status = status
        super().__init__(*texts)


def efetch(call: Call) -> Reply:
    """The records asked for."""
    mode = call.params.get("retmode").lower() or "xml"
    try:
        return _records(call, mode, call.params.get("rettype").lower())
    except Refused as refusal:
        return _error(refusal, mode)


def _records(call: Call, mode: str, kind: str) -> Reply:
    uids = _uids(call)
    if mode == "xml" and kind in _XML_KINDS:
        return Reply(_article_set(call, uids))
    if mode == "text" and kind in _TEXTS:
        return Reply(_TEXTS[kind](call, uids).encode(), TEXT)
    raise Refused(f"Unsupported rettype '{kind}' and retmode '{mode}' for db=pubmed")


def _uid_list(_: Call, uids: Sequence[str]) -> str:
    return "".join(f"{uid}\n" for uid in uids)


def _medline(call: Call, uids: Sequence[str]) -> str:
    return "".join(as_medline(citation) for citation in _citations(call, uids))


def _abstracts(call: Call, uids: Sequence[str]) -> str:
    numbered = enumerate(_citations(call, uids), start=1)
    return "\n\n".join(as_abstract(citation, number) for number, citation in numbered)


def _citations(call: Call, uids: Sequence[str]) -> Iterator[Citation]:
    for uid in uids:
        xml = call.held.xml(uid)
        if xml is not None:
            yield read_citation(uid, xml)


_TEXTS: Mapping[str, Callable[[Call, Sequence[str]], str]] = {
    "uilist": _uid_list,
    "medline": _medline,
    "abstract": _abstracts,
}
"""The text formats by their `rettype`."""


def _error(refusal: Refused, mode: str) -> Reply:
    """The text form writes its blanks as plus signs, as NCBI's does."""
    if mode == "xml":
        return errors(ROOT, refusal.texts, refusal.status)
    text = "\n".join(refusal.texts).replace(" ", "+")
    return Reply(text.encode(), TEXT, refusal.status)


def _uids(call: Call) -> Sequence[str]:
    if not call.has_pubmed:
        raise Refused(f"Invalid db name specified: {call.params.get('db')}", status=200)
    start = call.params.number("retstart", 0)
    size = min(MOST, call.params.number("retmax", MOST))
    if key := call.params.number("query_key", 0):
        return _from_history(call, key, start, size)
    uids = tuple(valid_uids(call.params.ids()))
    if not uids:
        raise Refused(_NO_IDS)
    return uids[start : start + size]


def _from_history(call: Call, key: int, start: int, size: int) -> Sequence[str]:
    kept = call.earlier().get(key)
    if kept is None:
        raise _lost(call, key, start, size)
    if start >= REACH:
        raise Refused(
            "Search backend cannot retrieve history data. Reason: "
            + PAST_REACH.removeprefix("Search Backend failed: ")
        )
    if start >= len(kept):
        raise Refused(_OUT_OF_RANGE.format(start=start, size=len(kept)))
    return kept[start : min(start + size, REACH)]


def _lost(call: Call, key: int, start: int, size: int) -> Refused:
    if call.options.lost_history == 200:
        return Refused(f"Unable to obtain query #{key}", status=200)
    environment = call.params.get("WebEnv")
    filled = (
        text.format(key=key, environment=environment, start=start, size=size) for text in _LOST
    )
    return Refused(*filled)


def _article_set(call: Call, uids: Sequence[str]) -> bytes:
    year = call.options.dtd_year
    head = (
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC'
        f' "-//NLM//DTD PubMedArticle, 1st January {year}//EN"'
        f' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_{year % 100:02}0101.dtd">\n'
        "<PubmedArticleSet>"
    )
    found = (call.held.xml(uid) for uid in uids)
    records = b"\n".join(record for record in found if record is not None)
    return head.encode() + (b"\n" + records if records else b"") + b"</PubmedArticleSet>\n"
