"""How many patients an article reports: its own, not those it cites.

A number that the authors announce ("we report three cases") beats the size of a studied group, and
that beats persons told apart by age and sex, a single case, and any other number of persons. Of
counts of one kind the largest is the whole. Counts of other authors' patients, of controls and of
papers are none, and where nothing is said there is no number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from litwatch.classify.fact_cues import FactCue, fact_cues
from litwatch.classify.passages import Sentence
from litwatch.models import Evidence

_ORDINALS = {"second": 2, "zweite": 2, "zweiter": 2, "deuxieme": 2, "segundo": 2, "other": 2}
_ORDINALS |= {"third": 3, "fourth": 4, "fifth": 5}
_FILE = "facts.toml"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of patients; `is_announced` where the authors present them as their own cases.

    `starts` are the sentences, counted in reading order, where the description of each begins, if
    several are described one by one.
    """

    number: int
    evidence: tuple[Evidence, ...]
    is_announced: bool = False
    starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Mention:
    """A place that counts patients: the rank of its cue, the number, and where in reading order."""

    rank: str
    number: int
    order: int
    sentence: Sentence
    evidence: Evidence

    @property
    def in_title(self) -> bool:
        return self.sentence.part == "title"


@dataclass(frozen=True, slots=True)
class _Person:
    """A patient whom the article tells from others by age and sex; `order` counts sentences."""

    age: str
    sex: str
    order: int
    evidence: Evidence

    def is_same(self, other: "_Person") -> bool:
        """Whether the two can be one person: of one age, and not of different sex."""
        return self.age == other.age and (not self.sex or not other.sex or self.sex == other.sex)


def count_patients(sentences: Sequence[Sentence]) -> Count | None:
    """The article's own patients, or None where it does not say how many."""
    people = tuple(_persons(sentences))
    singles = tuple(_singles(sentences))
    count = _weighed(tuple(_groups(sentences)), people, singles)
    starts = {person.order for person in people} | set(_numbered_places(singles))
    return replace(count, starts=tuple(sorted(starts))) if count and len(starts) > 1 else count


def _weighed(
    groups: Sequence[_Mention], people: Sequence[_Person], singles: Sequence[_Mention]
) -> Count | None:
    """The count that weighs most: announced, a studied group, single patients, any number."""
    cases = _of(singles, "case")
    announced = _of(groups, "reported")
    whole = _largest(_of(groups, "total")) or _largest(_before(people, groups))
    several = _several(people, singles)
    if in_title := _largest(mention for mention in groups if mention.in_title):
        return _count(in_title, is_announced=in_title in announced)
    if announced:
        return _count(_largest(announced), is_announced=True)
    if several and (whole is None or several.number >= whole.number):
        return several
    if whole and not (cases or _is_earlier(people, whole)):
        return _count(whole)
    if people or cases:
        evidence = people[0].evidence if people else cases[0].evidence
        return Count(1, (evidence,), is_announced=True)
    if some := _largest(groups):
        return _count(some)
    return Count(1, (singles[0].evidence,)) if singles else None


# ---- what the cues find --------------------------------------------------------------------------


def _matches(
    table: str, sentence: Sentence, values: Iterable[str] = ()
) -> Iterator[tuple[FactCue, re.Match[str]]]:
    """Every match of the table's cues, of the given values if any, in the sentence."""
    for cue in fact_cues(_FILE, table):
        if sentence.field in cue.fields and (not values or cue.value in values):
            for match in cue.find_in(sentence.text):
                yield cue, match


def _persons(sentences: Sequence[Sentence]) -> Iterator[_Person]:
    """The patients described by their age, each once, in reading order."""
    found: list[_Person] = []
    for order, sentence in enumerate(sentences):
        for cue, match in _matches("single", sentence, ("aged",)):
            if sentence.part == "literature" or _is_other_peoples(sentence, match.start()):
                continue
            person = _Person(
                _age(sentence, match), _sex(match["sex"]), order, _evidence(sentence, cue, match)
            )
            if _is_introduced(sentence, match, found) and not any(map(person.is_same, found)):
                found.append(person)
                yield person


def _groups(sentences: Sequence[Sentence]) -> Iterator[_Mention]:
    """Every count of two or more persons that is not of other authors' patients."""
    for order, sentence in enumerate(sentences):
        sums = _sums(sentence)
        for cue, match in _matches("patients", sentence):
            if cue.value != "reported" and sentence.part in ("background", "literature"):
                continue
            number = _number(sentence, cue, match, sums)
            if number < 2 or _is_literature(sentence, cue, match):
                continue
            yield _Mention(cue.value, number, order, sentence, _evidence(sentence, cue, match))


def _singles(sentences: Sequence[Sentence]) -> Iterator[_Mention]:
    """Every mention of one patient, announced, numbered or just spoken of."""
    for order, sentence in enumerate(sentences):
        for cue, match in _matches("single", sentence, ("case", "numbered", "the")):
            if sentence.part == "literature":
                continue
            number = _numbered(sentence, match) if cue.value == "numbered" else 1
            yield _Mention(cue.value, number, order, sentence, _evidence(sentence, cue, match))


def _sums(sentence: Sentence) -> tuple[tuple[int, int, int], ...]:
    """Where both sexes are counted, and their sum: "17 men and 13 women" is 30."""
    return tuple(
        (match.start(), match.end(), sum(sentence.number(*match.span(sex)) or 1 for sex in "nm"))
        for _, match in _matches("patients", sentence, ("sexes",))
    )


def _number(
    sentence: Sentence, cue: FactCue, match: re.Match[str], sums: Iterable[tuple[int, int, int]]
) -> int:
    """What a match counts: its number, a pair, or the sum of both sexes where it names the one."""
    if cue.value == "pair":
        return 2
    at = match.start("n")
    added = [total for start, end, total in sums if start <= at < end]
    return added[0] if added else sentence.number(*match.span("n")) or 0


def _numbered_places(singles: Iterable[_Mention]) -> Iterator[int]:
    """The sentences in which another "case 2" or "second patient" first stands."""
    seen: set[int] = set()
    for mention in _of(singles, "numbered"):
        if mention.number not in seen:
            seen.add(mention.number)
            yield mention.order


def _numbered(sentence: Sentence, match: re.Match[str]) -> int:
    """The place in the row of "case 2" or "the second patient"."""
    if match["age"]:
        return sentence.number(*match.span("age")) or 1
    return _ORDINALS.get(match["ordinal"], 1)


def _evidence(sentence: Sentence, cue: FactCue, match: re.Match[str]) -> Evidence:
    return sentence.evidence(match.start(), match.end(), cue.id)


# ---- whose patients ------------------------------------------------------------------------------


def _is_literature(sentence: Sentence, cue: FactCue, match: re.Match[str]) -> bool:
    """Whether the count is of other authors' patients, of controls, or a vague figure."""
    start = match.start("n") if "n" in match.re.groupindex else match.start()
    text = sentence.text
    near = {"inside": text[start : match.end()], "before": text[max(0, start - 40) : start]}
    if cue.value != "reported":
        near["after"] = text[match.end() :]
        near["sentence"] = text[:start]
    return any(
        literature.pattern.search(near[literature.value])
        for literature in fact_cues(_FILE, "literature")
        if literature.value in near
    )


def _is_other_peoples(sentence: Sentence, at: int) -> bool:
    """Whether the sentence speaks of the literature before this place."""
    return any(
        cue.pattern.search(sentence.text, 0, at)
        for cue in fact_cues(_FILE, "literature")
        if cue.value == "sentence"
    )


def _is_introduced(sentence: Sentence, match: re.Match[str], known: Sequence[_Person]) -> bool:
    """Whether the words bring in a patient, rather than a relative or somebody already known."""
    who = match["who"]
    before = sentence.text[: match.start()].rstrip()
    if who in ("his", "her", "their", "whose"):
        return before.endswith(" and")
    return not (known and before.endswith((" the", "this")))


def _age(sentence: Sentence, match: re.Match[str]) -> str:
    start, end = match.span("age")
    number = sentence.number(start, end)
    return sentence.normal.text[start:end] if number is None else str(number)


def _sex(words: str | None) -> str:
    """`m`, `f`, or nothing where the words leave it open."""
    found = (cue.value for cue in fact_cues(_FILE, "sex") if words and cue.pattern.search(words))
    return next(found, "")


# ---- which count is the article's ----------------------------------------------------------------


def _of(mentions: Iterable[_Mention], rank: str) -> tuple[_Mention, ...]:
    return tuple(mention for mention in mentions if mention.rank == rank)


def _largest(mentions: Iterable[_Mention]) -> _Mention | None:
    """The mention of the largest number, the first of several."""
    return max(mentions, key=lambda mention: (mention.number, -mention.order), default=None)


def _count(mention: _Mention | None, *, is_announced: bool = False) -> Count | None:
    if mention is None:
        return None
    return Count(mention.number, (mention.evidence,), is_announced)


def _several(people: Sequence[_Person], singles: Iterable[_Mention]) -> Count | None:
    """Two or more patients described one by one, by age or by number."""
    last = _largest(_of(singles, "numbered"))
    if last and last.number > max(1, len(people)):
        return Count(last.number, (last.evidence,), is_announced=True)
    if len(people) > 1:
        return Count(len(people), tuple(person.evidence for person in people), is_announced=True)
    return None


def _is_earlier(people: Sequence[_Person], mention: _Mention) -> bool:
    return bool(people) and people[0].order <= mention.order


def _before(people: Sequence[_Person], groups: Iterable[_Mention]) -> Iterator[_Mention]:
    """The groups that are counted before the first patient is described."""
    return (group for group in groups if people and group.order < people[0].order)
