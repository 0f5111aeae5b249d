"""The one Jinja environment, and nh3: what may be shown of foreign text.

Every `*.html` template escapes what it is given; a missing value is an error, never a blank. The
texts of our models are plain, yet PubMed's titles now and then hold inline tags that their
publisher escaped twice. `inline` gives those few tags back and leaves everything else as the text
it is: an HTML cleaner alone would swallow the middle of "p<q and r>s". Tags are closed here and
nest a few levels deep at most: what reads the HTML later may follow them until its stack is full.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import jinja2
import nh3
from markupsafe import Markup, escape

Spans = Sequence[tuple[int, int]]
"""Stretches of a string as (start, end), in code points; they may overlap and need no order."""

INLINE_TAGS = frozenset({"b", "em", "i", "strong", "sub", "sup", "u"})
DEEPEST = 8
"""Levels of inline tags that are shown; a title needs two or three."""
NEAR = 40
"""Characters in which a shortened text looks for a blank to be cut at."""
TEXT_WIDTH = 78
"""Columns of a plain-text mail: RFC 5322 2.1.1 advises no more."""

_TAGS = "|".join(sorted(INLINE_TAGS))
_ESCAPED_TAG = re.compile(rf"&lt;(/?(?:{_TAGS}))&gt;", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_TAGS})>", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Control characters and lone surrogates; and what turns the text after it around (UAX 9)."""


def render(template: str, **values: object) -> str:
    """The text that a template gives, named by its package: `digest/digest.html`."""
    return _environment().get_template(template).render(**values)


def inline(text: str) -> Markup:
    """A title as HTML: escaped, but for closed and balanced inline tags."""
    tagged = "".join(_balanced(str(escape(_UNSEEN.sub("", text)))))
    return Markup(nh3.clean(tagged, tags=set(INLINE_TAGS), attributes={}))  # noqa: S704 - escaped, then cleaned


def shortened(text: str, length: int) -> str:
    """At most so many characters of a text, and an ellipsis where it goes on.

    It is cut at a blank, where one is near.
    """
    if len(text) <= length:
        return text
    blank = text.rfind(" ", length - NEAR, length)
    return f"{text[: blank if blank > 0 else length]} …"


def plain(text: str) -> str:
    """A title without its inline tags, on one line."""
    return " ".join(_TAG.sub("", text).split())


def marked(sentence: str, spans: Spans) -> Markup:
    """A sentence as HTML, escaped, with the words at the spans marked."""
    return Markup("").join(
        Markup('<span class="mark">{}</span>').format(piece) if is_hit else escape(piece)
        for piece, is_hit in _pieces(sentence, spans)
    )


def starred(sentence: str, spans: Spans) -> str:
    """A sentence as plain text with the words at the spans between stars."""
    return "".join(f"*{piece}*" if is_hit else piece for piece, is_hit in _pieces(sentence, spans))


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Text on whole lines of 78 columns, `first` before the first, `rest` before the others.

    `rest` is as many blanks where it is not given. A longer word, such as a URL, is not broken.
    """
    filled = textwrap.fill(
        " ".join(text.split()),
        width=TEXT_WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled + "\n"


def visible(value: object) -> object:
    """A value as templates print it: no control character, no lone surrogate.

    Gmail clips a message that holds C1 controls, whatever its size (sendgrid-python#1011).
    """
    return type(value)(_UNSEEN.sub("", value)) if isinstance(value, str) else value


def _balanced(escaped: str) -> Iterator[str]:
    """The pieces of escaped text, its inline tags given back where they open, close and fit."""
    opened: list[str] = []
    number: Counter[str] = Counter()
    for at, piece in enumerate(_ESCAPED_TAG.split(escaped)):
        tag = piece.lower().removeprefix("/")
        if at % 2 == 0:
            yield piece
        elif piece[0] != "/":
            opened.append(tag)
            number[tag] += 1
            yield f"<{tag}>" if len(opened) <= DEEPEST else ""
        elif number[tag]:
            yield from _closed(opened, number, tag)
    while opened:
        yield from _closed(opened, number, opened[-1])


def _closed(opened: list[str], number: Counter[str], tag: str) -> Iterator[str]:
    """Closes the last of the tags of that name, and with it those that were opened inside."""
    last = ""
    while last != tag:
        shown = len(opened) <= DEEPEST
        last = opened.pop()
        number[last] -= 1
        if shown:
            yield f"</{last}>"


def _pieces(sentence: str, spans: Spans) -> Iterator[tuple[str, bool]]:
    """The sentence cut at the spans, each piece with whether it lies in one."""
    position = 0
    for start, end in sorted(spans):
        start, end = max(start, position), min(end, len(sentence))  # noqa: PLW2901 - overlaps are joined
        if start >= end:
            continue
        if start > position:
            yield sentence[position:start], False
        yield sentence[start:end], True
        position = end
    if position < len(sentence):
        yield sentence[position:], False


@cache
def _environment() -> jinja2.Environment:
    folders = {"digest": jinja2.PackageLoader("litwatch", "digest/templates")}
    environment = jinja2.Environment(
        loader=jinja2.PrefixLoader(folders),
        autoescape=jinja2.select_autoescape(("html",), disabled_extensions=("txt",), default=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=visible,
    )
    environment.filters.update(
        inline=inline,
        shortened=shortened,
        plain=plain,
        marked=marked,
        starred=starred,
        wrapped=wrapped,
    )
    return environment
