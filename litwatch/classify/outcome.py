"""How the reported patients fared at last follow-up.

The events that an abstract tells are replayed in reading order, its translation and its conclusions
only where the rest is silent, and the title only where all are. For one patient the last event
counts, and death ends the story. For several, a statement about all of them replaces what was
known, one about some of them stands beside it, and patients who ended differently are `mixed`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from litwatch.classify.events import Event, Group, Match, events, matches
from litwatch.classify.passages import Sentence
from litwatch.classify.patients import Count
from litwatch.classify.study_type import UNSPECIFIC
from litwatch.models import Fact, Field

_SEVERAL = ("case_series", "cohort", "trial")
_GOOD = ("response", "partial")
_SILENT = ("guideline", "basic_science")
_OF_OTHERS = ("review", "other")
_TURNS: tuple[tuple[bool, Field], ...] = (
    *((False, "abstract"), (False, "other_abstract")),
    *((True, "abstract"), (True, "other_abstract")),
)
"""Where an outcome is looked for, in turn: a translation tells the same story a second time."""


def find_outcome(
    sentences: Sequence[Sentence], count: Count | None, study_type: Fact | None
) -> Fact | None:
    """The outcome of the article's own patients, or None where it does not say."""
    kind = study_type.value if study_type else None
    is_own = count is not None and count.is_announced
    if kind in _SILENT or (kind in _OF_OTHERS and not is_own):
        is_plain = study_type and any(proof.rule == UNSPECIFIC for proof in study_type.evidence)
        return _of_title(sentences) if is_plain else None
    group = Group(
        total=count.number if count else 0,
        is_several=count.number > 1 if count else kind in _SEVERAL,
        starts=count.starts if count else (),
    )
    for concluding, field in _TURNS:
        told = tuple(events(sentences, group, field, concluding=concluding))
        if fact := _of_several(told, group.total) if group.is_several else _of_one(told):
            return fact
    return None if kind in ("cohort", "trial") else _of_title(sentences)


def _of_one(told: Iterable[Event]) -> Fact | None:
    """The outcome of one patient: the last event, unless the patient died before."""
    last: Event | None = None
    for event in told:
        if event.quantity and not event.quantity.is_all and event.quantity.number > 1:
            continue
        if event.value == "died":
            return _fact("died", event)
        if last is not None or event.value != "left":
            last = _after(last, event)
    return _fact(_ended(last), last) if last else None


def _after(last: Event | None, event: Event) -> Event:
    """What one patient's next event makes of the state before.

    Without a relapse a response lasts; what does nothing against a relapse leaves the relapse; a
    response and a failure in one breath ("softer on the trunk, though unchanged on the hands") are
    a partial response, and so is one that leaves something, or that one breath calls partial.
    """
    if last is None:
        return event
    if event.value == "left":
        return replace(event, value="partial") if last.value in ("response", "partial") else last
    if last.value == "partial" and event.value == "response" and _is_same_breath(last, event):
        return last
    if event.value == "kept":
        return last if last.value in ("response", "partial") else event
    if event.value == "none" and last.value == "relapse":
        return last
    if (
        event.value == "none"
        and last.value in ("response", "partial")
        and event.evidence.sentence == last.evidence.sentence
    ):
        return replace(event, value="partial")
    return event


_COMPLETE = re.compile(r"\b(?:complet|total|entire|all\b|altogether)", re.IGNORECASE)


def _is_same_breath(last: Event, event: Event) -> bool:
    """Whether two events stand in one sentence that nowhere speaks of a complete effect."""
    sentence = event.evidence.sentence
    return sentence == last.evidence.sentence and not _COMPLETE.search(sentence)


def _of_several(told: Iterable[Event], total: int) -> Fact | None:
    """The outcome of several patients: what all share, or `mixed`."""
    known: dict[str, Event] = {}
    for place, event in enumerate(told):
        key = _whose(event, place)
        if (event.value == "kept" and known) or (event.value == "left" and key == "all"):
            continue
        if event.value == "none" and any(_ended(one) in _GOOD for one in known.values()):
            key = f"part {place}" if event.quantity else key  # "X failed in all" who had it
        if key == "all":
            if event.quantity is None and known.keys() - {"all"}:
                continue  # a remark on the whole adds nothing to what is known of each
            known = {name: known[name] for name in known if name == "all"}
        known[key] = _after(known.get(key, known.get("all")), event)
    values = {_ended(event): event for event in known.values()}
    if len(values) > 1:
        return _fact("mixed", *values.values())
    for value, event in values.items():
        return _fact(value if _is_whole(known, total) else "mixed", event)
    return None


def _whose(event: Event, place: int) -> str:
    """The patients that an event of a group is about: `all`, one person, or a part of them."""
    if event.quantity is None and event.person:
        return f"person {event.person}"
    if event.quantity is None and event.value == "died":
        return f"part {place}"  # "her death": of one among several
    return "all" if event.quantity is None or event.quantity.is_all else f"part {place}"


def _ended(event: Event) -> str:
    """The outcome that an event amounts to: no relapse is a response that lasts."""
    return {"kept": "response", "left": "partial"}.get(event.value, event.value)


def _is_whole(known: dict[str, Event], total: int) -> bool:
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
            for match in matches(sentence, table):
                if match.value not in ("skip", "worse", "kept", "left"):
                    return _fact_at(sentence, match)
    return None


def _fact(value: str, *events: Event) -> Fact:
    return Fact(value, tuple(event.evidence for event in events))


def _fact_at(sentence: Sentence, match: Match) -> Fact:
    return Fact(match.value, (sentence.evidence(match.start, match.end, match.rule),))
