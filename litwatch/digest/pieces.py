"""The papers and corrections of an issue as pieces of a mail, each made once for all its readers.

To write the style rules into the elements costs more than all else, so it is done a piece at a
time, for those that a mail has room for, and what many readers get is made once.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Generic, TypeVar

import css_inline

from litwatch import markup
from litwatch.digest import sentences
from litwatch.digest.issue import CorrectionEntry, Digest
from litwatch.digest.paper import Paper, record_url, show, treated
from litwatch.digest.words import CORRECTION_WORDS, GRAVE_MARKS
from litwatch.models import Stored, bare_uid

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
KEPT = 2048
"""So many pieces are remembered from issue to issue, or an issue's own, if it has more."""
KEPT_PAGES = 64
"""So many pages without their pieces are remembered: some 1 MB."""

_OPENING, _CLOSING = "<table><tbody>", "</tbody></table>"
_K = TypeVar("_K", bound=Hashable)


class Memory(Generic[_K]):
    """Values of the last issues, with what was made of them. It forgets between two of them only.

    To forget the oldest whenever there is one too many would keep nothing of an issue that is
    larger, for each reader asks for the first one again.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._now: dict[_K, _K] = {}
        self._before: dict[_K, _K] = {}

    def known(self, value: _K) -> _K:
        """The value as it was first met, or this one."""
        found = self._now.get(value)
        if found is None:
            found = self._now[value] = self._before.pop(value, value)
        return found

    def __len__(self) -> int:
        return len(self._now) + len(self._before)

    def begin_issue(self) -> None:
        """Forgets what no issue asked for since the last time that something was forgotten."""
        if len(self._now) > self._keep:
            self._before, self._now = self._now, {}


class Piece(ABC):
    """A part of an issue, in HTML and in text once it is asked for."""

    @cached_property
    def html(self) -> str:
        """Rows of the HTML's table, their styles written in; rows are rows only within a table."""
        rows = f"{_OPENING}{markup.render('digest/piece.html', **self.values())}{_CLOSING}"
        html = _INLINER.inline_fragment(rows, _styles())
        return html.removeprefix(_OPENING).removesuffix(_CLOSING).strip()

    @cached_property
    def octets(self) -> int:
        """The size of its HTML in a mail."""
        return octets(self.html)

    @cached_property
    def text(self) -> str:
        """Lines of the text."""
        return markup.render("digest/piece.txt", **self.values())

    @abstractmethod
    def values(self) -> dict[str, object]:
        """What the templates show of it."""


@dataclass(frozen=True)
class PaperPiece(Piece):
    """A paper, with the topics that `labels` name; the first of its section has no line above."""

    stored: Stored
    labels: tuple[tuple[str, str], ...]
    is_first: bool

    def values(self) -> dict[str, object]:
        """What the templates show of it."""
        paper = show(self.stored, dict(self.labels))
        return {"paper": paper, "correction": None, "is_first": self.is_first}


@dataclass(frozen=True)
class CorrectionPiece(Piece):
    """What happened to a paper, with the day on which its reader got it."""

    entry: CorrectionEntry
    timezone: str

    def values(self) -> dict[str, object]:
        """What the templates show of it."""
        return {"paper": None, "correction": _correction(self), "is_first": False}


@dataclass(frozen=True, slots=True)
class Correction:
    """A change in words, and the paper that it concerns."""

    mark: str
    what: str
    paper: Paper
    label: str
    notice: str
    notice_url: str

    @property
    def is_grave(self) -> bool:
        """Whether it warns against relying on the paper."""
        return self.mark in GRAVE_MARKS

    @property
    def is_quiet(self) -> bool:
        """It is good news, and wants no colour."""
        return self.mark == CORRECTION_WORDS["final"][0]


def pieces_of(digest: Digest) -> list[Piece]:
    """The corrections and papers of an issue in reading order, to be made when they are shown."""
    _MEMORY.begin_issue()
    topics = digest.coverage.topics
    labels = tuple((topic.id, topic.label) for topic in topics) if len(topics) > 1 else ()
    corrections = [CorrectionPiece(entry, digest.timezone) for entry in digest.corrections]
    papers = [
        PaperPiece(stored, labels, is_first=number == 0)
        for section in digest.sections
        for number, stored in enumerate(section.papers)
    ]
    return [_MEMORY.known(piece) for piece in (*corrections, *papers)]


def _correction(piece: CorrectionPiece) -> Correction:
    entry = piece.entry
    kind = kind_of(entry)
    mark, words = CORRECTION_WORDS[kind]
    what = words.format(pmid=bare_uid(entry.change.uid))
    is_dated = entry.change.kind in ("withdrawn", "reinstated", "restored")
    citation = "" if is_dated else entry.change.citation
    tags = "; ".join(f"{label} — {role}" for label, role in treated(entry.paper.findings))
    sent = sentences.day(entry.sent_at, piece.timezone)
    return Correction(
        mark=mark,
        what=f"{what} It was sent to you on {sent}{f', tagged {tags}' if tags else ''}.",
        paper=show(entry.paper, {}),
        label="Now" if kind in ("withdrawn", "moved", "replaced") else "Notice",
        notice=entry.notice.title if entry.notice else citation,
        notice_url=record_url(entry.change.notice_uid),
    )


def kind_of(entry: CorrectionEntry) -> str:
    """The kind of a change as CORRECTION_WORDS has it: two kinds are told apart by an heir."""
    change, paper = entry.change, entry.paper.article
    if change.kind == "withdrawn" and change.notice_uid:
        return "moved"
    by_paper = (link.kind == "RetractedandRepublishedIn" for link in paper.corrections)
    by_notice = (
        (link.kind, link.uid) == ("RetractedandRepublishedFrom", change.uid)
        for link in (entry.notice.corrections if entry.notice else ())
    )
    is_replaced = change.kind == "retraction" and (any(by_paper) or any(by_notice))
    return "replaced" if is_replaced else change.kind


def octets(html: str) -> int:
    """The size of HTML as a mail has it, where each line ends in CRLF."""
    return len(html.encode()) + html.count("\n")


@lru_cache(KEPT_PAGES)
def inlined(page: str) -> str:
    """A page with its style rules written into its elements; many readers get the same one."""
    return _INLINER.inline(page)


@cache
def _styles() -> str:
    folder = files("litwatch.digest") / "templates"
    return (folder / "mail.css").read_text(encoding="utf-8")


_MEMORY: Memory[Piece] = Memory(KEPT)
