"""How well the rules do on labelled records: precision, recall and F1, each with its interval.

A tag is right where record and tag agree; its role is judged apart. The intervals hold 95 %:
Wilson's for proportions (doi:10.1080/01621459.1927.10502953), for F1 the percentiles of a bootstrap
over the records with a fixed seed, so that the same records give the same figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

from litwatch.classify.labelled import FACTS, Labelled, Labels, Value
from litwatch.models import Fact, Finding, Findings

RESAMPLES = 1_000
SEED = 20_261_125
Z = 1.959964
"""The normal deviate that leaves 2.5 % at each end."""
SEEN = ("involved", "mentioned")
"""The roles of an organ that say it is spoken of, other than as absent."""

Case = tuple[Labelled, Findings]
"""A labelled record, and what the rules find in it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; None where there was nothing to measure it on."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of what was labelled."""

    precision: Estimate | None
    recall: Estimate | None
    f1: Estimate | None
    right: int
    extra: int
    missed: int


@dataclass(frozen=True, slots=True)
class Share:
    """How often the one answer was right."""

    share: Estimate | None
    right: int
    of: int


@dataclass(frozen=True, slots=True)
class Miss:
    """One disagreement; None where there is no such label, or nothing was found.

    `sentence` is the one that the rules rest on; of what they did not find, the record's title.
    """

    id: str
    what: str
    tag: str
    expected: Value
    got: Value
    sentence: str


@dataclass(frozen=True, slots=True)
class Score:
    """All figures: in sum, by tag and by role; and every miss, in the order of the records."""

    records: int
    sums: Mapping[str, Found | Share]
    treatments: Mapping[str, Found]
    treatment_roles: Mapping[str, Found]
    organs: Mapping[str, Found]
    organ_roles: Mapping[str, Found]
    topics: Mapping[str, Found]
    misses: tuple[Miss, ...]


def score(cases: Sequence[Case]) -> Score:
    """The figures for these records. `organs` by tag counts what is involved or mentioned."""
    tallies: dict[tuple[str, str], _Tally] = defaultdict(_Tally)
    shares: dict[str, Counter[bool]] = defaultdict(Counter)
    misses: list[Miss] = []
    for number, (labelled, findings) in enumerate(cases):
        answers = _answers(labelled.labels, findings)
        for group, name, is_expected, is_found in _tags(labelled.labels, answers):
            tallies[group, name].add(number, is_expected=is_expected, is_found=is_found)
        for name, is_right in _choices(labelled.labels, answers):
            shares[name][is_right] += 1
        misses.extend(_misses(labelled, findings, answers))
    weights = _resamples(len(cases))
    found = {key: tally.found(weights) for key, tally in sorted(tallies.items())}

    def of(group: str) -> Mapping[str, Found]:
        return {name: one for (a_group, name), one in found.items() if a_group == group}

    sums: dict[str, Found | Share] = {}
    for name in ("treatments", "organs", "involved", "excluded", "topics"):
        sums[name] = found.get(("sum", name), _Tally().found(weights))
        if name == "treatments":
            sums["treatment_role"] = _share(shares["treatment_role"])
    sums |= {name: _share(shares[name]) for name in FACTS}
    return Score(
        records=len(cases),
        sums=sums,
        treatments=of("treatments"),
        treatment_roles=of("treatment_roles"),
        organs=of("organs"),
        organ_roles=of("organ_roles"),
        topics=of("topics"),
        misses=tuple(misses),
    )


# ---- what is compared ----------------------------------------------------------------------------


def _answers(labels: Labels, findings: Findings) -> Labels:
    """The findings as labels: of what was not labelled, none."""
    facts = {key: _fact(findings, key) for key in labels.facts}
    return Labels(
        treatments={one.tag.id: one.role for one in findings.treatments},
        organs={one.tag.id: one.role for one in findings.organs},
        topics=frozenset(str(topic.value) for topic in findings.facts.topics),
        facts={key: fact.value if fact else None for key, fact in facts.items()},
    )


def _tags(labels: Labels, answers: Labels) -> Iterator[tuple[str, str, bool, bool]]:
    """Each (group, name) to be counted: whether it was expected, and whether it was found."""
    if labels.treatments is not None:
        yield from _roles("treatment", labels.treatments, answers.treatments or {}, None)
    if labels.organs is not None:
        yield from _roles("organ", labels.organs, answers.organs or {}, SEEN)
        for tag in labels.organs.keys() | (answers.organs or {}).keys():
            expected, found = labels.organs.get(tag), (answers.organs or {}).get(tag)
            for role in ("involved", "excluded"):
                yield "sum", role, expected == role, found == role
    if labels.topics is not None:
        for topic in labels.topics | (answers.topics or frozenset()):
            is_expected, is_found = topic in labels.topics, topic in (answers.topics or ())
            yield "topics", topic, is_expected, is_found
            yield "sum", "topics", is_expected, is_found


def _roles(
    category: str,
    labels: Mapping[str, str],
    answers: Mapping[str, str],
    roles: Sequence[str] | None,
) -> Iterator[tuple[str, str, bool, bool]]:
    """The tags of one category, of `roles` alone where given, and each role."""
    for tag in labels.keys() | answers.keys():
        expected, found = labels.get(tag), answers.get(tag)
        is_expected = expected in roles if roles else expected is not None
        is_found = found in roles if roles else found is not None
        yield f"{category}s", tag, is_expected, is_found
        yield "sum", f"{category}s", is_expected, is_found
        for role in {expected, found} - {None}:
            yield f"{category}_roles", str(role), expected == role, found == role


def _choices(labels: Labels, answers: Labels) -> Iterator[tuple[str, bool]]:
    """Each single answer that is right or wrong: the role of a treatment found, the facts."""
    for tag, role in (labels.treatments or {}).items():
        if answers.treatments and tag in answers.treatments:
            yield "treatment_role", answers.treatments[tag] == role
    for key, value in labels.facts.items():
        yield key, answers.facts[key] == value


def _misses(labelled: Labelled, findings: Findings, answers: Labels) -> Iterator[Miss]:
    labels, title = labelled.labels, labelled.article.title
    pairs = (
        ("treatment", labels.treatments, answers.treatments or {}, findings.treatments),
        ("organ", labels.organs, answers.organs or {}, findings.organs),
    )
    for what, wanted, got, proofs in pairs:
        for tag in sorted(wanted.keys() | got.keys()) if wanted is not None else ():
            if wanted is not None and wanted.get(tag) != got.get(tag):
                sentence = _sentence(proofs, tag) or title
                yield Miss(labelled.id, what, tag, wanted.get(tag), got.get(tag), sentence)
    if labels.topics is not None:
        for topic in sorted(labels.topics ^ (answers.topics or frozenset())):
            fact = next((one for one in findings.facts.topics if one.value == topic), None)
            expected = topic if topic in labels.topics else None
            got_topic = topic if fact else None
            yield Miss(labelled.id, "topic", topic, expected, got_topic, _proof(fact) or title)
    for key, value in labels.facts.items():
        if answers.facts[key] != value:
            sentence = _proof(_fact(findings, key)) or title
            yield Miss(labelled.id, key, "", value, answers.facts[key], sentence)


def _fact(findings: Findings, key: str) -> Fact | None:
    facts = findings.facts
    return {"study_type": facts.study_type, "patients": facts.patients, "outcome": facts.outcome}[
        key
    ]


def _sentence(findings: Sequence[Finding], tag: str) -> str:
    return next((one.evidence[0].sentence for one in findings if one.tag.id == tag), "")


def _proof(fact: Fact | None) -> str:
    return fact.evidence[0].sentence if fact and fact.evidence else ""


# ---- figures -------------------------------------------------------------------------------------


class _Tally:
    """What was right, extra and missed, by record."""

    def __init__(self) -> None:
        self.counts: dict[int, list[int]] = {}

    def add(self, record: int, *, is_expected: bool, is_found: bool) -> None:
        """Counts one tag of one record."""
        if is_expected or is_found:
            kind = 0 if is_expected and is_found else 1 if is_found else 2
            self.counts.setdefault(record, [0, 0, 0])[kind] += 1

    def found(self, weights: Sequence[Sequence[int]]) -> Found:
        """The figures, over the resamples of the records."""
        right, extra, missed = (
            sum(count[kind] for count in self.counts.values()) for kind in range(3)
        )
        return Found(
            precision=wilson(right, right + extra),
            recall=wilson(right, right + missed),
            f1=self._f1(2 * right, 2 * right + extra + missed, weights),
            right=right,
            extra=extra,
            missed=missed,
        )

    def _f1(self, above: int, below: int, weights: Sequence[Sequence[int]]) -> Estimate | None:
        """F1 = 2 right / (2 right + extra + missed), with the percentiles of its resamples."""
        if not below:
            return None
        parts = [
            (record, 2 * right, 2 * right + extra + missed)
            for record, (right, extra, missed) in self.counts.items()
        ]
        drawn = []
        for weight in weights:
            total = sum(weight[record] * part for record, _, part in parts)
            if total:
                drawn.append(sum(weight[record] * part for record, part, _ in parts) / total)
        drawn.sort()
        low, high = (drawn[round(share * (len(drawn) - 1))] for share in (0.025, 0.975))
        return Estimate(above / below, low, high)


def _resamples(records: int) -> list[list[int]]:
    """How often each record is drawn in each resample; the same for all figures."""
    random, weights = Random(SEED), []
    for _ in range(RESAMPLES):
        weight = [0] * records
        for record in random.choices(range(records), k=records) if records else ():
            weight[record] += 1
        weights.append(weight)
    return weights


def _share(answers: Mapping[bool, int]) -> Share:
    right, wrong = answers.get(True, 0), answers.get(False, 0)
    return Share(wilson(right, right + wrong), right, right + wrong)


def wilson(right: int, of: int) -> Estimate | None:
    """A proportion with Wilson's 95 % interval; None of nothing."""
    if not of:
        return None
    share, square = right / of, Z * Z
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = Z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half))
