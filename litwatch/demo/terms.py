"""Finds a term with a field tag: each kind of field has its own rule (PubMed User Guide)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from litwatch.demo.dates import Span, between, span
from litwatch.demo.fields import Tag
from litwatch.demo.mesh import HEADINGS, Heading, narrower_types
from litwatch.demo.outcome import NOTHING, Notes, Outcome, join
from litwatch.demo.query import Range, Term
from litwatch.demo.view import View
from litwatch.demo.words import STOP_WORDS, phrase, words

SHORTEST_STEM = 4
"""Letters that must stand before an asterisk."""

MissingQuotes = Literal["nothing", "words"]
"""What a quoted phrase outside the phrase index finds: API observers saw nothing, the manual says
that its words are searched. Either way a warning names it."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks up tagged terms in a view, and notes what PubMed would say about them."""

    view: View
    notes: Notes
    today: date
    missing_quotes: MissingQuotes = "nothing"
    headings: Mapping[str, Heading] = field(default_factory=lambda: HEADINGS)

    def term(self, term: Term, tag: Tag) -> Outcome | None:
        """What a term finds in a field; None where PubMed drops it from the query."""
        if term.text.endswith("*") and len(_last_word(term.text)) < SHORTEST_STEM:
            return self.unknown(term.raw)
        match tag.field.kind:
            case "words":
                return self.text(term, tag)
            case "mesh":
                return self.mesh(term, tag)
            case "types":
                return self.items(term, tag, narrower_types(phrase(term.text)))
            case "items":
                return self.items(term, tag, (phrase(term.text),))
            case "author":
                return self.author(term, tag)
            case "journal":
                return self.journal(term, tag)
            case "identifier":
                return self.identifier(term, tag)
            case "uid":
                return self.uid(term, tag)
            case "dates":
                return self.dated(tag, span(term.text, self.today), term.raw)

    def range(self, query: Range, tag: Tag) -> Outcome | None:
        """What lies between two values; only dates can be ranged here."""
        if tag.field.kind != "dates":
            return self.unknown(query.raw)
        return self.dated(tag, between(query.low, query.high, self.today), query.raw)

    def dated(self, tag: Tag, days: Span | None, raw: str) -> Outcome:
        """The records with a date in a span; what is no date finds nothing, without a word."""
        if days is None:
            return Outcome(NOTHING, raw)
        return Outcome(self.view.dated(tag.field.code, days), f"{days}[{tag.name}]")

    def unknown(self, raw: str) -> Outcome | None:
        """Notes a term that PubMed does not know and drops."""
        self.notes.phrases_not_found.append(raw)
        return None

    def text(self, term: Term, tag: Tag) -> Outcome | None:
        """A word, a phrase, or words near each other."""
        sought = words(term.text)
        if not sought or (not term.quoted and STOP_WORDS.issuperset(sought)):
            self.notes.phrases_ignored.append(term.raw)
            return None
        text = " ".join(sought)
        if tag.distance is not None:
            hits = self.view.near(tag.field.code, sought, tag.distance)
            return Outcome(hits, f'"{text}"[{tag.name}]')
        truncated = term.text.endswith("*")
        if not self.view.knows(sought, truncated=truncated):
            return self.missing(term, tag)
        hits = self.view.phrase(tag.field.code, sought, truncated=truncated)
        return Outcome(hits, f'"{text}{"*" if truncated else ""}"[{tag.name}]')

    def missing(self, term: Term, tag: Tag) -> Outcome | None:
        """A word or phrase that the index does not hold."""
        if term.quoted:
            self.notes.quoted_phrases_not_found.append(term.raw)
            if self.missing_quotes == "nothing":
                known_tag = f"[{tag.name}]" if term.tag else ""
                return Outcome(NOTHING, f'"{term.text}"{known_tag}')
        elif " " not in term.text:
            self.unknown(term.raw)
            is_phrase = len(words(term.text)) > 1
            return Outcome(NOTHING, f'"{term.text}"[{tag.name}]') if is_phrase else None
        return self.each_word(term, tag)

    def each_word(self, term: Term, tag: Tag) -> Outcome | None:
        """The words of a phrase, ANDed, each by itself."""
        parts = words(term.text) if term.quoted else term.text.split()
        single = (replace(term, text=part, quoted=False) for part in parts)
        found = (self.term(each, tag) for each in single)
        return join("AND", [outcome for outcome in found if outcome])

    def mesh(self, term: Term, tag: Tag) -> Outcome:
        """A heading with all that is narrower, alone with `:noexp`, or with a qualifier.

        An unknown heading finds nothing, without a word; an asterisk switches the explosion off.
        """
        name, slash, qualifier = term.text.partition("/")
        code, suffix = tag.field.code, f"/{phrase(qualifier)}" if slash else ""
        if term.text.endswith("*"):
            sought = phrase(name) + suffix
            return Outcome(self.view.item_starting(code, sought), f'"{sought}*"[{tag.name}]')
        heading = self.headings.get(phrase(name))
        key = heading.key if heading else phrase(name)
        keys = heading.narrower if heading and tag.explode else (key,)
        shown = heading.name.lower() if heading else name.lower()
        hits = self.view.item(code, *(f"{each}{suffix}" for each in keys))
        return Outcome(hits, f'"{shown}{suffix}"[{tag.name}]')

    def items(self, term: Term, tag: Tag, values: tuple[str, ...]) -> Outcome:
        """Whole values; an unknown one finds nothing, without a word."""
        code, shown = tag.field.code, phrase(term.text)
        if term.text.endswith("*"):
            return Outcome(self.view.item_starting(code, shown), f'"{shown}*"[{tag.name}]')
        return Outcome(self.view.item(code, *values), f'"{shown}"[{tag.name}]')

    def author(self, term: Term, tag: Tag) -> Outcome | None:
        """A surname with or without initials; without quotes further initials are free."""
        name = phrase(term.text.removesuffix("*"))
        if not name:
            return self.unknown(term.raw)
        hits = self.view.item(tag.field.code, name)
        if not term.quoted:
            has_initials = " " in name and len(name.split()[-1]) <= 2
            free = has_initials or term.text.endswith("*")
            hits |= self.view.item_starting(tag.field.code, name if free else f"{name} ")
        if not hits and tag.field.code == "AUTH":
            hits = self.view.item("FULL", name)
        shown = f'"{name}"' if term.quoted else name
        return Outcome(hits, f"{shown}[{tag.name}]") if hits else self.unknown(term.raw)

    def journal(self, term: Term, tag: Tag) -> Outcome | None:
        """A journal by its title, an abbreviation or its ISSN."""
        name = phrase(term.text)
        if term.text.endswith("*"):
            return Outcome(self.view.item_starting("JOUR", name), f'"{name}*"[{tag.name}]')
        hits = self.view.item("JOUR", name)
        if not hits:
            return self.unknown(term.raw)
        journal = self.view.document(min(hits))
        identifier = next(iter(journal.items["JID"]), "")
        target = f'"{journal.journal}"[{tag.name}:__jid{identifier}]'
        self.notes.translations.append((term.raw, target))
        return Outcome(hits, f'"{phrase(journal.journal)}"[{tag.name}]')

    def identifier(self, term: Term, tag: Tag) -> Outcome | None:
        """A DOI, PII, PMC or ORCID identifier, to the letter but for its case."""
        value = term.text.lower() if tag.field.code != "AUID" else phrase(term.text)
        hits = self.view.item(tag.field.code, value)
        return Outcome(hits, f'"{value}"[{tag.name}]') if hits else self.unknown(term.raw)

    def uid(self, term: Term, tag: Tag) -> Outcome | None:
        """One PMID, or several with commas or blanks between."""
        outcomes = []
        for part in term.text.replace(",", " ").split():
            number = part.lstrip("0")
            hits = self.view.item("UID", number)
            if hits:
                outcomes.append(Outcome(hits, f"{number}[{tag.name}]"))
            else:
                self.unknown(replace(term, text=part).raw)
        return join("OR", outcomes)


def _last_word(text: str) -> str:
    return next(reversed(words(text)), "")
