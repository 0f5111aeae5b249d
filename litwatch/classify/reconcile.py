"""What the mentions of one article say together: a later failure, a title, a denial, an echo.

Each mention has been read in its own sentence. Here one corrects the other: what is said of a
treatment later corrects how it was started, the title that names a cause beats the text, a finding
that is denied elsewhere was none, and a title that repeats another paper's treats nobody.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from litwatch.classify.echoes import Echo
from litwatch.classify.match import Hit
from litwatch.classify.rules import Rule
from litwatch.models import ORGAN_ROLES, TREATMENT_ROLES, Evidence

ROLES = {"treatment": TREATMENT_ROLES, "organ": ORGAN_ROLES}
"""The roles of each category, strongest first."""
_TITLES = ("title", "vernacular_title")
_INDEX = ("mesh", "chemicals")
_OBSERVATION = "observation"  # what is only watched cannot fail
_WITHDRAWAL = "drug_withdrawal"  # the treatment of a disease that a drug has caused
_STOPPED = re.compile(
    r"[^.;]{0,40}?\b(?:was|were|had been|been) (?:\w+ ){0,2}?(?:stopped|discontinued|withdrawn|"
    r"ceased|suspended|interrupted|omitted)\b",
    re.IGNORECASE,
)
_ANNOUNCED = 8  # characters between a general term and the treatment it announces
_IN_ALL = re.compile(r"\b(?:in|for) (?:all|every|each|both|any|none)\b")
Rules = Mapping[tuple[str, str], Rule]
_Known = TypeVar("_Known")
_Drug = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mention:
    """A hit with its role and its proof.

    `is_said` where a cue gave the role, `has_effect` where the text states a result, `concludes`
    where the mention stands in the conclusions, which sum up what was told before, `is_harm` where
    an organ's finding is the harm of a treatment.
    """

    hit: Hit
    role: str
    evidence: Evidence
    is_said: bool = False
    has_effect: bool = False
    concludes: bool = False
    is_harm: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """What the article is: of one patient, of own patients at all, on a disease of the rules."""

    is_single: bool
    has_patients: bool
    is_ours: bool


def reconciled(
    found: Sequence[Mention], rules: Rules, echo: Echo, whole: Whole
) -> tuple[Mention, ...]:
    """The mentions of one article in the light of each other and of the whole."""
    if whole.is_ours:
        found = _own(found, rules, has_patients=whole.has_patients)
    found = _corrected(found, rules, is_single=whole.is_single)
    found = _capped(_denied(_titled(found, rules)), rules)
    if not whole.is_ours:
        found = [_of_another_disease(mention) for mention in found]
    found = [*found, *_withdrawals(found, rules)]
    return tuple(_echoed(mention, echo) for mention in found if mention.role)


def strongest(found: Iterable[Mention], category: str) -> Mention:
    """The mention whose role decides; of equals the first."""
    order = ROLES[category]
    return min(found, key=lambda mention: order.index(mention.role))


# ---- treatments ----------------------------------------------------------------------------------


def _drugs(mention: Mention, rules: Rules) -> tuple[_Drug, ...]:
    """The drugs that a mention names: of a rule for several drugs, the very word."""
    is_family = rules[mention.hit.category, mention.hit.rule].several
    word = mention.evidence.text.casefold() if is_family else ""
    return tuple((tag, word) for tag in mention.hit.tags)


def _of_another_disease(mention: Mention) -> Mention:
    """The mention in an article on none of the rules' diseases, for which nothing was given.

    Nor is a drug for another disease there beside the point.
    """
    is_beside = _is_drug(mention) and mention.role in ("given", "")
    return replace(mention, role="mentioned") if is_beside else mention


def _own(found: Sequence[Mention], rules: Rules, *, has_patients: bool) -> list[Mention]:
    """The mentions without those that say nothing of their own.

    Of a drug for another disease nothing is told but the taking; that a disease can heal by itself
    is no treatment; a general term announces what follows it at once ("phototherapy with UVA1").
    """
    starts: dict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
    for mention in found:
        if _is_drug(mention):
            hit = mention.hit
            starts[hit.field, hit.index].extend((hit.start, tag) for tag in hit.tags)
    kept: list[Mention] = []
    for one in found:
        hit, rule = one.hit, rules[one.hit.category, one.hit.rule]
        is_watched = rule.id == _OBSERVATION and one.role == "failed"
        mention = replace(one, role="given") if is_watched else one
        is_taken = mention.role == "given" or (has_patients and mention.role == "mentioned")
        if rule.comorbid and is_taken and not mention.has_effect:
            continue
        if rule.group == "observation" and mention.role == "mentioned":
            continue
        if rule.covers and any(
            tag in rule.covers and 0 < start - hit.end <= _ANNOUNCED
            for start, tag in starts[hit.field, hit.index]
        ):
            continue
        kept.append(mention)
    return kept


def _corrected(found: Sequence[Mention], rules: Rules, *, is_single: bool) -> list[Mention]:
    """The mentions, a later failure correcting an earlier "was started".

    "She received X for four months. X was ineffective." is one course of treatment, and it failed.
    Of several patients only what failed "in all" of them is. Where no cue says that a treatment was
    given, it makes no odds which comes first.
    """
    last: dict[_Drug, tuple[int, str]] = {}
    for place, mention in enumerate(found):
        if (
            mention.is_said
            and mention.role in ("failed", "withdrawn")
            and (is_single or _IN_ALL.search(mention.evidence.sentence))
        ):
            last.update(dict.fromkeys(_drugs(mention, rules), (place, mention.role)))
    return [
        replace(mention, role=later[1])
        if _is_open(mention)
        and (later := _of_drugs(mention, last, rules))
        and (place < later[0] or mention.concludes or not mention.is_said)
        else mention
        for place, mention in enumerate(found)
    ]


def _is_open(mention: Mention) -> bool:
    """Whether the mention says that a treatment was given, and nothing of its result."""
    return _is_drug(mention) and mention.role == "given" and not mention.has_effect


def _is_drug(mention: Mention) -> bool:
    return mention.hit.category == "treatment"


def _of_drugs(mention: Mention, known: Mapping[_Drug, _Known], rules: Rules) -> _Known | None:
    """What is known of the first of the mention's drugs of which anything is."""
    return next((known[drug] for drug in _drugs(mention, rules) if drug in known), None)


def _titled(found: Sequence[Mention], rules: Rules) -> list[Mention]:
    """The mentions under a title that names a treatment as cause or as failed.

    A cause stands for its whole class: another drug of it was taken for another disease. The index
    is silent where the text speaks: "therapeutic use" of a drug that failed is no news.
    """
    titled: dict[_Drug, str] = {}
    causes: set[str] = set()
    said: set[str] = set()
    for mention in found:
        if _is_drug(mention) and mention.role in ("cause", "failed", "withdrawn", "considered"):
            said.update(mention.hit.tags)
            if mention.hit.field in _TITLES and mention.role == "failed":
                titled.update(dict.fromkeys(_drugs(mention, rules), "failed"))
            if mention.hit.field in _TITLES and mention.role == "cause":
                causes.update(mention.hit.tags)
    return [
        replace(mention, role="cause")
        if _is_taken(mention) and causes.intersection(mention.hit.tags)
        else _under_title(mention, titled, said, rules)
        for mention in found
    ]


def _withdrawals(found: Sequence[Mention], rules: Rules) -> Iterator[Mention]:
    """Where the drug that caused the disease was stopped: that is a treatment of its own."""
    rule = rules.get(("treatment", _WITHDRAWAL))
    for mention in found:
        proof = mention.evidence
        if (
            rule
            and _is_drug(mention)
            and mention.role == "cause"
            and mention.hit.field not in _INDEX
            and _STOPPED.match(proof.sentence, proof.sentence.find(proof.text) + len(proof.text))
        ):
            hit = replace(mention.hit, rule=rule.id, tags=(rule.id,))
            yield replace(mention, hit=hit, role="given", evidence=replace(proof, rule=rule.id))


def _is_taken(mention: Mention) -> bool:
    """Whether the mention says that a drug was taken, or stopped, and nothing of its result."""
    return _is_open(mention) or (_is_drug(mention) and mention.role == "withdrawn")


def _under_title(
    mention: Mention, titled: Mapping[_Drug, str], said: Set[str], rules: Rules
) -> Mention:
    """The mention as the title and the text let it stand."""
    if not _is_open(mention):
        return mention
    if beaten := _of_drugs(mention, titled, rules):
        return replace(mention, role=beaten)
    if mention.hit.field in _INDEX and said & set(mention.hit.tags):
        return replace(mention, role="mentioned")
    return mention


# ---- organs --------------------------------------------------------------------------------------


def _denied(found: Sequence[Mention]) -> list[Mention]:
    """The mentions without findings that no cue supports where another denies them.

    Who had no seizures can be in a coma: only the whole organ's absence speaks of all its findings,
    and a normal test of it of none. What is told to be the harm of a treatment, or is called
    chemically induced by the index, is no finding either; in a title not even where a cue says so.
    """
    absent = {
        (tag, mention.hit.rule if mention.hit.field != "mesh" else tag)
        for mention in found
        if _is_absent(mention) or _is_induced(mention) or mention.is_harm
        for tag in mention.hit.tags
    }
    harms = {one.hit.rule for one in found if one.is_harm and one.hit.field in _TITLES}
    return [
        replace(mention, role="mentioned")
        if (_is_bare_finding(mention) and absent & _denials(mention.hit))
        or (mention.role == "involved" and mention.hit.rule in harms)
        else mention
        for mention in found
    ]


def _is_absent(mention: Mention) -> bool:
    """Whether the text says that a finding, or an organ's involvement, was absent."""
    return mention.role == "excluded" and mention.is_said and not mention.hit.examination


def _is_induced(mention: Mention) -> bool:
    """Whether a heading says that a drug has harmed an organ."""
    is_heading = mention.hit.category == "organ" and mention.hit.field == "mesh"
    return is_heading and "chemically induced" in mention.evidence.sentence


def _denials(hit: Hit) -> set[tuple[str, str]]:
    """The rules whose absence denies the hit: its own, and those of the organs it belongs to."""
    return {(tag, rule) for tag in hit.tags for rule in (hit.rule, tag)}


def _is_bare_finding(mention: Mention) -> bool:
    """Whether nothing but its presence in an abstract speaks for a finding."""
    is_abstract = mention.hit.field in ("abstract", "other_abstract")
    return is_abstract and mention.role == "involved" and not mention.is_said


def _capped(found: Sequence[Mention], rules: Rules) -> list[Mention]:
    """The mentions with no stronger role than their rule allows.

    What is absent stays absent, unless it was there at another time: influenza before, none now.
    """
    caps = [rules[mention.hit.category, mention.hit.rule].at_most for mention in found]
    present = {
        mention.hit.rule
        for mention, cap in zip(found, caps, strict=True)
        if cap and mention.role == "involved" and (mention.is_said or mention.hit.field in _TITLES)
    }
    return [
        replace(mention, role=cap)
        if cap
        and (
            mention.role == "involved"
            or (mention.role == "excluded" and mention.hit.rule in present)
        )
        else mention
        for mention, cap in zip(found, caps, strict=True)
    ]


# ---- echoes --------------------------------------------------------------------------------------


def _echoed(mention: Mention, echo: Echo) -> Mention:
    """The mention of an article that repeats another's title: what it repeats, it only mentions."""
    is_repeated = echo == "notice" or (
        echo == "comment" and _is_drug(mention) and mention.hit.field in (*_TITLES, *_INDEX)
    )
    return replace(mention, role="mentioned") if is_repeated else mention
