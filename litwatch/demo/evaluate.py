"""Answers a query: the records it finds, what PubMed understood, what it has to say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from litwatch.demo import mapping
from litwatch.demo.dates import Span
from litwatch.demo.fields import ALL, Field, Tag, find
from litwatch.demo.mesh import Renaming, headings_on
from litwatch.demo.outcome import NOTHING, Notes, Outcome
from litwatch.demo.query import Chain, History, Operator, Range, Term, parse
from litwatch.demo.terms import Lookup, MissingQuotes
from litwatch.demo.view import View


@dataclass(frozen=True, slots=True)
class Limit:
    """The date limit that parameters beside the query ask for."""

    field: Field
    span: Span


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a query is answered with beside its own text.

    `history` holds the earlier results that `#1` may name; `default_field` is the tag of all that
    bears none (the parameter `field`).
    """

    today: date
    history: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    default_field: str | None = None
    limit: Limit | None = None
    missing_quotes: MissingQuotes = "nothing"
    renamings: tuple[Renaming, ...] = ()


class UnknownHistory(LookupError):
    """The query names an earlier result that is not there; `key` says which."""

    def __init__(self, key: int) -> None:
        self.key = key
        super().__init__(f"no query #{key}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers of the records found, in no order, with the translation and the notes."""

    hits: frozenset[int]
    translation: str
    notes: Notes


def answer(term: str, view: View, circumstances: Circumstances) -> Answer:
    """The answer to a query; raises query.TooDeep and UnknownHistory."""
    query = parse(term)
    notes = Notes(messages=list(query.warnings))
    outcome = _Evaluation(view, notes, circumstances).chain(query.chain)
    if outcome is None:
        untagged = "" if "[" in term else f"[{ALL.name}]"
        return Answer(NOTHING, f"({' '.join(term.split())}{untagged})", notes)
    if circumstances.limit:
        outcome = _limited(outcome, view, circumstances.limit)
    return Answer(outcome.hits, outcome.text, notes)


def _limited(outcome: Outcome, view: View, limit: Limit) -> Outcome:
    hits = outcome.hits & view.dated(limit.field.code, limit.span)
    return Outcome(hits, f"{outcome.grouped} AND {limit.span}[{limit.field.name}]", compound=True)


class _Evaluation:
    def __init__(self, view: View, notes: Notes, circumstances: Circumstances) -> None:
        self.view = view
        self.notes = notes
        self.circumstances = circumstances
        self.lookup = Lookup(
            view,
            notes,
            circumstances.today,
            circumstances.missing_quotes,
            headings_on(circumstances.today, circumstances.renamings),
        )

    def chain(self, chain: Chain) -> Outcome | None:
        """Operands from left to right; what PubMed drops takes its operator with it."""
        result: Outcome | None = None
        last: Operator | None = None
        for operator, node in chain.parts:
            operand = self.node(node)
            if operand is None:
                continue
            if result is None and operator != "NOT":
                result = operand
                continue
            left = result or Outcome(self.view.everything, "all[sb]")
            text = left.text if operator == last else left.grouped
            hits = _combined(operator, left.hits, operand.hits)
            result = Outcome(hits, f"{text} {operator} {operand.grouped}", compound=True)
            last = operator
        return result

    def node(self, node: Chain | Term | Range | History) -> Outcome | None:
        match node:
            case Chain():
                return self.chain(node)
            case Term():
                return self.term(node)
            case Range():
                tag = self.tag(node.tag)
                return self.lookup.range(node, tag) if tag else self.lookup.unknown(node.raw)
            case History(key):
                return self.earlier(key)

    def term(self, term: Term) -> Outcome | None:
        name = term.tag or self.circumstances.default_field
        tag = self.tag(name) if name else None
        if tag or term.quoted:
            return self.lookup.term(term, tag or ALL)
        return mapping.expand(term.text, self.lookup)

    def tag(self, name: str) -> Tag | None:
        tag = find(name)
        if tag is None:
            self.notes.fields_not_found.append(name)
        return tag

    def earlier(self, key: int) -> Outcome:
        if key not in self.circumstances.history:
            raise UnknownHistory(key)
        return Outcome(self.view.records(self.circumstances.history[key]), f"#{key}")


def _combined(operator: Operator, left: frozenset[int], right: frozenset[int]) -> frozenset[int]:
    match operator:
        case "AND":
            return left & right
        case "OR":
            return left | right
        case "NOT":
            return left - right
