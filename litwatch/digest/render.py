"""A digest as a mail: subject, HTML and text.

Mail clients drop style sheets, so the rules are written into each element, and one small style
element stays for phones and dark mode. Gmail clips a message of more than 102 kB and with it the
way to unsubscribe, so the HTML is held under 90 kB: what does not fit is counted and given as links
that list it, and the text part holds it all.
"""

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litwatch import markup
from litwatch.digest import sentences
from litwatch.digest.charts import Chart, papers_per_year
from litwatch.digest.issue import Digest
from litwatch.digest.overflow import UIDS_IN_A_LINK, left_out
from litwatch.digest.paper import list_url
from litwatch.digest.pieces import Piece, inlined, kind_of, octets, pieces_of
from litwatch.digest.table import Cell
from litwatch.digest.words import CORRECTION_WORDS, ORGAN_COLUMNS
from litwatch.settings import Mail

MAX_HTML_BYTES = 90_000
"""Gmail clips at 102 kB; the rest is for what transfer adds."""
OUTSIZE = 15_000
"""Octets of a paper or correction that would crowd out half a dozen others."""
PREHEADER_WIDTH = 90
ORGAN_WIDTH = 9
"""Letters that head a column of the table, for organs whose short word we do not know."""

_PLACE = re.compile("<!--([0-9]+)-->")
"""Where a piece belongs: no foreign text holds one, for its brackets are escaped."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A digest as text, ready to become a message; `preheader` is the line an inbox shows first."""

    subject: str
    html: str
    text: str
    preheader: str
    chart: Chart | None = None

    @property
    def page(self) -> str:
        """The HTML as a page that stands alone, its picture in it."""
        if self.chart is None:
            return self.html
        return self.html.replace(self.chart.url, self.chart.data_url)


@dataclass(frozen=True, slots=True)
class _Grid:
    """The table of treatments by organs in words: a line a treatment, a cell for each organ.

    A cell counts this issue's papers and, in brackets, all on file; a first issue's the latter.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    left_out: str


@dataclass(frozen=True, slots=True)
class _Group:
    """A section in words, each paper with its number in the issue; `count` says how many."""

    title: str
    remark: str
    count: str
    papers: tuple[tuple[int, Piece], ...]


def render(digest: Digest, mail: Mail) -> Rendered:
    """The mail that a digest makes; equal digests make equal mails."""
    chart = _chart(digest)
    values = _frame(digest, mail) | {"chart": chart}
    subject = " ".join(markup.render("digest/subject.txt", **values).split())
    preheader = _preheader(digest)
    values |= {"subject": subject, "preheader": preheader}
    pieces = pieces_of(digest)
    return Rendered(
        subject=subject,
        html=_fitting_html(digest, values, pieces),
        text=markup.render(
            "digest/digest.txt", **values, **_contents(digest, pieces, range(len(pieces)))
        ),
        preheader=preheader,
        chart=chart,
    )


def _chart(digest: Digest) -> Chart | None:
    """The papers of the years, for an issue that has something to show."""
    if not (digest.papers or digest.corrections):
        return None
    year = digest.coverage.end.astimezone(ZoneInfo(digest.timezone)).year
    return papers_per_year(digest.per_year, year)


def _fitting_html(digest: Digest, frame: Mapping[str, object], pieces: Sequence[Piece]) -> str:
    """The HTML with as many corrections and papers as fit; the others are counted and listed."""
    kept = _fitting(pieces, MAX_HTML_BYTES)
    while (excess := octets(html := _html(digest, frame, pieces, kept)) - MAX_HTML_BYTES) > 0:
        if not kept:
            break
        # What is left out is listed, which takes room of its own: so once or twice more.
        kept = _fitting(pieces, sum(pieces[number].octets for number in kept) - excess)
    return html


def _fitting(pieces: Sequence[Piece], room: int) -> frozenset[int]:
    """The numbers of the pieces that go into so many octets: the first ones, outsize ones last."""
    kept: list[int] = []
    outsize: list[int] = []
    for number, piece in enumerate(pieces):
        size = piece.octets
        if size > OUTSIZE:
            outsize.append(number)
            continue
        room -= size
        if room < 0:
            return frozenset(kept)
        kept.append(number)
    for number in outsize:
        size = pieces[number].octets
        if size <= room:
            room -= size
            kept.append(number)
    return frozenset(kept)


def _html(
    digest: Digest, frame: Mapping[str, object], pieces: Sequence[Piece], kept: Collection[int]
) -> str:
    """The page with its styles written in, and the kept pieces in the places held for them."""
    contents = _contents(digest, pieces, kept)
    page = inlined(markup.render("digest/digest.html", **frame, **contents))
    return _PLACE.sub(lambda place: pieces[int(place[1])].html, page)


def _frame(digest: Digest, mail: Mail) -> dict[str, object]:
    """What the templates show around the papers, the same for a shortened digest."""
    coverage, zone = digest.coverage, digest.timezone
    is_every_run = digest.period.start == digest.period.end
    _, reply_to = parseaddr(mail.reply_to)
    return {
        "kind": digest.kind,
        "topics": sentences.joined([topic.label for topic in coverage.topics]),
        "headline": sentences.headline(digest),
        "issue": sentences.day(coverage.end, zone, letters=3)
        + (f" {sentences.clock(coverage.end, zone)}" if is_every_run else ""),
        "window": sentences.window(digest),
        "by_topic": sentences.by_topic(digest),
        "table": _grid(digest),
        "on_file": sentences.on_file(digest),
        "summary": [(section.title, len(section.papers)) for section in digest.sections],
        "gravest": digest.corrections[0].paper.article.title if digest.corrections else "",
        "opening": sentences.opening(digest),
        "coverage": coverage,
        "incomplete": "" if coverage.complete else sentences.INCOMPLETE,
        "searched": sentences.searched(digest),
        "found": [(sentences.found(topic), topic) for topic in coverage.topics],
        "filed_only": sentences.filed_only(digest),
        "filtered": sentences.filtered(digest),
        "filtered_url": list_url(digest.filtered[:UIDS_IN_A_LINK]) if digest.filtered else "",
        "filters": "; ".join(digest.filters),
        "rules": sentences.rules(digest),
        "credit": sentences.CREDIT,
        "reply_to": reply_to,
        "reply_url": f"mailto:{quote(reply_to, safe='@')}?subject=litwatch",
        "unsubscribe": mail.unsubscribe,
    }


def _grid(digest: Digest) -> _Grid | None:
    if digest.table is None or not (digest.papers or digest.corrections):
        return None
    is_first = digest.kind == "first"
    organs = (ORGAN_COLUMNS.get(tag.id, tag.label[:ORGAN_WIDTH]) for tag in digest.table.organs)
    return _Grid(
        "Papers on file by treatment given and organ involved"
        if is_first
        else "Papers by treatment given and organ involved: this issue (all on file)",
        ("All", *organs),
        tuple(
            (row.treatment.label, tuple(_cell(cell, is_first) for cell in (row.every, *row.cells)))
            for row in digest.table.rows
        ),
        sentences.left_out(digest),
    )


def _cell(cell: Cell, is_first: bool) -> str:
    if not cell.in_all:
        return "–"
    return f"{cell.in_all}" if is_first else f"{cell.here} ({cell.in_all})"


def _contents(digest: Digest, pieces: Sequence[Piece], kept: Collection[int]) -> dict[str, object]:
    """The kept corrections and papers of a digest, and what is said of the others."""
    return {
        "corrections": [
            (number, pieces[number]) for number in range(len(digest.corrections)) if number in kept
        ],
        "groups": list(_groups(digest, pieces, kept)),
        "overflow": left_out(digest, kept),
    }


def _groups(digest: Digest, pieces: Sequence[Piece], kept: Collection[int]) -> Iterator[_Group]:
    """The sections of which something is kept."""
    end = len(digest.corrections)
    for section in digest.sections:
        start, end = end, end + len(section.papers)
        shown = tuple((number, pieces[number]) for number in range(start, end) if number in kept)
        number, whole = len(shown), end - start
        if shown:
            yield _Group(
                section.title,
                sentences.REMARKS.get(section.kind, ""),
                f"{number:,}" if number == whole else f"{number:,} of {whole:,}",
                shown,
            )


def _preheader(digest: Digest) -> str:
    """What an inbox shows beside the subject: the first title, or how the search went."""
    day = sentences.day(digest.coverage.end, digest.timezone)
    if digest.kind == "first":
        line = "From now on you get what is new; for a start, the newest papers on file."
    elif digest.corrections:
        entry = digest.corrections[0]
        mark, _ = CORRECTION_WORDS[kind_of(entry)]
        line = f"{mark}: {markup.plain(entry.paper.article.title)}"
    elif digest.papers:
        line = markup.plain(digest.papers[0].article.title)
    elif doubts := sentences.doubts(digest):
        line = doubts
    elif digest.coverage.complete:
        line = f"The search of {day} was complete and found nothing new for you."
    else:
        line = f"The search of {day} was not complete; what it missed is asked for again."
    return textwrap.shorten(line, PREHEADER_WIDTH, placeholder=" …")
