"""How the reported patients fared at last follow-up.

Every statement of an outcome is an event; the events are replayed in reading order. For one patient
the last one counts, and death ends the story. For several, a statement about all of them replaces
what was known, one about some of them stands beside it, and patients who ended differently are
`mixed`. Sentences of background, of the literature and of plans tell nothing, nor does what may
happen. The title speaks only where the abstract is silent.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from litwatch.classify.fact_cues import fact_cues
from litwatch.classify.passages import Sentence
from litwatch.classify.patients import Count
from litwatch.models import Evidence, Fact

_FILE = "facts.toml"
_SEVERAL = ("case_series", "cohort", "trial")
_SILENT = ("review", "guideline", "basic_science")
_CLAUSE = re.compile(
    r"[;:]| (?:but|whereas|while|however|although|though|until|then|because|since|whenever|aber|mais|pero)\b"
)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """Whom a statement is about: all patients, or some (how many, where it says)."""

    is_all: bool
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Event:
    """A statement of an outcome; `person` numbers the patient who is being described."""

    value: str
    quantity: _Quantity | None
    person: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Group:
    """The reported patients: how many (0: unknown), and where each one's description begins."""

    total: int
    is_several: bool
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    """A cue's place in a sentence."""

    value: str
    rule: str
    start: int
    end: int


def find_outcome(
    sentences: Sequence[Sentence], count: Count | None, study_type: str | None
) -> Fact | None:
    """The outcome of the article's own patients, or None where it does not say."""
    is_own = count is not None and count.is_announced
    if study_type in _SILENT and not (study_type == "review" and is_own):
        return None
    group = _Group(
        total=count.number if count else 0,
        is_several=count.number > 1 if count else study_type in _SEVERAL,
        starts=count.starts if count else (),
    )
    for concluding in (False, True):
        events = tuple(_events(sentences, group, concluding=concluding))
        if fact := _of_several(events, group.total) if group.is_several else _of_one(events):
            return fact
    return None if study_type in ("cohort", "trial") else _of_title(sentences)


# ---- events --------------------------------------------------------------------------------------


def _events(sentences: Sequence[Sentence], group: _Group, *, concluding: bool) -> Iterator[_Event]:
    """The statements of outcome in the abstract's body, or else in its conclusions."""
    is_treated = False
    for order, sentence in enumerate(sentences):
        if sentence.field not in ("abstract", "other_abstract"):
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


def _is_telling(sentence: Sentence, group: _Group, *, is_first: bool) -> bool:
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
) -> Iterator[_Event]:
    """The events of one sentence, in reading order."""
    found = _matches(sentence, "outcome")
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
        yield _Event(
            value,
            _quantity(sentence, before, match.start, after, match.end, total),
            person,
            sentence.evidence(match.start, match.end, match.rule),
        )


def _matches(sentence: Sentence, table: str) -> tuple[_Match, ...]:
    """The matches of the cues; where two overlap, that of the earlier cue stands."""
    taken: list[_Match] = []
    for cue in fact_cues(_FILE, table):
        if sentence.field not in cue.fields:
            continue
        for match in cue.find_in(sentence.text):
            if not any(match.start() < other.end and other.start < match.end() for other in taken):
                taken.append(_Match(cue.value, cue.id, match.start(), match.end()))
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
) -> _Quantity | None:
    """Whom the statement is about: the words just after it ("in 8 of 10"), or those before."""
    for cue in fact_cues(_FILE, "quantity"):
        match = cue.pattern.search(after[:60])
        if match and cue.id != "bare_n" and _is_attached(after[: match.start()]):
            return _read(sentence, cue.value, match, end, total)
    at = start - len(before)
    found = [
        (match.end(), cue.value, match)
        for cue in fact_cues(_FILE, "quantity")
        for match in cue.find_in(before)
    ]
    if not found:
        return None
    _, value, match = max(found, key=lambda item: (item[0], item[2].end() - item[2].start()))
    return _read(sentence, value, match, at, total)


def _is_attached(between: str) -> bool:
    """Whether nothing but small words stands between a statement and its quantity."""
    return bool(
        re.fullmatch(
            r" ?(?:(?:was|were|is|has|been|could|be|seen|observed|noted|achieved|obtained|occurred"
            r"|reported|found|rates?|documented|recorded|of|in|for|among|at|the|skin|lesions|symptoms"
            r"|disease|papules|clinical|,) ?){0,7}",
            between,
        )
    )


def _read(
    sentence: Sentence, value: str, match: re.Match[str], offset: int, total: int
) -> _Quantity:
    """The quantity that a match spells; n of n, and n of a series of n, are all."""
    if value == "all":
        return _Quantity(is_all=True)
    numbers = {
        name: sentence.number(match.start(name) + offset, match.end(name) + offset) or 0
        for name in match.re.groupindex
    }
    part, whole = numbers.get("n", 0), numbers.get("m", total)
    return _Quantity(is_all=part > 1 and part == whole, number=part)


# ---- what they amount to ---------------------------------------------------------------------


def _of_one(events: Iterable[_Event]) -> Fact | None:
    """The outcome of one patient: the last event, unless the patient died before."""
    last: _Event | None = None
    for event in events:
        if event.quantity and not event.quantity.is_all and event.quantity.number > 1:
            continue
        if event.value == "died":
            return _fact("died", event)
        if event.value != "kept" or last is None or last.value == "relapse":
            last = event
    return _fact(_ended(last), last) if last else None


def _of_several(events: Iterable[_Event], total: int) -> Fact | None:
    """The outcome of several patients: what all share, or `mixed`."""
    known: dict[str, _Event] = {}
    for place, event in enumerate(events):
        key = _whose(event, place)
        if event.value == "kept" and known:
            continue
        if key == "all":
            if event.quantity is None and known.keys() - {"all"}:
                continue  # a remark on the whole adds nothing to what is known of each
            known.clear()
        known[key] = event
    values = {_ended(event): event for event in known.values()}
    if len(values) > 1:
        return _fact("mixed", *values.values())
    for value, event in values.items():
        return _fact(value if _is_whole(known, total) else "mixed", event)
    return None


def _whose(event: _Event, place: int) -> str:
    """The patients that an event of a group is about: `all`, one person, or a part of them."""
    if event.quantity is None and event.person:
        return f"person {event.person}"
    if event.quantity is None and event.value == "died":
        return f"part {place}"  # "her death": of one among several
    return "all" if event.quantity is None or event.quantity.is_all else f"part {place}"


def _ended(event: _Event) -> str:
    """The outcome that an event amounts to: no relapse is a response that lasts."""
    return "response" if event.value == "kept" else event.value


def _is_whole(known: dict[str, _Event], total: int) -> bool:
    """Whether what is known is of all the patients and not of a part of them."""
    if "all" in known or any(name.startswith("person") for name in known):
        return True
    numbers = [event.quantity.number for event in known.values() if event.quantity]
    return bool(total) and sum(numbers) >= total


def _of_title(sentences: Iterable[Sentence]) -> Fact | None:
    """What the title says, unless it asks."""
    for sentence in sentences:
        if sentence.part != "title" or "?" in sentence.text:
            continue
        for table in ("outcome", "outcome_title"):
            for match in _matches(sentence, table):
                if match.value not in ("skip", "worse", "kept"):
                    return _fact_at(sentence, match)
    return None


def _fact(value: str, *events: _Event) -> Fact:
    return Fact(value, tuple(event.evidence for event in events))


def _fact_at(sentence: Sentence, match: _Match) -> Fact:
    return Fact(match.value, (sentence.evidence(match.start, match.end, match.rule),))
