"""What an abstract tells of how patients fared: every statement an event, in reading order.

An event has what the words say of the outcome, whom they are about (all patients, so many, the
one who is being described), and its proof. Sentences of background, of the literature, of plans
and of statistics tell nothing, nor does what may happen.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from litwatch.classify.fact_cues import fact_cues
from litwatch.classify.numerals import MARK
from litwatch.classify.passages import Sentence
from litwatch.models import Evidence, Field

_FILE = "facts.toml"
_CLAUSE = re.compile(
    r"[;:]| (?:but|whereas|while|however|although|though|until|then|because|since|whenever"
    r"|aber|mais|pero)\b"
)
_ATTACHED = re.compile(
    r" ?(?:(?:was|were|is|has|been|could|be|seen|observed|noted|achieved|obtained|occurred"
    r"|reported|found|rates?|documented|recorded|of|in|for|among|at|the|skin|lesions|symptoms"
    r"|disease|papules|clinical|or better|or more|,) ?){0,7}"
)
"""The small words that may stand between a statement and its quantity ("was seen in ...")."""

_YEARS = range(1900, 2100)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Whom a statement is about: all patients, or some (how many, where it says)."""

    is_all: bool
    number: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A statement of an outcome; `person` numbers the patient who is being described.

    `value` is an outcome, or `kept` where the words say that it has not changed.
    """

    value: str
    quantity: Quantity | None
    person: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Group:
    """The reported patients: how many (0: unknown), and where each one's description begins."""

    total: int
    is_several: bool
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A cue's place in a sentence."""

    value: str
    rule: str
    start: int
    end: int


def events(
    sentences: Sequence[Sentence], group: Group, field: Field, *, concluding: bool
) -> Iterator[Event]:
    """The statements of outcome in the body of a field's abstracts, or else in its conclusions."""
    is_treated = False
    for order, sentence in enumerate(sentences):
        if sentence.field != field:
            continue
        if (sentence.part == "conclusion") == concluding and _is_telling(
            sentence, group, is_first=_is_first(sentences, order)
        ):
            person = sum(start <= order for start in group.starts)
            can_worsen = is_treated and not group.is_several
            yield from _in_sentence(sentence, person, group.total, can_worsen=can_worsen)
        is_treated = is_treated or _says(sentence, "therapy")


def _is_first(sentences: Sequence[Sentence], order: int) -> bool:
    """Whether an abstract opens with this sentence."""
    return order == 0 or sentences[order - 1].field != sentences[order].field


def _is_telling(sentence: Sentence, group: Group, *, is_first: bool) -> bool:
    """Whether the sentence can tell how the article's own patients fared."""
    is_own = _says(sentence, "own")
    if sentence.part in ("background", "methods", "literature"):
        return False
    if _says(sentence, "general") and not is_own:
        return False
    about_people = any(_says(sentence, table) for table in ("people", "therapy", "quantity"))
    if group.is_several and not (is_own or about_people):
        return False
    if sentence.part == "conclusion":
        return is_own or bool(re.search(r"\b(?:was|were|had|did)\b", sentence.text))
    return not (is_first and sentence.part == "plain") or is_own or _says(sentence, "therapy")


def _says(sentence: Sentence, table: str) -> bool:
    """Whether a cue of the table stands in the sentence."""
    return any(cue.pattern.search(sentence.text) for cue in fact_cues(_FILE, table))


def _in_sentence(
    sentence: Sentence, person: int, total: int, *, can_worsen: bool
) -> Iterator[Event]:
    """The events of one sentence, in reading order."""
    found = matches(sentence, "outcome")
    text = sentence.text
    done = 0
    for place, match in enumerate(found):
        following = found[place + 1].start if place + 1 < len(found) else len(text)
        before = _last_clause(text[done : match.start])
        after = _first_clause(text[match.end : following])
        done = match.end
        value = match.value
        if value == "worse":
            value = "none" if can_worsen else "skip"
        if value == "skip" or _is_unreal(_last_clause(text[: match.start])):
            continue
        yield Event(
            value,
            _quantity(sentence, before, match.start, after, match.end, total),
            person,
            sentence.evidence(match.start, match.end, match.rule),
        )


def matches(sentence: Sentence, table: str) -> tuple[Match, ...]:
    """The matches of the cues; where two overlap, that of the earlier cue stands."""
    taken: list[Match] = []
    for cue in fact_cues(_FILE, table):
        if sentence.field not in cue.fields:
            continue
        for match in cue.find_in(sentence.text):
            if not any(match.start() < other.end and other.start < match.end() for other in taken):
                taken.append(Match(cue.value, cue.id, match.start(), match.end()))
    return tuple(sorted(taken, key=lambda match: match.start))


def _last_clause(text: str) -> str:
    breaks = [found.end() for found in _CLAUSE.finditer(text)]
    return text[breaks[-1] :] if breaks else text


def _first_clause(text: str) -> str:
    found = _CLAUSE.search(text)
    return text[: found.start()] if found else text


def _is_unreal(before: str) -> bool:
    """Whether the clause so far makes the rest a possibility, a wish or a condition."""
    return any(cue.pattern.search(before) for cue in fact_cues(_FILE, "modal"))


# ---- how many --------------------------------------------------------------------------------


def _quantity(
    sentence: Sentence, before: str, start: int, after: str, end: int, total: int
) -> Quantity | None:
    """Whom the statement is about: the words just after it ("in 8 of 10"), or those before."""
    for cue in fact_cues(_FILE, "quantity"):
        match = cue.pattern.search(after[:60]) if cue.value != "part_before" else None
        if (
            match
            and _ATTACHED.fullmatch(after[: match.start()])
            and not _is_year(sentence, match, end)
        ):
            return _read(sentence, cue.value, match, end, total)
    at = start - len(before)
    found = [
        (match.end(), cue.value, match)
        for cue in fact_cues(_FILE, "quantity")
        for match in cue.find_in(before)
        if not _is_of_others(match[0])
    ]
    if not found:
        return None
    _, value, match = max(found, key=lambda item: (item[0], item[2].end() - item[2].start()))
    return _read(sentence, value, match, at, total)


def _is_year(sentence: Sentence, match: re.Match[str], offset: int) -> bool:
    """Whether what looks like a number of patients is a year ("died in 1994")."""
    if "n" not in match.re.groupindex or match["n"] is None:
        return False
    number = sentence.number(match.start("n") + offset, match.end("n") + offset)
    return number is not None and number in _YEARS


def _is_of_others(words: str) -> bool:
    """Whether the persons that are counted are other authors' ("two earlier patients")."""
    return any(
        cue.pattern.search(words) for cue in fact_cues(_FILE, "literature") if cue.value == "inside"
    )


def _read(
    sentence: Sentence, value: str, match: re.Match[str], offset: int, total: int
) -> Quantity:
    """The quantity that a match spells; n of n, and n of a series of n, are all.

    "All six" of a larger group are a part of it.
    """
    if value == "all":
        figure = match[0].find(MARK), match[0].rfind(MARK) + 1
        number = sentence.number(*(match.start() + offset + at for at in figure)) or total
        return Quantity(is_all=number >= total, number=number)
    numbers = {
        name: sentence.number(match.start(name) + offset, match.end(name) + offset) or 0
        for name in match.re.groupindex
    }
    part, whole = numbers.get("n", 0), numbers.get("m", total)
    return Quantity(is_all=part > 1 and part == whole, number=part)
