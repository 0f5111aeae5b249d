"""The role of every mention: given, failed, cause; involved, excluded; or only mentioned.

`clauses` says what a mention means inside its sentence. Here the sentence gets its place in the
article: a definition in the first sentence is no finding, a pronoun ("All were ineffective") speaks
of the sentence before, a conclusion proposes what nobody was given, a title that names the cause
beats an abstract that tells how the drug was taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from litwatch.classify.clauses import Verdict, verdicts
from litwatch.classify.indexing import indexed_role
from litwatch.classify.match import Hit
from litwatch.classify.passages import Sentence, passages
from litwatch.classify.rules import Cue, Rule, Ruleset
from litwatch.classify.text import enclosing, sentences
from litwatch.models import ORGAN_ROLES, TREATMENT_ROLES, Article, Evidence

ROLES = {"treatment": TREATMENT_ROLES, "organ": ORGAN_ROLES}
"""The roles of each category, strongest first."""
_ORGAN_ROLE = {"involved": "involved", "excluded": "excluded"}  # every other sense: mentioned
_UNPROVEN = ("given", "failed", "withdrawn", "")  # general talk, where nobody is treated
_PLURALS = ("all", "both", "these", "they", "none", "neither", "each")
_TITLES = ("title", "vernacular_title")
_INDEX = ("mesh", "chemicals")
_Known = TypeVar("_Known")


@dataclass(frozen=True, slots=True)
class Mention:
    """A hit with its role and its proof; `has_effect` where the text states a result."""

    hit: Hit
    role: str
    evidence: Evidence
    is_said: bool = False
    has_effect: bool = False


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
    rules: Mapping[tuple[str, str], Rule]


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


def mentions(article: Article, hits: Sequence[Hit], ruleset: Ruleset) -> tuple[Mention, ...]:
    """Every hit of a treatment or an organ that means something, with its role and its proof."""
    cues = _cues(ruleset)
    by_place: dict[tuple[str, int], list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.category in ROLES:
            by_place[hit.field, hit.index].append(hit)
    judged = list(_judged(article, by_place, cues))
    found = [*_from_text(judged), *_from_lists(article, by_place)]
    if any(_is_any(cues.single, one.sentence) for one in judged):
        found = _corrected(found)
    found = _denied(_titled(found))
    capped = (_capped(mention, cues.rules) for mention in found)
    return tuple(mention for mention in capped if mention.role)


# ---- sentences -----------------------------------------------------------------------------------


def _judged(
    article: Article, by_place: Mapping[tuple[str, int], Sequence[Hit]], cues: _Cues
) -> Iterator[_Judged]:
    """The hits of titles and abstracts with what their sentences say of them."""
    before: list[_Judged] = []
    is_first = True
    for sentence in passages(article):
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
            yield hit, found[_inside(sentence, hit)]


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


def _from_text(judged: Sequence[_Judged]) -> Iterator[Mention]:
    """The mentions of titles and abstracts, in reading order."""
    given = {
        tag
        for one in judged
        if one.sentence.part != "conclusion" and not one.is_general and _drug_role(one) == "given"
        for tag in one.hit.tags
    }
    for one in judged:
        if _is_drug(one.hit):
            role = _drug_role(one)
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


# ---- one article ---------------------------------------------------------------------------------


def _corrected(found: list[Mention]) -> list[Mention]:
    """The mentions of a single case: a later failure corrects an earlier "was started".

    "She received X for four months. X was ineffective." is one course of treatment, and it failed.
    """
    last: dict[str, tuple[int, str]] = {}
    for place, mention in enumerate(found):
        if mention.is_said and mention.role in ("failed", "withdrawn"):
            last.update(dict.fromkeys(mention.hit.tags, (place, mention.role)))
    return [
        replace(mention, role=later[1])
        if _is_open(mention) and (later := _of_tags(mention, last)) and place < later[0]
        else mention
        for place, mention in enumerate(found)
    ]


def _is_open(mention: Mention) -> bool:
    """Whether the mention says that a treatment was given, and nothing of its result."""
    return (
        mention.hit.category == "treatment" and mention.role == "given" and not mention.has_effect
    )


def _of_tags(mention: Mention, known: Mapping[str, _Known]) -> _Known | None:
    """What is known of the first of the mention's tags of which anything is."""
    return next((known[tag] for tag in mention.hit.tags if tag in known), None)


def _titled(found: list[Mention]) -> list[Mention]:
    """The mentions under a title that names a treatment as cause or as failed.

    The index is silent where the text speaks: "therapeutic use" of a drug that failed is no news.
    """
    titled: dict[str, str] = {}
    said: set[str] = set()
    for mention in found:
        if _is_drug(mention.hit) and mention.role in ("cause", "failed", "withdrawn", "considered"):
            said.update(mention.hit.tags)
            if mention.hit.field in _TITLES and mention.role in ("cause", "failed"):
                titled.update(dict.fromkeys(mention.hit.tags, mention.role))
    return [_under_title(mention, titled, said) for mention in found]


def _under_title(mention: Mention, titled: Mapping[str, str], said: Set[str]) -> Mention:
    if not _is_open(mention):
        return mention
    if beaten := _of_tags(mention, titled):
        return replace(mention, role=beaten)
    if mention.hit.field in _INDEX and said & set(mention.hit.tags):
        return replace(mention, role="mentioned")
    return mention


def _denied(found: list[Mention]) -> list[Mention]:
    """The mentions without findings that no cue supports where another says they are absent."""
    absent = {
        tag
        for mention in found
        if mention.role == "excluded" and mention.is_said
        for tag in mention.hit.tags
    }
    return [
        replace(mention, role="mentioned")
        if _is_bare_finding(mention) and absent & set(mention.hit.tags)
        else mention
        for mention in found
    ]


def _is_bare_finding(mention: Mention) -> bool:
    """Whether nothing but its presence in an abstract speaks for a finding."""
    is_abstract = mention.hit.field in ("abstract", "other_abstract")
    return is_abstract and mention.role == "involved" and not mention.is_said


def _capped(mention: Mention, rules: Mapping[tuple[str, str], Rule]) -> Mention:
    """The mention with no stronger role than its rule allows; what is absent stays absent."""
    at_most = rules[mention.hit.category, mention.hit.rule].at_most
    return replace(mention, role=at_most) if at_most and mention.role == "involved" else mention


def strongest(found: Iterable[Mention], category: str) -> Mention:
    """The mention whose role decides; of equals the first."""
    order = ROLES[category]
    return min(found, key=lambda mention: order.index(mention.role))
