"""A PubMed query as a tree, and the clauses that a person would call its parts.

The rules (PubMed User Guide): AND, OR and NOT count in capitals only and are read from left to
right, none before another; parentheses group; a tag in brackets belongs to the quoted phrase or the
run of words before it; what stands side by side is ANDed. Anything can be read: what is unbalanced
is repaired as PubMed does it, and named by the lint. What a query finds is decided in evaluate.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from litwatch.errors import ConfigError

DEEPEST = 200
"""How many groups, or changes of the operator, are followed within each other."""


@dataclass(frozen=True, slots=True)
class Term:
    """A quoted phrase or a run of words, with the tag that follows it (None: untagged)."""

    text: str
    quoted: bool = False
    tag: str | None = None
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """From one value to another of one field: `"2026/09/01"[crdt] : "3000"[crdt]`."""

    low: str
    high: str
    tag: str
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts, two or more."""

    parts: "tuple[Node, ...]"
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of its parts, two or more; with none it is the empty query, which finds nothing."""

    parts: "tuple[Node, ...]"
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What is kept (None: everything in PubMed), without what is excluded."""

    kept: "Node | None"
    excluded: "Node"
    written: str = field(default="", compare=False)


Node = Term | Range | And | Or | Not

# ---- text to tree ----------------------------------------------------------------------------

Operator = Literal["AND", "OR", "NOT"]
_END = r"""(?=[\s()"]|$)"""
_WORD = r"""[^\s()"\[\]]+"""
_TOKEN = re.compile(
    rf"""(?P<open>\() | (?P<close>\)) | (?P<stray>\[[^\]]*\]?|\])
      | (?P<operator>(?:AND|OR|NOT){_END})
      | (?P<colon>:\s*)?
        (?:"(?P<quoted>[^"]*)"? | (?P<run>{_WORD}(?:\s+(?!(?:AND|OR|NOT){_END}){_WORD})*))
        (?:\s*\[(?P<tag>[^\]]*)\]?)?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query; a term may stand behind a colon, as the second value of a range."""

    kind: Literal["open", "close", "operator", "term"]
    text: str
    start: int
    end: int
    term: Term | None = None
    is_joined: bool = False


def tokens(query: str) -> Iterator[Token]:
    """The pieces of a query in order; a tag with nothing before it is passed over."""
    for match in _TOKEN.finditer(query):
        text, start, end = match[0], match.start(), match.end()
        if match["open"]:
            yield Token("open", text, start, end)
        elif match["close"]:
            yield Token("close", text, start, end)
        elif match["operator"]:
            yield Token("operator", text, start, end)
        elif not match["stray"]:
            words = match["run"] if match["quoted"] is None else match["quoted"]
            tag = (match["tag"] or "").strip() or None
            plain = " ".join(words.split())
            colon = match["colon"] or ""
            written = " ".join(text.removeprefix(colon).split())
            term = Term(plain, match["quoted"] is not None, tag, written)
            yield Token("term", text, start, end, term, is_joined=bool(colon))


def lone_tags(query: str) -> Iterator[str]:
    """The tags with nothing before them."""
    return (match[0] for match in _TOKEN.finditer(query) if (match["stray"] or "").endswith("]"))


@dataclass(frozen=True, slots=True)
class _Operand:
    node: Node
    start: int
    end: int
    depth: int = 0


class _Group:
    """What stands between two parentheses, reduced from left to right."""

    def __init__(self, query: str, start: int) -> None:
        self.query = query
        self.start = start
        self.operator: Operator | None = None
        self.operator_start = start
        self.reduced: _Operand | None = None

    def expect(self, operator: Operator, start: int) -> None:
        """Notes an operator; of two in a row NOT wins, else the later one."""
        if self.operator != "NOT":
            self.operator, self.operator_start = operator, start

    def add(self, operand: _Operand) -> None:
        operator = self.operator or "AND"
        self.operator = None
        left = self.reduced
        if left is None and operator != "NOT":
            self.reduced = operand
            return
        start = left.start if left else self.operator_start
        written = " ".join(self.query[start : operand.end].split())
        node = _combined(operator, left.node if left else None, operand.node, written)
        is_longer = left is not None and type(node) is type(left.node) and operator != "NOT"
        depth = max((left.depth if left else 0) + (not is_longer), operand.depth + 1)
        if depth > DEEPEST:
            raise ConfigError(
                f"the query nests more than {DEEPEST} groups or changes of operator within each "
                "other: simplify it"
            )
        self.reduced = _Operand(node, start, operand.end, depth)


def _combined(operator: Operator, left: Node | None, right: Node, written: str) -> Node:
    if left is None or operator == "NOT":
        return Not(left, right, written)
    kind = Or if operator == "OR" else And
    both = (*_parts(left, kind), *_parts(right, kind))
    return kind(both, written)


def _parts(node: Node, kind: type[And | Or]) -> tuple[Node, ...]:
    return node.parts if isinstance(node, kind) else (node,)


def parse(query: str) -> Node:
    """The tree of a query. Raises ConfigError where it is nested too deeply to be followed."""
    groups = [_Group(query, 0)]
    pieces = list(tokens(query))
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        position += 1
        if piece.kind == "open":
            groups.append(_Group(query, piece.start))
        elif piece.kind == "close":
            _close(groups, piece.end)
        elif piece.kind == "operator":
            groups[-1].expect(_operator(piece.text), piece.start)
        elif piece.term and (high := _upper_end(piece.term, pieces[position : position + 1])):
            groups[-1].add(_ranged(query, piece, high))
            position += 1
        elif piece.term and any(map(str.isalnum, piece.term.text)):
            groups[-1].add(_Operand(piece.term, piece.start, piece.end))
    while len(groups) > 1:
        _close(groups, len(query))
    return groups[0].reduced.node if groups[0].reduced else Or(())


def _close(groups: list[_Group], end: int) -> None:
    """Ends the innermost group; a parenthesis too many is passed over."""
    if len(groups) == 1:
        return
    inner = groups.pop()
    if inner.reduced:
        groups[-1].add(replace(inner.reduced, start=inner.start, end=end))


def _operator(text: str) -> Operator:
    return "AND" if text == "AND" else "OR" if text == "OR" else "NOT"


def _upper_end(low: Term, following: list[Token]) -> Token | None:
    """The second of two values that a colon joins, and a tag at one of them."""
    for high in following:
        if high.is_joined and high.term and (low.tag or high.term.tag):
            return high
    return None


def _ranged(query: str, low: Token, high: Token) -> _Operand:
    first, last = (token.term or Term("") for token in (low, high))
    written = " ".join(query[low.start : high.end].split())
    node = Range(first.text, last.text, first.tag or last.tag or "", written)
    return _Operand(node, low.start, high.end)


def grouped(node: Node) -> str:
    """A node as it was written, in parentheses where other text beside it would change it."""
    return node.written if isinstance(node, (Term, Range)) else f"({node.written})"


# ---- clauses ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query that a person would name: its `text` as written, and what it is for.

    An `alternative` brings papers by itself; a `requirement` must hold for them too; an `exclusion`
    takes them out. `path` leads to its node from the root, by the places of the parts.
    """

    kind: Literal["alternative", "requirement", "exclusion"]
    text: str
    node: Node
    path: tuple[int, ...] = ()

    def governs(self, other: "Clause") -> bool:
        """Whether this requirement or exclusion concerns what that alternative brings."""
        return self.kind != "alternative" and other.path[: len(self.path) - 1] == self.path[:-1]


def clauses(node: Node) -> tuple[Clause, ...]:
    """The clauses of a query in their order.

    Alternatives are what ORs join at the top, through parentheses. An AND group among them is one
    clause, and so is a single term with its own NOT; over several alternatives, an AND is a
    requirement of all of them and a NOT an exclusion from all of them.
    """
    if isinstance(node, And):
        several = [place for place, part in enumerate(node.parts) if _is_several(part)]
        if several:
            found: list[Clause] = []
            for place, part in enumerate(node.parts):
                if place == several[0]:
                    found += _alternatives(part, (place,))
                else:
                    found.append(Clause("requirement", part.written, part, (place,)))
            return tuple(found)
    if isinstance(node, Not):
        return (*_kept(node, ()), Clause("exclusion", node.excluded.written, node.excluded, (1,)))
    return tuple(_alternatives(node, ()))


def _kept(node: Not, path: tuple[int, ...]) -> Iterator[Clause]:
    if isinstance(node.kept, Not):
        yield from _kept(node.kept, (*path, 0))
        excluded = node.kept.excluded
        yield Clause("exclusion", excluded.written, excluded, (*path, 0, 1))
    elif node.kept is not None:
        yield from _alternatives(node.kept, (*path, 0))


def _alternatives(node: Node, path: tuple[int, ...]) -> Iterator[Clause]:
    if isinstance(node, Or):
        for place, part in enumerate(node.parts):
            yield from _alternatives(part, (*path, place))
    elif isinstance(node, Not) and _is_several(node):
        yield from _kept(node, path)
        yield Clause("exclusion", node.excluded.written, node.excluded, (*path, 1))
    else:
        yield Clause("alternative", node.written, node, path)


def _is_several(node: Node | None) -> bool:
    """Whether the node brings several alternatives, exclusions from all of them apart."""
    while isinstance(node, Not):
        node = node.kept
    return isinstance(node, Or)


def without(node: Node, path: tuple[int, ...]) -> Node | None:
    """The query without the part that a clause's path leads to; None where nothing is left."""
    if not path:
        return None
    if isinstance(node, Not):
        return _without_in_not(node, path)
    if isinstance(node, (And, Or)):
        left = without(node.parts[path[0]], path[1:])
        rest = _parts(left, type(node)) if left else ()
        parts = (*node.parts[: path[0]], *rest, *node.parts[path[0] + 1 :])
        if len(parts) < 2:
            return parts[0] if parts else None
        joint = " AND " if isinstance(node, And) else " OR "
        return replace(node, parts=parts, written=joint.join(map(grouped, parts)))
    return node


def _without_in_not(node: Not, path: tuple[int, ...]) -> Node | None:
    if path[0] == 0 and node.kept is not None:
        kept = without(node.kept, path[1:])
        return kept and Not(kept, node.excluded, f"{grouped(kept)} NOT {grouped(node.excluded)}")
    excluded = without(node.excluded, path[1:])
    if excluded is None:
        return node.kept
    start = f"{grouped(node.kept)} " if node.kept else ""
    return Not(node.kept, excluded, f"{start}NOT {grouped(excluded)}")
