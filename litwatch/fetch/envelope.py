"""PubMed's answer as bytes: whether it is whole, and where its records begin and end.

The records are cut out of the bytes before anything is parsed, for two reasons: a broken record
then breaks alone, and the parser never sees a DOCTYPE, so it loads no DTD and expands no entity.
Layout: NLM's pubmed_250101.dtd, of which only the names of the outermost elements are used here.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from litwatch.errors import SourceBusy, SourceError

UTF_8 = "utf-8"

_DECLARATION = re.compile(rb"\s*<\?xml\b(?P<attributes>[^>]*)\?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_OPAQUE = re.compile(rb"<!\[CDATA\[|<!--")
_CLOSINGS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
_ROOT = re.compile(rb"<(PubmedArticleSet|PubmedBookArticleSet|PubmedArticle|PubmedBookArticle)\b")
_ERROR = re.compile(rb"<ERROR>([^<]*+)</ERROR>")
_START = re.compile(rb"<(PubmedArticle|PubmedBookArticle|DeleteCitation)(?=[\s/>])")
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TAIL = 1000
"""How many of the last bytes are looked at for the end of the root."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A whole answer: its bytes without comments and CDATA, and what they are written in."""

    body: bytes
    encoding: str = UTF_8

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """The name and the bytes of each record and of the list of deletions, in their order.

        A record that is not closed ends where the next one begins.
        """
        start = _START.search(self.body)
        while start:
            following = _START.search(self.body, start.end())
            bound = following.start() if following else len(self.body)
            end = self.body.find(b"</" + start[1], start.end(), bound)
            end = self.body.find(b">", end, bound) + 1 if end >= 0 else 0
            yield start[1].decode(), self.body[start.start() : end or bound]
            start = following


def unwrap(answer: bytes) -> Envelope:
    """The envelope of a complete answer.

    Raises SourceBusy for one that is empty, cut, in an unknown encoding or no PubMed XML at all,
    and SourceError for one that is an error message or declares entities.
    """
    answer, encoding = _narrow(answer)
    declaration = _DECLARATION.match(answer)
    if declaration:
        answer = answer[declaration.end() :]
        encoding = encoding or _declared(declaration["attributes"])
    answer = _plain(answer)
    _refuse(answer)
    return Envelope(answer, encoding or UTF_8)


def _narrow(answer: bytes) -> tuple[bytes, str]:
    """The answer in an encoding that keeps ASCII as it is; empty where the declaration decides."""
    if answer.startswith(codecs.BOM_UTF8):
        return answer.removeprefix(codecs.BOM_UTF8), UTF_8
    wide = next((encoding for mark, encoding in _WIDE if answer.startswith(mark)), "")
    if not wide:
        return answer, ""
    try:
        return answer.decode(wide).encode(UTF_8), UTF_8
    except UnicodeError as error:
        raise SourceBusy(f"the answer is cut: it is no {wide.upper()}") from error


def _declared(attributes: bytes) -> str:
    match = _ENCODING.search(attributes)
    if not match:
        return UTF_8
    declared = match[1].decode()
    try:
        name = codecs.lookup(declared).name
        if name.startswith(("utf-16", "utf-32")):
            return UTF_8  # readable as it is: it was transcoded
        b"<".decode(name)  # some codecs are none of text
    except (LookupError, UnicodeError) as error:
        raise SourceBusy(f"the answer is in an unknown encoding: {declared[:40]}") from error
    return name


def _plain(answer: bytes) -> bytes:
    """The answer without comments, and with CDATA as escaped text: no tag in it is taken for one.

    What is not closed stays. A pattern for it all would look for the end anew at each opening.
    """
    last = {opening: answer.rfind(closing) for opening, closing in _CLOSINGS.items()}
    parts, done = [], 0
    opening = _OPAQUE.search(answer)
    while opening:
        following = opening.end()
        if following <= last[opening[0]]:
            end = answer.find(_CLOSINGS[opening[0]], following)
            parts.append(answer[done : opening.start()])
            if opening[0] == b"<![CDATA[":
                parts.append(_escaped(answer[following:end]))
            done = following = end + len(b"-->")
        opening = _OPAQUE.search(answer, following)
    return b"".join((*parts, answer[done:])) if parts else answer


def _escaped(text: bytes) -> bytes:
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _refuse(body: bytes) -> None:
    errors = (error[1].strip() for error in _ERROR.finditer(body))
    error = next(filter(None, errors), b"")
    if error:
        said = " ".join(error.decode(UTF_8, "replace").split())
        raise SourceError(f"the source answered an error: {said[:200]}")
    root = _ROOT.search(body)
    if not root:
        raise SourceBusy("the answer holds no PubMed records and no empty set of them")
    if b"<!ENTITY" in body[: root.start()]:
        raise SourceError("the answer declares entities, which PubMed never does: refused")
    end = re.compile(rb"(</" + root[1] + rb"\s*>|<" + root[1] + rb"[^<>]*/>)\s*\Z")
    if not end.search(body, max(root.start(), len(body) - _TAIL)):
        raise SourceBusy(f"the answer is cut: it has no end of {root[1].decode()}")
