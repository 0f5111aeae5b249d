"""The rule files' own examples, run: every rule in its sentences, every cue on its mentions.

A rule must be found in each of its `matches` and in none of its `ignores`. A cue must give the role
of every mention in [brackets] of a `matches`, and of none in an `ignores`; see docs/rules.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from litwatch.classify.clauses import Span, verdicts
from litwatch.classify.context import mentions
from litwatch.classify.fact_cues import FactCue, fact_cues, fact_files, tables
from litwatch.classify.match import find_hits
from litwatch.classify.numerals import marked
from litwatch.classify.organs import blotted
from litwatch.classify.passages import passages
from litwatch.classify.rules import Cue, Rule, Ruleset
from litwatch.classify.text import normalise
from litwatch.models import AbstractSection, Article

_TURNING = ("except", "same")
"""The roles of cues that give none of their own, but the role of another mention."""
_OPENING = "We report a patient. "
"""What stands before an example that needs a sentence about a patient."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example at its rule's place; `fault` says what is wrong, and is empty where it holds."""

    place: str
    key: Literal["matches", "ignores"]
    text: str
    fault: str


def run_examples(ruleset: Ruleset) -> Iterator[Example]:
    """Every example of the rules and cues, in file order, and whether it holds."""
    for rule in ruleset.rules:
        for text in rule.matches:
            fault = "" if _is_found(rule, text, ruleset) else "the rule is not found"
            yield Example(rule.place, "matches", text, fault)
        for text in rule.ignores:
            fault = "the rule is found" if _is_found(rule, text, ruleset) else ""
            yield Example(rule.place, "ignores", text, fault)
    for cue in ruleset.cues:
        for text in cue.matches:
            yield Example(cue.place, "matches", text, _silence(cue, text, ruleset))
        for text in cue.ignores:
            fault = "the cue speaks" if _speaks(cue, text, ruleset) else ""
            yield Example(cue.place, "ignores", text, fault)


def run_fact_examples() -> Iterator[Example]:
    """Every example of the built-in cues of facts."""
    for file in fact_files():
        for table in tables(file):
            for cue in fact_cues(file, table):
                place = f"{file}: {table} {cue.id}"
                for text in cue.matches:
                    fault = "" if _is_said(cue, text) else "the cue is not found"
                    yield Example(place, "matches", text, fault)
                for text in cue.ignores:
                    fault = "the cue is found" if _is_said(cue, text) else ""
                    yield Example(place, "ignores", text, fault)


def without_examples(ruleset: Ruleset) -> tuple[str, ...]:
    """The places of rules that have forms, and of cues, with nothing that shows how they work."""
    return (
        *(
            rule.place
            for rule in ruleset.rules
            if (rule.terms or rule.case_sensitive or rule.abbreviations)
            and not (rule.matches and rule.ignores)
        ),
        *(cue.place for cue in ruleset.cues if cue.role not in _TURNING and not cue.matches),
    )


def _is_found(rule: Rule, text: str, ruleset: Ruleset) -> bool:
    article = Article("example", abstract=(AbstractSection("", text),))
    hits = find_hits(article, ruleset)
    return any((hit.category, hit.rule) == (rule.category, rule.id) for hit in hits)


def _is_said(cue: FactCue, text: str) -> bool:
    return any(cue.find_in(marked(normalise(text).text)))


# ---- cues ----------------------------------------------------------------------------------------


def _silence(cue: Cue, text: str, ruleset: Ruleset) -> str:
    """Why a mention in the example does not owe its role to the cue; empty where all do."""
    if cue.about == "sentence" or cue.role in _TURNING:
        return "" if cue.pattern.search(normalise(_plain(text)[0]).text) else "the cue is not found"
    said = _said(cue, text, ruleset)
    others = [
        f"{role or 'nothing'} by {who or 'no cue'}"
        for role, who in said
        if (role, who) != (cue.role, cue.id)
    ]
    if len(said) < max(1, len(_plain(text)[1])):
        return "no mention stands in [brackets], or no rule finds it"
    return f"{', '.join(others)}, not {cue.role} by this cue" if others else ""


def _speaks(cue: Cue, text: str, ruleset: Ruleset) -> bool:
    """Whether some mention in the example owes its role to the cue."""
    if cue.about == "sentence" or cue.role in _TURNING:
        return bool(cue.pattern.search(normalise(_plain(text)[0]).text))
    return any(who == cue.id for _, who in _said(cue, text, ruleset))


def _said(cue: Cue, text: str, ruleset: Ruleset) -> list[tuple[str, str]]:
    """The role of each mention in the example, and the cue that gave it."""
    if cue.direction == "previous":
        return _said_later(cue, text, ruleset)
    sentence, spans = _plain(text)
    normal = normalise(sentence)
    cues = [other for other in ruleset.cues if _is_beside(other, cue)]
    within = normal.text
    if cue.about == "organ":
        # Cues of organs know a drug by its place alone, whatever its name.
        hits = find_hits(Article("example", abstract=(AbstractSection("", sentence),)), ruleset)
        drugs = [(hit.start, hit.end) for hit in hits if hit.category == "treatment"]
        within = blotted(within, [normal.find(*span) for span in drugs])
    found = verdicts(within, [normal.find(*span) for span in spans], cues)
    return [(verdict.sense, verdict.cue.id if verdict.cue else "") for verdict in found]


def _said_later(cue: Cue, text: str, ruleset: Ruleset) -> list[tuple[str, str]]:
    """The same where the next sentence speaks: what is not said at once is said by the cue."""
    article = Article("example", abstract=(AbstractSection("", _OPENING + _plain(text)[0]),))
    found = mentions(article, passages(article), find_hits(article, ruleset), ruleset)
    rules = set(ruleset.ids("treatment"))
    roles = [mention.role for mention in found if mention.hit.rule in rules]
    told = {"certain": "given"}.get(cue.role, cue.role)
    is_plain = told in ("given", "mentioned") and not cue.pattern.search(normalise(text).text)
    return [(cue.role, cue.id) if role == told and not is_plain else (role, "") for role in roles]


def _is_beside(other: Cue, cue: Cue) -> bool:
    """Whether the other cue may speak in the same sentence of a title, or of a text."""
    return (
        other.about == cue.about
        and other.direction != "previous"
        and (cue.only_title or not other.only_title)
    )


def _plain(text: str) -> tuple[str, list[Span]]:
    """The example without the brackets around its mentions, and where these stand."""
    sentence, spans = "", []
    for piece in re.split(r"(\[[^\]]*\])", text):
        if piece.startswith("["):
            spans.append((len(sentence), len(sentence) + len(piece) - 2))
        sentence += piece.strip("[]")
    return sentence, spans
