"""Whether a query finds an article, told from the article alone: True, False, or None.

None says that it cannot be told (lookup.py says where), and travels as in Kleene's logic: an AND
with something that does not hold is False whatever else is not known. Pure, and fast enough for an
archive of millions: `predicate` prepares a query once, and a Reading folds an article once for all
queries that are asked of it.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from litwatch.fetch.fields import ALL, find
from litwatch.fetch.lookup import question
from litwatch.fetch.query import And, Clause, Node, Not, Or, Range, Term, clauses
from litwatch.fetch.reading import Predicate, Reading
from litwatch.fetch.words import words
from litwatch.models import Article


def matches(node: Node, article: Article) -> bool | None:
    """Whether PubMed finds the article by this query, None where it cannot be told."""
    return predicate(node)(Reading(article))


def predicate(node: Node) -> Predicate:
    """The query as a question to ask of many articles, each as a Reading."""
    return _prepared(node) or _nothing


def _nothing(_: Reading) -> bool:
    """A query of which PubMed drops every part finds nothing."""
    return False


def _prepared(node: Node) -> Predicate | None:
    """The question of a node; what PubMed drops takes its operator with it."""
    if isinstance(node, (And, Or)):
        found = [each for part in node.parts if (each := _prepared(part))]
        if len(found) < 2:
            return found[0] if found else None
        return _joined(found, decides=isinstance(node, Or))
    if isinstance(node, Not):
        kept = _prepared(node.kept) if node.kept else None
        excluded = _prepared(node.excluded)
        if excluded is None:
            return kept
        opposite = _opposite(excluded)
        return _joined([kept, opposite], decides=False) if kept else opposite
    return question(node)


def _joined(parts: Sequence[Predicate], *, decides: bool) -> Predicate:
    """OR where a True part decides, AND where a False one does."""

    def holds(reading: Reading) -> bool | None:
        answer: bool | None = not decides
        for part in parts:
            found = part(reading)
            if found is decides:
                return decides
            if found is None:
                answer = None
        return answer

    return holds


def _opposite(part: Predicate) -> Predicate:
    def holds(reading: Reading) -> bool | None:
        found = part(reading)
        return None if found is None else not found

    return holds


# ---- what came nearest -------------------------------------------------------------------------

ALIKE = 0.85
"""How like a word of the article must be to one of the query, to be named in its place."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The clause that came nearest to finding an article, or that kept it out, and why not."""

    clause: Clause
    lacks: str

    @property
    def text(self) -> str:
        """The clause as it was written."""
        return self.clause.text


def nearest(node: Node, article: Article) -> Nearest:
    """What stands between the query and an article that it does not find for certain.

    Where an alternative holds, that is the exclusion or the requirement which concerns it; else the
    alternative of which the most is there.
    """
    reading = Reading(article)
    parts = clauses(node)
    if not parts:
        return Nearest(Clause("alternative", "", node), "the query is empty")
    alternatives = [clause for clause in parts if clause.kind == "alternative"]
    held = [clause for clause in alternatives if predicate(clause.node)(reading)]
    for clause in parts:
        concerned = not alternatives or any(clause.governs(each) for each in held)
        answer = predicate(clause.node)(reading)
        if clause.kind == "exclusion" and answer is not False and concerned:
            doubt = "it is excluded" if answer else f"whether it is excluded {_UNTOLD}"
            return Nearest(clause, f"{doubt} by {clause.text}")
        if clause.kind == "requirement" and answer is not True and concerned:
            return Nearest(clause, _lacking(clause.node, reading))
    if held or not alternatives:
        return Nearest((held or parts)[0], "nothing: the query finds it")
    best = max(alternatives, key=lambda clause: _share(clause.node, reading))
    required = [each for each in parts if each.kind == "requirement" and each.governs(best)]
    failed = [each.node for each in required if predicate(each.node)(reading) is not True]
    return Nearest(best, "; ".join(_lacking(each, reading) for each in (best.node, *failed)))


_UNTOLD = "cannot be told from what is kept of the record"


def _share(node: Node, reading: Reading) -> float:
    """How much of a clause is there, from 0 to 1."""
    answer = predicate(node)(reading)
    if answer:
        return 1.0
    match node:
        case And(parts):
            return sum(_share(part, reading) for part in parts) / len(parts)
        case Or(parts):
            return max((_share(part, reading) for part in parts), default=0.0)
        case Not(kept, _):
            return 0.9 * _share(kept, reading) if kept else 0.0
        case Term():
            sought = words(node.text)
            likeness = [_likeness(word, reading) for word in sought]
            # A heading that cannot be told is no nearer than a word that is half there.
            told = 0.9 * sum(likeness) / len(sought) if sought else 0.0
            return max(told, 0.4) if answer is None else told
    return 0.4 if answer is None else 0.0


def _likeness(word: str, reading: Reading) -> float:
    if f" {word} " in reading.text("ALL"):
        return 1.0
    return 0.6 if _alike(word, reading) else 0.0


def _alike(word: str, reading: Reading) -> str:
    """A word of the article that is spelt much like one of the query, empty where there is none."""
    known = sorted(set(reading.text("ALL").split()))
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=ALIKE)), "")


def _lacking(node: Node, reading: Reading) -> str:
    """What an article lacks for a clause that does not hold, in words."""
    answer = predicate(node)(reading)
    match node:
        case And(parts):
            asked = [(part, holds) for part in parts if (holds := _prepared(part))]
            failed = [part for part, holds in asked if holds(reading) is not True]
            return "; ".join(_lacking(part, reading) for part in failed)
        case Or(parts):
            if answer is False:
                return f"none of {', '.join(part.written for part in parts)}"
        case Not(kept, excluded):
            if kept and predicate(kept)(reading) is not True:
                return _lacking(kept, reading)
            if answer is False:
                return f"it is excluded by {excluded.written}"
        case Term() if answer is False:
            return _lacking_term(node, reading)
        case Range() if answer is False:
            return f"its date is not in {node.written}"
    return f"whether it has {node.written} {_UNTOLD}"


def _lacking_term(term: Term, reading: Reading) -> str:
    tag = (find(term.tag) if term.tag else None) or ALL
    if tag.field.kind == "heading":
        carried = "; ".join(heading.heading for heading in reading.article.mesh) or "no MeSH"
        return f"no heading {term.text} (it carries {carried})"
    if tag.field.kind != "text":
        return f"it has not {term.written}"
    text, stem = reading.text(tag.field.code), term.text.endswith("*")
    sought = [f" {word} " for word in words(term.text)]
    sought[-1:] = [word.rstrip() if stem else word for word in sought[-1:]]
    missing = [word.strip() for word in sought if word not in text]
    if not missing:
        distance = f"within {tag.distance} words of each other" if tag.distance else "side by side"
        return f"its words are not {distance}: {term.written}"
    alike = [other for word in missing if (other := _alike(word, reading))]
    hint = f" (it has {', '.join(alike)})" if alike else ""
    if stem and sought[-1].strip() == missing[-1]:
        missing[-1] += "*"
    return f"no {', '.join(missing)} in {tag.field.name}{hint}"
