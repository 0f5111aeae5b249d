"""PubMed's query language, read into a tree; what it finds is decided in evaluate.py.

Rules (PubMed User Guide): AND, OR and NOT count in capitals only and are read from
left to right; parentheses group, and unbalanced ones are repaired with a warning; a tag in brackets
belongs to the quoted phrase or the run of words before it; what stands side by side is ANDed.
Anything at all can be read: a query is never refused for its form, only for its depth.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Operator = Literal["AND", "OR", "NOT"]
Node = "Term | Range | History | Chain"

DEEPEST = 100
"""How many groups within groups are followed."""


class TooDeep(ValueError):
    """The query nests more groups than the stand-in follows."""


@dataclass(frozen=True, slots=True)
class Term:
    """A quoted phrase or a run of words, with the tag that follows it (None: untagged)."""

    text: str
    quoted: bool = False
    tag: str | None = None

    @property
    def raw(self) -> str:
        """The term as it was typed."""
        text = f'"{self.text}"' if self.quoted else self.text
        return text if self.tag is None else f"{text}[{self.tag}]"


@dataclass(frozen=True, slots=True)
class Range:
    """From one value to another of one field."""

    low: str
    high: str
    tag: str

    @property
    def raw(self) -> str:
        """The range in one piece."""
        return f"{self.low}:{self.high}[{self.tag}]"


@dataclass(frozen=True, slots=True)
class History:
    """An earlier result, by its key: `#1`."""

    key: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands in order, each with the operator before it; the first one's is AND or NOT."""

    parts: "tuple[tuple[Operator, Term | Range | History | Chain], ...]"
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query and what had to be repaired in it."""

    chain: Chain
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""(?P<open>\() | (?P<close>\)) | (?P<colon>:)
      | "(?P<quoted>[^"]*)"?
      | \[(?P<tag>[^\]]*)\]?
      | (?P<operator>(?:AND|OR|NOT)(?=[\s()"]|$))
      | \#(?P<history>\d{1,9})(?=[\s()]|$)
      | (?P<word>[^\s()"\[\]:]+)
      | (?P<stray>\])""",
    re.VERBOSE,
)


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(match.lastgroup or "", match[match.lastgroup or 0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "stray"
    ]


def parse(text: str) -> Query:
    """The tree of a query; raises TooDeep."""
    return _Parser(text).query()


class _Group:
    """A group while its operands are gathered."""

    def __init__(self) -> None:
        self.parts: list[tuple[Operator, Term | Range | History | Chain]] = []
        self.operator: Operator | None = None

    def expect(self, operator: Operator) -> None:
        """Notes an operator; of two in a row NOT wins, else the later one."""
        if self.operator != "NOT":
            self.operator = operator

    def add(self, operand: "Term | Range | History | Chain | None") -> None:
        if operand is None:
            return
        operator = self.operator or "AND"
        if not self.parts and operator == "OR":
            operator = "AND"
        self.parts.append((operator, operand))
        self.operator = None

    def close(self) -> "Term | Range | History | Chain | None":
        """The group as an operand; one that holds a single operand is that operand."""
        if not self.parts:
            return None
        if len(self.parts) == 1 and self.parts[0][0] != "NOT":
            return self.parts[0][1]
        return self.chain()

    def chain(self) -> Chain:
        depth = 1 + max((_depth(operand) for _, operand in self.parts), default=0)
        if depth > DEEPEST:
            raise TooDeep(f"more than {DEEPEST} groups within each other")
        return Chain(tuple(self.parts), depth)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: Sequence[_Token] = _tokens(text)
        self.position = 0
        self.groups = [_Group()]
        self.unbalanced = False

    def query(self) -> Query:
        while (token := self.peek()) is not None:
            self.step(token)
        while len(self.groups) > 1:
            self.unbalanced = True
            self.end_group()
        warnings = ("Unbalanced parentheses were repaired",) if self.unbalanced else ()
        return Query(self.groups[0].chain(), warnings)

    def peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self, *kinds: str) -> _Token | None:
        token = self.peek()
        if token is None or token.kind not in kinds:
            return None
        self.position += 1
        return token

    def step(self, token: _Token) -> None:
        group = self.groups[-1]
        if token.kind in ("quoted", "word"):
            group.add(self.operand())
            return
        self.position += 1
        if token.kind == "open":
            self.groups.append(_Group())
        elif token.kind == "close":
            self.end_group()
        elif token.kind == "operator":
            group.expect(_operator(token.text))
        elif token.kind == "history":
            group.add(History(int(token.text)))

    def end_group(self) -> None:
        if len(self.groups) == 1:
            self.unbalanced = True
            return
        inner = self.groups.pop()
        self.groups[-1].add(inner.close())

    def operand(self) -> Term | Range | None:
        """A term, or two tagged ones with a colon between: `"2026"[crdt] : "3000"[crdt]`."""
        low = self.term()
        if low is None or low.tag is None or not self.take("colon"):
            return low
        high = self.term()
        return Range(low.text, high.text, low.tag) if high else low

    def term(self) -> Term | None:
        first = self.take("quoted", "word")
        if first is None:
            return None
        last = first
        if first.kind == "word":
            while (further := self.take("word", "colon")) is not None:
                last = further
        text = first.text if first.kind == "quoted" else self.text[first.start : last.end]
        tag = self.take("tag")
        name = tag.text.strip() if tag else ""
        plain = " ".join(text.split())
        return Term(plain, first.kind == "quoted", name or None) if plain else None


def _operator(text: str) -> Operator:
    return "NOT" if text == "NOT" else "OR" if text == "OR" else "AND"


def _depth(operand: Term | Range | History | Chain) -> int:
    return operand.depth if isinstance(operand, Chain) else 0
