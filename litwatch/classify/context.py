"""The role of every mention: given, failed, cause; involved, excluded; or only mentioned.

`clauses` says what a mention means inside its sentence. Here the sentence gets its place in the
article: a definition in the first sentence is no finding, a pronoun ("All were ineffective") speaks
of the sentence before, a conclusion proposes what nobody was given, a title that names the cause
beats an abstract that tells how the drug was taken.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from litwatch.classify.anaphora import Anaphor, Told, anaphors, clause_heads
from litwatch.classify.clauses import Verdict, verdicts
from litwatch.classify.echoes import Echo
from litwatch.classify.indexing import indexed_role, is_survey
from litwatch.classify.match import Hit
from litwatch.classify.organs import blotted, organ_role
from litwatch.classify.passages import Sentence
from litwatch.classify.reconcile import ROLES, Mention, Rules, Whole, reconciled
from litwatch.classify.rules import Cue, Ruleset
from litwatch.classify.text import enclosing, sentences
from litwatch.models import Article, Evidence

_DRUG_ROLE = {"certain": "given"}  # every other sense is the role
_UNPROVEN = ("certain", "given", "failed", "withdrawn", "")  # general talk, where nobody is treated
_PLURALS = ("all", "both", "these", "they", "none", "neither", "each")
_TITLES = ("title", "vernacular_title")
_INDEX = ("mesh", "chemicals")
_PAST = (
    r"\b(?:was|were|had|did|became|began|came|fell|gave|got|grew|kept|left|led|made|rose|took|"
    r"went)\b"
)
_NARRATIVE = re.compile(
    rf"{_PAST}|\d ?(?:mg|g|ug|mcg|iu|units?|j|gy|cgy|ml)(?:/|\b)|"
    r"^(?!.*\b(?:is|are|can|may|might|should|could)\b).*[a-z]{2}ed\b"
)
"""The past tense or a dose: what a case report tells of its own patients."""
_OWN = re.compile(r"\b(?:ours?|her|his|here|this (?:patient|case|man|woman|girl|boy))\b")
_HARM_GAP = 60  # characters between a harm and the drug that caused it


@dataclass(frozen=True, slots=True)
class _Judged:
    """A hit with what its sentence says of it."""

    hit: Hit
    verdict: Verdict
    sentence: Sentence
    is_general: bool
    is_cited: bool


@dataclass(frozen=True, slots=True)
class _Cues:
    """The cues of a ruleset by what they speak of."""

    body: Mapping[str, tuple[Cue, ...]]
    title: Mapping[str, tuple[Cue, ...]]
    previous: tuple[Cue, ...]
    case: tuple[Cue, ...]
    single: tuple[Cue, ...]
    animal: tuple[Cue, ...]
    literature: tuple[Cue, ...]
    several: tuple[Cue, ...]
    rules: Rules


@lru_cache(maxsize=8)
def _cues(ruleset: Ruleset) -> _Cues:
    within = [cue for cue in ruleset.cues if cue.direction != "previous"]
    return _Cues(
        body={
            about: tuple(cue for cue in within if cue.about == about and not cue.only_title)
            for about in ROLES
        },
        title={about: tuple(cue for cue in within if cue.about == about) for about in ROLES},
        previous=tuple(cue for cue in ruleset.cues if cue.direction == "previous"),
        case=tuple(cue for cue in ruleset.cues if cue.role == "case"),
        single=tuple(cue for cue in ruleset.cues if cue.role == "single"),
        animal=tuple(cue for cue in ruleset.cues if cue.role == "animal"),
        literature=tuple(cue for cue in ruleset.cues if cue.role == "literature"),
        several=tuple(cue for cue in ruleset.cues if cue.role == "several"),
        rules={(rule.category, rule.id): rule for rule in ruleset.rules},
    )


def mentions(
    article: Article,
    passages: Sequence[Sentence],
    hits: Sequence[Hit],
    ruleset: Ruleset,
    echo: Echo = "",
    patients: int = 0,
    *,
    is_ours: bool = True,
) -> tuple[Mention, ...]:
    """Every hit of a treatment or an organ that means something, with its role and its proof.

    `patients` is the number of the article's own, 0 where it has none or does not say; `is_ours`
    where it is on a disease that the rules know.
    """
    cues = _cues(ruleset)
    by_place: dict[tuple[str, int], list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.category in ROLES:
            by_place[hit.field, hit.index].append(hit)
    judged = list(_judged(passages, by_place, cues, is_single=patients == 1))
    is_single = patients == 1 or any(_is_any(cues.single, one.sentence) for one in judged)
    has_patients = patients > 0 or is_single
    told = _from_text(judged, is_survey=is_survey(article), has_patients=has_patients)
    found = [*told, *_from_lists(article, by_place)]
    whole = Whole(is_single=is_single, has_patients=has_patients, is_ours=is_ours)
    return reconciled(found, cues.rules, echo, whole)


# ---- sentences -----------------------------------------------------------------------------------


def _judged(
    passages: Sequence[Sentence],
    by_place: Mapping[tuple[str, int], Sequence[Hit]],
    cues: _Cues,
    *,
    is_single: bool,
) -> Iterator[_Judged]:
    """The hits of titles and abstracts with what their sentences say of them.

    In the report of a single patient, what is told of several is told of others.
    """
    of_others = (*cues.literature, *cues.several) if is_single else cues.literature
    before: list[_Judged] = []
    is_first = True
    is_laboratory = any(_is_any(cues.animal, one) for one in passages if one.field in _TITLES)
    for sentence in passages:
        if sentence.part == "indexing":
            continue
        inside = [
            hit
            for hit in by_place.get((sentence.field, sentence.index), ())
            if sentence.start <= hit.start < sentence.end
        ]
        is_general = is_laboratory or (bool(inside) and _is_any(cues.animal, sentence))
        if sentence.field not in _TITLES:
            is_first = is_first and sentence.part == "plain"
            is_general = is_general or _is_general(sentence, cues, is_first=is_first)
            is_first = False
        follows = bool(before) and before[0].sentence.field == sentence.field
        first = _first_end(sentence, inside, before if follows else ())
        words = tuple(anaphors(sentence.normal.text, first))
        read, said = _read(sentence, inside, words, cues)
        is_cited = any(map(_is_drug, inside)) and _is_of_others(of_others, sentence)
        here = [
            _Judged(hit, _as_before(verdict, before), sentence, is_general, is_cited)
            for hit, verdict in read
        ]
        for told in (*_openings(sentence, inside, first, cues), *said):
            if any(_is_drug(one.hit) and _ends(one) <= told.start for one in here):
                here = _retold(here, told, told.start)
            elif follows:
                before = _retold(before, told, is_general=is_general)
        yield from before
        before = here
    yield from before


def _is_general(sentence: Sentence, cues: _Cues, *, is_first: bool) -> bool:
    """Whether the sentence speaks of the disease at large, not of the article's patients."""
    if sentence.part == "literature":
        return True
    if not is_first and sentence.part != "background":
        return False
    return not _is_any(cues.case, sentence)


def _is_of_others(cues: Iterable[Cue], sentence: Sentence) -> bool:
    """Whether the sentence tells of other authors' patients, and does not come back to its own."""
    text = sentence.normal.text
    found = (cue.pattern.search(text) for cue in cues)
    return any(one is not None and not _OWN.search(text, one.end()) for one in found)


def _is_any(cues: Iterable[Cue], sentence: Sentence) -> bool:
    return any(cue.pattern.search(sentence.normal.text) for cue in cues)


def _read(
    sentence: Sentence, hits: Sequence[Hit], words: Sequence[Anaphor], cues: _Cues
) -> tuple[list[tuple[Hit, Verdict]], list[Told]]:
    """What the sentence says of each hit in it, and of what its pronouns stand for."""
    kinds = cues.title if sentence.field in _TITLES else cues.body
    read: list[tuple[Hit, Verdict]] = []
    told: list[Told] = []
    for category in ROLES:
        own = [hit for hit in hits if hit.category == category]
        spans = {_inside(sentence, hit) for hit in own}
        if category == "treatment":
            spans.update((word.start, word.end) for word in words)
        ordered = sorted(spans)
        text = sentence.normal.text
        if category == "organ":
            text = blotted(text, [_inside(sentence, hit) for hit in hits if _is_drug(hit)])
        said = verdicts(text, ordered, kinds[category])
        found = dict(zip(ordered, said, strict=True))
        for hit in own:
            span = _inside(sentence, hit)
            read.append((hit, _unblamed(found[span], sentence, span, hits)))
        if category == "treatment":
            told.extend(filter(None, (word.told(found[word.start, word.end]) for word in words)))
    return read, told


def _unblamed(
    verdict: Verdict, sentence: Sentence, span: tuple[int, int], hits: Sequence[Hit]
) -> Verdict:
    """The verdict on a drug; one that caused a harm, not the disease, was given.

    "A thalidomide-induced neuropathy", "a cataract caused by prednisone": the skin is the disease.
    """
    cue = verdict.cue
    if verdict.sense != "cause" or cue is None:
        return verdict
    text, (start, end) = sentence.normal.text, span
    for hit in hits:
        if hit.category == "organ" and "skin" not in hit.tags:
            first, last = _inside(sentence, hit)
            before, after = text[last:start], text[end:first]
            if (last <= start and len(before) <= _HARM_GAP and cue.pattern.search(before)) or (
                end <= first and len(after) <= _HARM_GAP and cue.pattern.match(after)
            ):
                return replace(verdict, sense="given")
    return verdict


def _inside(sentence: Sentence, hit: Hit) -> tuple[int, int]:
    """Where a hit stands in the normalised sentence."""
    return sentence.normal.find(hit.start - sentence.start, hit.end - sentence.start)


def _as_before(verdict: Verdict, before: Sequence[_Judged]) -> Verdict:
    """The verdict; "so did B" takes over that on the treatment named last before."""
    if verdict.sense != "same":
        return verdict
    return next((one.verdict for one in reversed(before) if _is_drug(one.hit)), Verdict())


# ---- pronouns ------------------------------------------------------------------------------------


def _first_end(sentence: Sentence, hits: Sequence[Hit], before: Sequence[_Judged]) -> int | None:
    """From where on the sentence can speak of a treatment named before; None: from nowhere."""
    if any(_is_drug(one.hit) for one in before):
        return 0
    return min((_inside(sentence, hit)[1] for hit in hits if _is_drug(hit)), default=None)


def _openings(
    sentence: Sentence, hits: Sequence[Hit], first: int | None, cues: _Cues
) -> Iterator[Told]:
    """What clauses that name no treatment say by their opening of those named before them."""
    if first is None:
        return
    text = sentence.normal.text
    drugs = [_inside(sentence, hit) for hit in hits if _is_drug(hit)]
    for start in clause_heads(text):
        for cue in cues.previous if start >= first else ():
            found = cue.pattern.match(text, start)
            if found and not any(start <= span[0] < found.end() for span in drugs):
                yield Told(
                    start, Verdict(cue.role, cue), is_plural=text.startswith(_PLURALS, start)
                )
                break


def _retold(
    judged: list[_Judged], told: Told, end: int | None = None, *, is_general: bool = True
) -> list[_Judged]:
    """The hits with what is told of the treatments among them, as far as they are still open.

    What a sentence on the article's patients tells is not general any more.
    """
    reached = [
        one for one in judged if _is_touched(one, told) and (end is None or _ends(one) <= end)
    ]
    meant = told.meant(tuple(dict.fromkeys(one.hit.rule for one in reached)))
    return [
        replace(one, verdict=told.verdict, is_general=is_general and one.is_general)
        if one in reached and one.hit.rule in meant
        else one
        for one in judged
    ]


def _is_touched(one: _Judged, told: Told) -> bool:
    """Whether what is told can be of this hit: of a treatment whose result is still open.

    What was given is not refused any more; what was refused can be accepted after all.
    """
    sense, cue = one.verdict.sense, one.verdict.cue
    is_told = cue is not None and cue.effect and told.verdict.sense != "withdrawn"
    if not _is_drug(one.hit) or is_told:
        return False
    others = {"considered": ("",), "certain": ("given", "considered", "")}
    return sense in ("mentioned", *others.get(told.verdict.sense, ("given", "")))


def _ends(one: _Judged) -> int:
    """Where a hit ends in its normalised sentence."""
    return _inside(one.sentence, one.hit)[1]


def _is_drug(hit: Hit) -> bool:
    return hit.category == "treatment"


# ---- roles ---------------------------------------------------------------------------------------


def _from_text(
    judged: Sequence[_Judged], *, is_survey: bool, has_patients: bool
) -> Iterator[Mention]:
    """The mentions of titles and abstracts, in reading order; a survey's results treat nobody."""
    roles = [
        _drug_role(one, has_patients=has_patients)
        if _is_drug(one.hit)
        else organ_role(one.hit, one.verdict.sense, one.sentence.part, one.is_general, one.is_cited)
        for one in judged
    ]
    given = {
        tag
        for one, role in zip(judged, roles, strict=True)
        if one.sentence.part != "conclusion" and not one.is_general and role == "given"
        for tag in one.hit.tags
    }
    for one, read in zip(judged, roles, strict=True):
        role = read
        if _is_drug(one.hit) and role == "given":
            if is_survey and not one.verdict.sense:
                role = "mentioned"
            elif one.sentence.part == "conclusion" and not given.intersection(one.hit.tags):
                role = "considered"
        yield Mention(
            one.hit,
            role,
            _evidence(one),
            is_said=one.verdict.cue is not None,
            has_effect=one.verdict.cue is not None and one.verdict.cue.effect,
            concludes=one.sentence.part == "conclusion",
            is_harm=one.verdict.sense == "adverse",
        )


def _drug_role(one: _Judged, *, has_patients: bool) -> str:
    """The role of a treatment by its sentence; empty where it is no treatment of this disease."""
    sense = one.verdict.sense
    if sense == "background":
        return ""
    if (one.is_general and sense in _UNPROVEN) or (one.is_cited and sense != "cause"):
        return "mentioned"
    if sense:
        return _DRUG_ROLE.get(sense, sense)
    part = one.sentence.part
    is_told = part in ("case", "methods") or (
        part == "plain" and has_patients and _NARRATIVE.search(one.sentence.normal.text)
    )
    return "given" if is_told else "mentioned"


def _evidence(one: _Judged) -> Evidence:
    """The proof of a hit in a title or an abstract."""
    hit, string = one.hit, one.sentence.string
    start, end = one.sentence.start, one.sentence.end
    if hit.end > end:
        start, end = enclosing(sentences(string), hit.start, hit.end)
    return _proof(hit, string, string[start:end])


def _proof(hit: Hit, string: str, sentence: str) -> Evidence:
    text = string[hit.start : hit.end]
    return Evidence(hit.field, hit.index, hit.start, hit.end, text, sentence, hit.rule)


def _from_lists(
    article: Article, by_place: Mapping[tuple[str, int], Sequence[Hit]]
) -> Iterator[Mention]:
    """The mentions of keywords, MeSH headings and substances."""
    for field, index, string in article.strings():
        if field not in ("keywords", *_INDEX):
            continue
        for hit in by_place.get((field, index), ()):
            role = "mentioned" if field == "keywords" else indexed_role(article, hit)
            if role and not hit.examination:
                yield Mention(hit, role, _proof(hit, string, string))
