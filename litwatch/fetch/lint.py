"""What is wrong or risky in a query, told offline, before PubMed is asked.

Most published searches hold an error, and most of those errors lose papers (Salvador-Olivan et al.
2019, PMC6466507). Each remark names the clause. A fault is what PubMed drops, repairs or reads
otherwise than it was meant; an advice is what may lose papers, or bring what nobody wants. What the
lint knows is data: `lint.toml`, `mesh.toml`, `fields.toml`.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from litwatch.fetch.fields import STOP_WORDS, Tag, find, nearest
from litwatch.fetch.mesh import HEADINGS
from litwatch.fetch.phrases import SHORTEST_STEM, is_stem_too_short
from litwatch.fetch.query import And, Node, Not, Or, Range, Term, Token, lone_tags, parse, tokens
from litwatch.fetch.words import fold, words

_DATA = tomllib.loads((files("litwatch.fetch") / "lint.toml").read_text("utf-8"))
_ABBREVIATIONS: dict[str, str] = _DATA["abbreviations"]
_PAIRED = re.compile(r'"[^"]*"|\[[^\[\]]*\]')
LONGEST_ABBREVIATION = 5
"""Characters of a word in capitals that is taken for an abbreviation."""
EXCERPT = 60
"""Characters shown of a query where something is amiss between its clauses."""

WIDER = {
    "TITL": {"TITL", "TIAB", "WORD", "ALL"},
    "OTRM": {"OTRM", "TIAB", "WORD", "ALL"},
    "TIAB": {"TIAB", "WORD", "ALL"},
    "WORD": {"WORD", "ALL"},
    "ALL": {"ALL"},
}
"""Fields in which both spellings matter, and those that hold all that they hold."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said about a clause, by its code; a fault makes the query wrong."""

    code: str
    message: str
    clause: str
    is_fault: bool = False


def lint(query: str) -> tuple[Remark, ...]:
    """Every remark on a query, faults first, in the order of the clauses. Raises ConfigError.

    It does so where the query cannot be followed at all (query.parse).
    """
    query = " ".join(query.split())
    pieces = tuple(tokens(query))
    root = parse(query)
    terms = tuple(_terms(root))
    remarks = [
        *_brackets(query, pieces),
        *_operators(pieces),
        *(remark for term in terms for remark in _term(term)),
        *_spellings(terms),
        *(remark for term in _alone(root) for remark in _unsupported(term)),
        *_mixed(query, pieces),
        *_windows(root),
    ]
    unique = dict.fromkeys(remarks)
    return tuple(sorted(unique, key=lambda remark: not remark.is_fault))


def _terms(node: Node) -> Iterator[Term]:
    match node:
        case Term():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from _terms(part)
        case Not(kept, excluded):
            if kept:
                yield from _terms(kept)
            yield from _terms(excluded)


def _fault(code: str, message: str, clause: str) -> Remark:
    return Remark(code, message, clause, is_fault=True)


# ---- form ------------------------------------------------------------------------------------


def _brackets(query: str, pieces: Sequence[Token]) -> Iterator[Remark]:
    """Quotes, parentheses and brackets without their partner, each with the text beside it."""
    if query.count('"') % 2:
        message = 'a " is not closed: the phrase runs on to the end'
        yield _fault("unbalanced-quotes", message, query[query.rindex('"') :][:EXCERPT])
    unclosed: list[int] = []
    for piece in pieces:
        if piece.kind == "open":
            unclosed.append(piece.start)
        elif piece.kind == "close" and unclosed:
            unclosed.pop()
        elif piece.kind == "close":
            clause = query[: piece.end][-EXCERPT:]
            yield _fault("unbalanced-parentheses", "a ) is one too many", clause)
    for start in unclosed:
        clause = query[start:][:EXCERPT]
        yield _fault("unbalanced-parentheses", "a ( is not closed", clause)
    unpaired = _PAIRED.sub(lambda match: " " * len(match[0]), query)
    if bracket := re.search(r"[\[\]]", unpaired):
        clause = query[max(bracket.start() - EXCERPT // 2, 0) :][:EXCERPT]
        yield _fault("unbalanced-brackets", "a [ or ] of a field tag has no partner", clause)
    for tag in lone_tags(query):
        if tag != "]":
            yield _fault("lone-tag", "no word stands before this field: PubMed drops it", tag)
    if quote := re.search("[“”„«»]", query):
        message = 'typographic quotes are no quotes to PubMed: write "..."'
        yield _fault("typographic-quotes", message, query[quote.start() :][:EXCERPT])


def _operators(pieces: Sequence[Token]) -> Iterator[Remark]:
    """Operators without something on both sides, and parentheses around nothing."""
    edges = [None, *pieces, None]
    for before, piece, after in zip(edges, pieces, edges[2:], strict=False):
        if piece.kind == "open" and after and after.kind == "close":
            yield _fault("empty-group", "( ) holds nothing", "( )")
        if piece.kind != "operator":
            continue
        follows_nothing = piece.text != "NOT" and (before is None or before.kind == "open")
        precedes_nothing = after is None or after.kind in {"close", "operator"}
        is_and_not = after is not None and (piece.text, after.text) == ("AND", "NOT")
        if follows_nothing or (precedes_nothing and not is_and_not):
            message = f"nothing stands on one side of {piece.text}: PubMed passes it over"
            yield _fault("stray-operator", message, _around(before, piece, after))


def _around(*pieces: Token | None) -> str:
    return " ".join(piece.text for piece in pieces if piece)


def _mixed(query: str, pieces: Sequence[Token]) -> Iterator[Remark]:
    """Operators left out, and an AND after an OR in one group: PubMed knows no precedence."""
    starts, has_or = [0], [False]
    before: Token | None = None
    for piece in pieces:
        is_beside = before is not None and before.kind in {"term", "close"} and not piece.is_joined
        is_between_terms = is_beside and before is not None and before.kind == piece.kind == "term"
        if before and is_between_terms and not has_or[-1]:
            message = "nothing stands between them: PubMed takes it for AND: write which you mean"
            yield Remark("missing-operator", message, f"{before.text} {piece.text}"[-EXCERPT:])
        is_and = piece.text == "AND" or (is_beside and piece.kind in {"term", "open"})
        if is_and and has_or[-1]:
            message = (
                "PubMed reads from left to right, so this AND is for all that stands before it"
            )
            clause = query[starts[-1] : piece.end].strip()[-EXCERPT:]
            yield Remark("mixed-operators", f"{message}: put in parentheses what it is for", clause)
        has_or[-1] |= piece.text == "OR"
        if piece.kind == "open":
            starts.append(piece.end)
            has_or.append(False)
        elif piece.kind == "close" and len(starts) > 1:
            starts.pop()
            has_or.pop()
        before = piece


# ---- single terms ----------------------------------------------------------------------------


def _term(term: Term) -> Iterator[Remark]:
    tag = find(term.tag) if term.tag else None
    is_closed = term.written.endswith("]") and "[" not in (term.tag or "")
    if term.tag and tag is None and is_closed:
        yield _unknown_field(term)
    if re.fullmatch(r"#\d+", term.text):
        message = "an earlier search cannot be named here: write the query itself"
        yield _fault("history", message, term.written)
        return
    yield from _truncation(term, tag)
    yield from _lower_case(term)
    if tag is None and not term.tag:
        yield _untagged(term)
    elif any(_lower_case(term)):
        return
    elif tag and tag.field.kind == "text" and tag.distance is None and len(words(term.text)) > 1:
        yield _phrase(term, tag)


def _unknown_field(term: Term) -> Remark:
    known = nearest(term.tag or "")
    hint = f"; the nearest known is [{known}]" if known else ""
    kind = find((term.tag or "").partition(":")[0])
    if kind:
        hint = f": [{kind.field.tag}] takes no {(term.tag or '').partition(':')[2]}"
    message = f"PubMed has no field [{term.tag}] and searches without it{hint}"
    return _fault("unknown-field", message, term.written)


def _truncation(term: Term, tag: Tag | None) -> Iterator[Remark]:
    if "*" in term.text.rstrip("*") or term.text.endswith("**"):
        message = "a * counts only at the end of the last word"
        yield _fault("truncation", message, term.written)
    elif is_stem_too_short(term.text):
        message = f"a * needs {SHORTEST_STEM} letters before it: PubMed drops the term"
        yield _fault("truncation", message, term.written)
    elif term.text.endswith("*") and tag and tag.distance is not None:
        message = f"words near each other take no *: write them as {_anded(term, tag)}"
        yield _fault("truncation", message, term.written)


def _lower_case(term: Term) -> Iterator[Remark]:
    if term.quoted:
        return
    for word in dict.fromkeys(term.text.split()):
        if word.upper() not in {"AND", "OR", "NOT"}:
            continue
        message = f"{word} in lower case is a word to PubMed, not an operator: write {word.upper()}"
        if word.upper() == "AND":
            yield Remark("lower-case-operator", f"{message}, or quote the phrase", term.written)
        else:
            yield _fault("lower-case-operator", f"{message}, or quote the phrase", term.written)


def _untagged(term: Term) -> Remark:
    several = len(words(term.text)) > 1
    better = f'"{term.text}"[tiab:~0]' if several and "*" not in term.text else f"{term.text}[tiab]"
    message = f"PubMed maps untagged words by rules that change: write {better}"
    return Remark("untagged-phrase" if several else "untagged-word", message, term.written)


def _phrase(term: Term, tag: Tag) -> Remark:
    better = f'"{fold(term.text)}"[{tag.field.tag}:~0]'
    if not tag.field.proximity or term.text.endswith("*"):
        better = _anded(term, tag)
    message = (
        "a phrase that is not in PubMed's phrase index finds nothing, or is taken apart: "
        f"write {better}"
    )
    return Remark("phrase-index", message, term.written)


def _anded(term: Term, tag: Tag) -> str:
    sought = [word for word in words(term.text) if word not in STOP_WORDS]
    star = "*" if term.text.endswith("*") else ""
    tagged = [f"{word}[{tag.field.tag}]" for word in sought[:-1]]
    tagged += [f"{word}{star}[{tag.field.tag}]" for word in sought[-1:]]
    return f"({' AND '.join(tagged)})"


# ---- what stands alone -----------------------------------------------------------------------


def _alone(node: Node) -> Iterator[Term]:
    """The terms that bring papers by themselves, with no AND beside them."""
    match node:
        case Term():
            yield node
        case Or(parts):
            for part in parts:
                yield from _alone(part)
        case Not(kept, _) if kept:
            yield from _alone(kept)


def _unsupported(term: Term) -> Iterator[Remark]:
    """Terms that bring too much by themselves: wide headings and abbreviations."""
    tag = find(term.tag) if term.tag else None
    kind = tag.field.kind if tag else "text"
    if tag and kind == "heading" and tag.explode:
        heading = HEADINGS.get(fold(term.text.partition("/")[0]))
        if heading and heading.wide:
            better = f'"{heading.name}"[{tag.field.tag}:noexp]'
            message = f"PubMed explodes it: it brings {heading.wide}: write {better}"
            yield Remark("exploding-heading", message, term.written)
    is_short = len(term.text) <= LONGEST_ABBREVIATION and term.text.isalnum()
    if kind == "text" and is_short and term.text.isupper() and len(term.text) > 1:
        others = _ABBREVIATIONS.get(term.text, "whatever else it stands for")
        message = f"{term.text} alone brings {others}: AND it with a word of the subject"
        yield Remark("abbreviation", message, term.written)


def _windows(node: Node) -> Iterator[Remark]:
    for term in _dated(node):
        message = (
            "a date in the query hides papers that PubMed adds late or dates back: leave it out, "
            "the whole answer is compared with what is on file"
        )
        yield Remark("date-window", message, term.written)


def _dated(node: Node) -> Iterator[Term | Range]:
    match node:
        case Term() | Range():
            tag = find(node.tag) if node.tag else None
            if tag and tag.field.kind == "date":
                yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from _dated(part)
        case Not(kept, excluded):
            if kept:
                yield from _dated(kept)
            yield from _dated(excluded)


# ---- spellings -------------------------------------------------------------------------------


def _pattern(part: str) -> re.Pattern[str]:
    start = r"\b" if part.startswith("^") else ""
    end = r"\b" if part.endswith("$") else ""
    return re.compile(f"{start}{part.strip('^$')}{end}")


_SPELLINGS = tuple(
    (_pattern(american), american.strip("^$"), _pattern(british), british.strip("^$"))
    for american, british in _DATA["spellings"]
)


def other_spelling(text: str) -> str:
    """Folded words in the other spelling, British or American; the same where there is none."""
    for american, plain, british, double in _SPELLINGS:
        if british.search(text):
            return british.sub(plain, text)
        if american.search(text):
            return american.sub(double, text)
    return text


def _spellings(terms: Sequence[Term]) -> Iterator[Remark]:
    """Words of which the query has one spelling only."""
    known = [
        (term, tag)
        for term in terms
        if term.tag and (tag := find(term.tag)) and not any(_lower_case(term))
    ]
    for term, tag in known:
        fields = WIDER.get(tag.field.code)
        if not fields:
            continue
        wanted = other_spelling(fold(term.text))
        star = "*" if term.text.endswith("*") else ""
        covered = any(
            other.field.code in fields and _covers(rival, wanted, is_stem=bool(star))
            for rival, other in known
        )
        if wanted != fold(term.text) and not covered:
            quotes = '"' if term.quoted else ""
            better = f"{quotes}{wanted}{star}{quotes}[{term.tag}]"
            message = f"PubMed keeps the spellings apart inside a field: add {better}"
            yield Remark("missing-spelling", message, term.written)


def _covers(term: Term, wanted: str, *, is_stem: bool) -> bool:
    """Whether a term finds all that the wanted words would find: each of its words is theirs."""
    *whole, last = words(term.text) or ("",)
    theirs = wanted.split()
    is_start = term.text.endswith("*")
    if is_stem and not is_start and last == theirs[-1]:
        return False
    begins = any(each.startswith(last) if is_start else each == last for each in theirs)
    return begins and set(whole) <= set(theirs)
