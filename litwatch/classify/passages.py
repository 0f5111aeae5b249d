"""The sentences of an article, each with its place and the part of the article it belongs to.

A structured abstract says which part a sentence is of by the section's label; an unstructured one
often writes the label into the text ("BACKGROUND: ..."), where it holds until the next; a
label that has no next is of its own sentence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

from litwatch.classify.fact_cues import fact_cues
from litwatch.classify.numerals import marked, value_of
from litwatch.classify.text import Normal, normalise, sentences
from litwatch.models import Article, Evidence, Field

Part = Literal[
    "title", "background", "methods", "case", "conclusion", "literature", "plain", "indexing"
]

_INLINE_LABEL = re.compile(
    r"(?P<label>[A-Z][A-Z ,/&-]{3,50}?)(?::| (?=[A-Z][^A-Z]|[A-Z]?[a-z]))"  # CASE REPORT A man
    r"|(?P<word>[A-Z][a-z]+(?: [a-z]+){0,3}):\s"  # Conclusion: This
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a title or an abstract: `string[start:end]` of that field and index."""

    field: Field
    index: int
    part: Part
    string: str
    start: int
    end: int

    @cached_property
    def normal(self) -> Normal:
        """The sentence normalised; offsets of matches count in it."""
        return normalise(self.string[self.start : self.end])

    @cached_property
    def text(self) -> str:
        """The normalised text that cues are matched on, its numbers blotted out."""
        return marked(self.normal.text)

    def number(self, start: int, end: int) -> int | None:
        """The number that stands at `text[start:end]`."""
        return value_of(self.normal.text[start:end])

    def evidence(self, start: int, end: int, rule: str) -> Evidence:
        """The proof that `text[start:end]` is, in code points of the record's string."""
        first, last = self.normal.span(start, end)
        first, last = self.start + first, self.start + last
        return Evidence(
            self.field,
            self.index,
            first,
            last,
            self.string[first:last],
            self.string[self.start : self.end],
            rule,
        )


def passages(article: Article) -> tuple[Sentence, ...]:
    """Every sentence of the titles and abstracts, then headings and types, in reading order."""
    labels = [section.label for section in article.abstract]
    other = [section.label for of in article.other_abstracts for section in of.sections]
    found: list[Sentence] = []
    for field, index, string in article.strings():
        if field in ("title", "vernacular_title"):
            found.extend(_sentences(field, index, string, "title"))
        elif field == "abstract":
            found.extend(_sentences(field, index, string, part_of(labels[index])))
        elif field == "other_abstract":
            found.extend(_sentences(field, index, string, part_of(other[index])))
        elif field in ("mesh", "publication_types"):
            found.append(Sentence(field, index, "indexing", string, 0, len(string)))
    return tuple(found)


def part_of(label: str) -> Part:
    """The part of an article that a section's label stands for."""
    text = normalise(label).text
    cues = fact_cues("facts.toml", "part")
    return next((cast("Part", cue.value) for cue in cues if cue.pattern.search(text)), "plain")


def _sentences(field: Field, index: int, string: str, part: Part) -> Iterator[Sentence]:
    spans = sentences(string)
    inline: list[Part | None] = [None] * len(spans)
    if field in ("abstract", "other_abstract"):
        inline = [_inline(string, start, end) for start, end in spans]
    is_structured = sum(label is not None for label in inline) > 1
    current = part
    for (start, end), label in zip(spans, inline, strict=True):
        current = label or (current if is_structured else part)
        yield Sentence(field, index, current, string, start, end)


def _inline(string: str, start: int, end: int) -> Part | None:
    """The part that a label at the head of the sentence announces, or None if there is none."""
    found = _INLINE_LABEL.match(string, start, end)
    if found is None:
        return None
    part = part_of(found["label"] or found["word"])
    return None if part == "plain" else part
