"""What a reply of the E-utilities is: an answer, or which kind of failure.

HTTP status 200 says little here: errors come with it as `<ERROR>`, as a web page, as a bare prolog
or as a document cut in the middle; and a 400 may mean "try again". What the table does not know is
permanent for this run. Pure: status and bytes in, an error or none out.
"""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

from litwatch.errors import (
    HistoryLost,
    KeyRefused,
    SourceBlocked,
    SourceBusy,
    SourceError,
    TooMuch,
)

Endpoint = Literal["esearch", "efetch"]
ROOTS: dict[Endpoint, str] = {"esearch": "eSearchResult", "efetch": "PubmedArticleSet"}
"""The root element of each utility's answer, for PubMed and retmode=xml."""

HEAD = 2000
"""How much of a reply is looked at, and logged, when it is no answer."""
EXCERPT = 300
"""How much of it a message holds."""
USUAL_WAIT_SECONDS = 2.0
"""NCBI's own Retry-After; kept to where a 429 brings none."""
LONGEST_WAIT_SECONDS = 86_400.0

Kind = type[SourceError]
MEANINGS: tuple[tuple[str, Kind], ...] = (
    ("api key invalid", KeyRefused),
    ("api rate limit exceeded", SourceBusy),
    # The cap comes wrapped in "Search Backend failed", or in "cannot retrieve history data".
    ("cannot be larger than 9998", SourceError),
    # "NCBI C++ Exception" comes with a lost history too, so the history is looked for first.
    ("unable to obtain query", HistoryLost),
    ("cannot retrieve history data", HistoryLost),
    ("can't fetch uids from history", HistoryLost),
    ("id list is empty", SourceError),
    ("empty term", SourceError),
    ("invalid db name", SourceError),
    ("search backend failed", SourceBusy),
    ("unable to open connection", SourceBusy),
    ("external viewer error", TooMuch),
    ("c++ exception", TooMuch),
    ("timeout", TooMuch),
)
"""What NCBI's words mean, the first that are found; collected from reports of its users."""
BLOCK_PLACE = re.compile(r"misuse|/abuse\b", re.IGNORECASE)
"""Where NCBI redirects an address that it refuses: misuse.ncbi.nlm.nih.gov/error/abuse.shtml."""
BLOCK_WORDS = (
    "misuse.ncbi.nlm.nih.gov",
    "www error blocked",
    "blocked for possible abuse",
    "access denied",
)
"""What stands on that page, and on others that refuse."""
PAGE_WORDS = ("<html", "<!doctype html", "<head", "<body", "<title", "<h1")

_BEFORE_ROOT = re.compile(
    rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(rb"<([A-Za-z_:][\w.:-]*)(?:\s[^<>]*)?(/?)>")


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, whatever its status; `location` is where it would redirect to.

    `sent_at` is the moment that the server gave it (Date), None where it gave none.
    """

    status: int
    body: bytes
    location: str = ""
    retry_after_seconds: float = 0.0
    sent_at: datetime | None = None


def moment_of(header: str) -> datetime | None:
    """The moment that an HTTP header names (RFC 9110, 5.6.7); None where it is none."""
    try:
        moment = parsedate_to_datetime(header)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(header: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, as a number or a date (RFC 9110, 10.2.3)."""
    header = header.strip()
    if header.isdecimal():
        return min(float(header), LONGEST_WAIT_SECONDS)
    moment = moment_of(header)
    wait = (moment - now).total_seconds() if moment else 0.0
    return min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def is_answer(endpoint: Endpoint, reply: Reply) -> bool:
    """The reply is a whole document of the kind that was asked for, and reports no error."""
    return (
        reply.status == 200
        and _is_whole(reply.body, ROOTS[endpoint])
        and not _errors(reply.body)
        and b"<!ENTITY" not in reply.body
    )


def fault(endpoint: Endpoint, reply: Reply) -> SourceError:
    """What a reply that is no answer means."""
    head = _text(reply.body[:HEAD])
    is_page = any(word in head.lower() for word in PAGE_WORDS)
    return (
        _refusal(reply, is_page)
        or _meaning(endpoint, reply, is_page)
        or _fault_of_status(endpoint, reply)
        or _fault_of_body(endpoint, reply, is_page)
    )


def _refusal(reply: Reply, is_page: bool) -> SourceError | None:
    """The refusals of a proxy, and of NCBI itself, after which no call must follow."""
    if reply.status == 407:
        return SourceError("the proxy wants a login: check its address and login in HTTPS_PROXY")
    page = _text(reply.body[: 10 * HEAD]).lower() if is_page or reply.status == 403 else ""
    to_block = BLOCK_PLACE.search(reply.location.partition("?")[0])
    if to_block or any(word in page for word in BLOCK_WORDS):
        return SourceBlocked(
            "NCBI has blocked this address for possible misuse: make no further calls, and write "
            "to info@ncbi.nlm.nih.gov; a key does not lift the block"
        )
    return None


def _meaning(endpoint: Endpoint, reply: Reply, is_page: bool) -> SourceError | None:
    """The meaning of NCBI's own words, where it said any that are known."""
    said = " ".join(_errors(reply.body))
    if not said and not is_page and (reply.status >= 400 or not _root(reply.body)):
        said = _text(reply.body[:HEAD])
    for words, kind in MEANINGS:
        if words in said.lower():
            return _made(kind, endpoint, said, reply)
    return None


def _made(kind: Kind, endpoint: Endpoint, said: str, reply: Reply) -> SourceError:
    if kind is KeyRefused:
        return KeyRefused(
            "NCBI does not know the API key: correct LITWATCH_NCBI_API_KEY or the file that "
            "ncbi.api_key_file names, or remove it"
        )
    message = f"NCBI {endpoint}: {_excerpt(said)}"
    if issubclass(kind, SourceBusy):
        wait = reply.retry_after_seconds
        if reply.status == 429 or "rate limit" in said.lower():
            wait = wait or USUAL_WAIT_SECONDS
        return kind(message, wait_seconds=wait)
    return kind(message)


def _fault_of_status(endpoint: Endpoint, reply: Reply) -> SourceError | None:
    status, wait = reply.status, reply.retry_after_seconds
    if status == 429:
        return SourceBusy(
            f"NCBI {endpoint}: too many calls", wait_seconds=wait or USUAL_WAIT_SECONDS
        )
    if status == 408 or status >= 500:
        return TooMuch(f"NCBI {endpoint}: HTTP status {status}", wait_seconds=wait)
    if status >= 400:
        said = _excerpt(_text(reply.body)) or "an empty page"
        return SourceError(f"NCBI {endpoint}: HTTP status {status}: {said}")
    if status >= 300:
        where = _host(reply.location) or "another page"
        return SourceBusy(
            f"NCBI {endpoint}: redirected to {where}: check ncbi.base_url, and whether this "
            "network wants a login"
        )
    return None


def _host(location: str) -> str:
    """The host of an address; empty where there is none, or it is no address."""
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def _fault_of_body(endpoint: Endpoint, reply: Reply, is_page: bool) -> SourceError:
    body = reply.body
    if not body.strip():
        return TooMuch(f"NCBI {endpoint}: an empty answer")
    if b"<!ENTITY" in body:
        return SourceError(f"NCBI {endpoint}: the answer declares entities, and was refused")
    if is_page:
        return SourceBusy(
            f"NCBI {endpoint}: a web page instead of an answer: maintenance, or a login page of "
            "this network"
        )
    if _is_cut(body, ROOTS[endpoint]):
        return TooMuch(f"NCBI {endpoint}: the answer was cut short")
    said = " ".join(_errors(body)) or _text(body)
    return SourceError(f"NCBI {endpoint}: no answer to what was asked: {_excerpt(said)}")


def _is_cut(body: bytes, expected: str) -> bool:
    """XML without a root or the end of it; JSON, which some errors are, without its end."""
    root = _root(body)
    if root:
        return root == expected and not _is_whole(body, root)
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith(b"<") or (text.startswith(b"{") and not text.rstrip().endswith(b"}"))


def _start(body: bytes) -> re.Match[bytes] | None:
    """The root's start tag, None where there is none, or not all of it."""
    at = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    while before := _BEFORE_ROOT.match(body, at):
        at = before.end()
    return _ROOT.match(body, at)


def _root(body: bytes) -> str:
    start = _start(body)
    return start[1].decode("ascii", "replace") if start else ""


def _is_whole(body: bytes, root: str) -> bool:
    """The document has that root, and the root has its end."""
    start = _start(body)
    if start is None or start[1] != root.encode():
        return False
    end = re.compile(rb"</" + root.encode() + rb"\s*>\s*\Z")
    return bool(start[2]) or end.search(body, max(len(body) - HEAD, start.end())) is not None


def _errors(body: bytes) -> tuple[str, ...]:
    """The texts of the `<ERROR>` elements; NCBI writes empty ones into good answers too."""
    ended = (before.partition(b"<ERROR>")[2] for before in body.split(b"</ERROR>")[:-1])
    # So short, a text holds no number that is too long to be read.
    texts = (html.unescape(_text(found.strip()[:HEAD])).strip() for found in ended)
    return tuple(text for text in texts if text)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT]}…"
