"""The papers and corrections of an issue as pieces of a mail, each made once for all its readers.

To write the style rules into the elements costs more than all else, so it is done a piece at a
time, and what many readers get is made once.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import css_inline

from litwatch import markup
from litwatch.digest import sentences
from litwatch.digest.issue import CorrectionEntry
from litwatch.digest.paper import Paper, record_url, show, treated
from litwatch.digest.words import CORRECTION_WORDS, GRAVE_MARKS
from litwatch.models import Stored, bare_uid

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
KEPT = 4096
"""So many pieces are remembered: some 20 MB."""
KEPT_PAGES = 64
"""So many pages without their pieces are remembered: some 1 MB."""

_OPENING, _CLOSING = "<table><tbody>", "</tbody></table>"


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of the HTML's table, their styles written in, and lines of the text."""

    html: str
    text: str


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


@lru_cache(KEPT)
def paper_piece(stored: Stored, labels: tuple[tuple[str, str], ...], *, is_first: bool) -> Piece:
    """A paper, with the topics that `labels` name; the first of its section has no line above."""
    return _piece(paper=show(stored, dict(labels)), is_first=is_first)


@lru_cache(KEPT)
def correction_piece(entry: CorrectionEntry, timezone: str) -> Piece:
    """What happened to a paper, with the day on which its reader got it."""
    kind = kind_of(entry)
    mark, words = CORRECTION_WORDS[kind]
    what = words.format(pmid=bare_uid(entry.change.uid))
    is_dated = entry.change.kind in ("withdrawn", "reinstated", "restored")
    citation = "" if is_dated else entry.change.citation
    tags = "; ".join(f"{label} — {role}" for label, role in treated(entry.paper.findings))
    sent = sentences.day(entry.sent_at, timezone)
    return _piece(
        correction=Correction(
            mark=mark,
            what=f"{what} It was sent to you on {sent}{f', tagged {tags}' if tags else ''}.",
            paper=show(entry.paper, {}),
            label="Now" if kind in ("withdrawn", "moved", "replaced") else "Notice",
            notice=entry.notice.title if entry.notice else citation,
            notice_url=record_url(entry.change.notice_uid),
        )
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


@lru_cache(KEPT_PAGES)
def inlined(page: str) -> str:
    """A page with its style rules written into its elements; many readers get the same one."""
    return _INLINER.inline(page)


def _piece(**values: object) -> Piece:
    """What the two templates make of it; rows are rows only within a table."""
    values = {"paper": None, "correction": None, "is_first": False} | values
    rows = f"{_OPENING}{markup.render('digest/piece.html', **values)}{_CLOSING}"
    html = _INLINER.inline_fragment(rows, _styles())
    return Piece(
        html=html.removeprefix(_OPENING).removesuffix(_CLOSING).strip(),
        text=markup.render("digest/piece.txt", **values),
    )


@cache
def _styles() -> str:
    folder = files("litwatch.digest") / "templates"
    return (folder / "mail.css").read_text(encoding="utf-8")
