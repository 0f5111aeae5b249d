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
_OPAQUE = re.compile(rb"<!\[CDATA\[(?P<text>.*?)\]\]>|<!--.*?-->", re.DOTALL)
_ROOT = re.compile(rb"<(PubmedArticleSet|PubmedBookArticleSet|PubmedArticle|PubmedBookArticle)\b")
_ERROR = re.compile(rb"<ERROR>\s*([^<]*[^<\s])\s*</ERROR>")
_RECORDS = (b"PubmedArticle", b"PubmedBookArticle")
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
            name, inside = start[1], start.end()
            end = self.body.find(b"</" + name, inside)
            end = self.body.find(b">", end) + 1 if end >= 0 else len(self.body)
            openings = (self.body.find(b"<" + other, inside, end) for other in _RECORDS)
            end = min((place for place in openings if place >= 0), default=end)
            yield name.decode(), self.body[start.start() : end]
            start = _START.search(self.body, end)


def unwrap(answer: bytes) -> Envelope:
    """The envelope of a complete answer.

    Raises SourceBusy for one that is empty, cut or no PubMed XML at all, and SourceError for one
    that is an error message or declares entities.
    """
    answer, encoding = _narrow(answer)
    declaration = _DECLARATION.match(answer)
    if declaration:
        answer = answer[declaration.end() :]
        encoding = encoding or _declared(declaration["attributes"])
    if b"<![CDATA[" in answer or b"<!--" in answer:
        answer = _OPAQUE.sub(_plain, answer)
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
    try:
        name = codecs.lookup(match[1].decode()).name
    except LookupError as error:
        raise SourceError(f"the answer is in an unknown encoding: {match[1].decode()}") from error
    return UTF_8 if name.startswith(("utf-16", "utf-32")) else name  # readable: it was transcoded


def _plain(opaque: re.Match[bytes]) -> bytes:
    """CDATA as escaped text, so that no tag in it is taken for one; nothing for a comment."""
    text = opaque["text"] or b""
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _refuse(body: bytes) -> None:
    error = _ERROR.search(body)
    if error:
        said = " ".join(error[1].decode(UTF_8, "replace").split())
        raise SourceError(f"the source answered an error: {said[:200]}")
    root = _ROOT.search(body)
    if not root:
        raise SourceBusy("the answer holds no PubMed records and no empty set of them")
    if b"<!ENTITY" in body[: root.start()]:
        raise SourceError("the answer declares entities, which PubMed never does: refused")
    end = re.compile(rb"(</" + root[1] + rb"\s*>|<" + root[1] + rb"[^<>]*/>)\s*\Z")
    if not end.search(body, max(root.start(), len(body) - _TAIL)):
        raise SourceBusy(f"the answer is cut: it has no end of {root[1].decode()}")
