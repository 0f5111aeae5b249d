"""The role of every mention: given, failed, cause; involved, excluded; or only mentioned.

`clauses` says what a mention means inside its sentence. Here the sentence gets its place in the
article: a definition in the first sentence is no finding, a pronoun ("All were ineffective") speaks
of the sentence before, a conclusion proposes what nobody was given, a title that names the cause
beats an abstract that tells how the drug was taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from litwatch.classify.clauses import Verdict, verdicts
from litwatch.classify.echoes import Echo
from litwatch.classify.indexing import indexed_role, is_survey
from litwatch.classify.match import Hit
from litwatch.classify.passages import Sentence
from litwatch.classify.reconcile import ROLES, Mention, Rules, reconciled
from litwatch.classify.rules import Cue, Ruleset
from litwatch.classify.text import enclosing, sentences
from litwatch.models import Article, Evidence

_ORGAN_ROLE = {"involved": "involved", "excluded": "excluded"}  # every other sense: mentioned
_UNPROVEN = ("given", "failed", "withdrawn", "")  # general talk, where nobody is treated
_PLURALS = ("all", "both", "these", "they", "none", "neither", "each")
_TITLES = ("title", "vernacular_title")
_INDEX = ("mesh", "chemicals")
_HARM_GAP = 60  # characters between a harm and the drug that caused it


@dataclass(frozen=True, slots=True)
class _Judged:
    """A hit with what its sentence says of it."""

    hit: Hit
    verdict: Verdict
    sentence: Sentence
    is_general: bool


@dataclass(frozen=True, slots=True)
class _Cues:
    """The cues of a ruleset by what they speak of."""

    body: Mapping[str, tuple[Cue, ...]]
    title: Mapping[str, tuple[Cue, ...]]
    previous: tuple[Cue, ...]
    case: tuple[Cue, ...]
    single: tuple[Cue, ...]
    animal: tuple[Cue, ...]
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
        rules={(rule.category, rule.id): rule for rule in ruleset.rules},
    )


def mentions(
    article: Article,
    passages: Sequence[Sentence],
    hits: Sequence[Hit],
    ruleset: Ruleset,
    echo: Echo = "",
) -> tuple[Mention, ...]:
    """Every hit of a treatment or an organ that means something, with its role and its proof."""
    cues = _cues(ruleset)
    by_place: dict[tuple[str, int], list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.category in ROLES:
            by_place[hit.field, hit.index].append(hit)
    judged = list(_judged(passages, by_place, cues))
    is_single = any(_is_any(cues.single, one.sentence) for one in judged)
    found = [*_from_text(judged, is_survey=is_survey(article)), *_from_lists(article, by_place)]
    return reconciled(found, cues.rules, echo, is_single=is_single)


# ---- sentences -----------------------------------------------------------------------------------


def _judged(
    passages: Sequence[Sentence], by_place: Mapping[tuple[str, int], Sequence[Hit]], cues: _Cues
) -> Iterator[_Judged]:
    """The hits of titles and abstracts with what their sentences say of them."""
    before: list[_Judged] = []
    is_first = True
    for sentence in passages:
        if sentence.part == "indexing":
            continue
        inside = [
            hit
            for hit in by_place.get((sentence.field, sentence.index), ())
            if sentence.start <= hit.start < sentence.end
        ]
        is_general = bool(inside) and _is_any(cues.animal, sentence)
        if sentence.field not in _TITLES:
            is_first = is_first and sentence.part == "plain"
            is_general = is_general or _is_general(sentence, cues, is_first=is_first)
            is_first = False
        before = _told(before, sentence, inside, cues)
        yield from before
        before = [
            _Judged(hit, verdict, sentence, is_general)
            for hit, verdict in _read(sentence, inside, cues)
        ]
    yield from before


def _is_general(sentence: Sentence, cues: _Cues, *, is_first: bool) -> bool:
    """Whether the sentence speaks of the disease at large, not of the article's patients."""
    if sentence.part == "literature":
        return True
    if not is_first and sentence.part != "background":
        return False
    return not _is_any(cues.case, sentence)


def _is_any(cues: Iterable[Cue], sentence: Sentence) -> bool:
    return any(cue.pattern.search(sentence.normal.text) for cue in cues)


def _read(sentence: Sentence, hits: Sequence[Hit], cues: _Cues) -> Iterator[tuple[Hit, Verdict]]:
    """What the sentence says of each hit in it."""
    kinds = cues.title if sentence.field in _TITLES else cues.body
    for category in ROLES:
        own = [hit for hit in hits if hit.category == category]
        spans = sorted({_inside(sentence, hit) for hit in own})
        found = dict(
            zip(spans, verdicts(sentence.normal.text, spans, kinds[category]), strict=True)
        )
        for hit in own:
            span = _inside(sentence, hit)
            yield hit, _unblamed(found[span], sentence, span, hits)


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


def _told(
    before: list[_Judged], sentence: Sentence, hits: Sequence[Hit], cues: _Cues
) -> list[_Judged]:
    """The treatments of the sentence before, with what this one's opening says of them."""
    text = sentence.normal.text
    open_ended = [one for one in before if one.verdict.sense in ("given", "") and _is_drug(one.hit)]
    if not open_ended or before[0].sentence.field != sentence.field:
        return before
    for cue in cues.previous:
        told = cue.pattern.match(text)
        if told is None or any(
            _is_drug(hit) and _inside(sentence, hit)[0] < told.end() for hit in hits
        ):
            continue
        concerned = open_ended if text.startswith(_PLURALS) else open_ended[-1:]
        return [
            replace(one, verdict=Verdict(cue.role, cue)) if one in concerned else one
            for one in before
        ]
    return before


def _is_drug(hit: Hit) -> bool:
    return hit.category == "treatment"


# ---- roles ---------------------------------------------------------------------------------------


def _from_text(judged: Sequence[_Judged], *, is_survey: bool) -> Iterator[Mention]:
    """The mentions of titles and abstracts, in reading order; a survey's results treat nobody."""
    given = {
        tag
        for one in judged
        if one.sentence.part != "conclusion" and not one.is_general and _drug_role(one) == "given"
        for tag in one.hit.tags
    }
    for one in judged:
        if _is_drug(one.hit):
            role = _drug_role(one)
            if is_survey and role == "given" and not one.verdict.sense:
                role = "mentioned"
            if one.sentence.part == "conclusion" and role == "given":
                role = "given" if given.intersection(one.hit.tags) else "considered"
        else:
            role = _organ_role(one)
        yield Mention(
            one.hit,
            role,
            _evidence(one),
            is_said=one.verdict.cue is not None,
            has_effect=one.verdict.cue is not None and one.verdict.cue.effect,
            concludes=one.sentence.part == "conclusion",
        )


def _drug_role(one: _Judged) -> str:
    """The role of a treatment by its sentence; empty where it is no treatment of this disease."""
    sense = one.verdict.sense
    if sense == "background":
        return ""
    if one.is_general and sense in _UNPROVEN:
        return "mentioned"
    if sense:
        return sense
    return "given" if one.sentence.part in ("case", "methods") else "mentioned"


def _organ_role(one: _Judged) -> str:
    """The role of an organ by its sentence."""
    sense = one.verdict.sense
    if one.hit.examination:
        return "excluded" if sense == "excluded" else ""
    if one.is_general and sense != "excluded":
        return "mentioned"
    if sense:
        return _ORGAN_ROLE.get(sense, "mentioned")
    return "mentioned" if one.sentence.part == "conclusion" else "involved"


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
