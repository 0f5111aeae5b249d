"""Which diseases an article is about: not every one that it names.

A disease in the title is the topic; failing that, one among the major MeSH headings; then one that
the abstract diagnoses, opens with or returns to; then any heading or keyword. A disease named only
for comparison, in a differential diagnosis or in a list is none, and beside a title that names its
disease the abstract adds only what it diagnoses. An umbrella word counts where nothing finer is
found, and a title about a look-alike (a rule that stands for no topic) admits no umbrella.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from litwatch.classify.fact_cues import fact_cues
from litwatch.classify.match import Hit
from litwatch.classify.numerals import marked
from litwatch.classify.text import enclosing, normalise, sentences
from litwatch.models import Article, Evidence, Fact

UMBRELLAS = frozenset({"cutaneous_mucinosis_umbrella", "lichen_myxedematosus"})
"""Rules whose words stand for a whole family: they yield to any finer topic."""
ANIMAL_RULE = "veterinary_mucinosis"

_Sense = Literal["not", "listed", "named", "own"]
_TITLES = ("title", "vernacular_title")
_ABSTRACTS = ("abstract", "other_abstract")


@dataclass(frozen=True, slots=True)
class _Mention:
    """A hit with what the words around it make of it; `opens` where it begins an abstract."""

    hit: Hit
    sense: _Sense
    opens: bool
    sentence: tuple[int, int]
    evidence: Evidence


def find_topics(article: Article, hits: Sequence[Hit]) -> tuple[Fact, ...]:
    """The topics of the article with their proof, from the hits of the topic rules."""
    strings = {(field, index): string for field, index, string in article.strings()}
    mentions = [_mention(strings[hit.field, hit.index], hit) for hit in hits]
    if _is_veterinary(article, mentions):
        return ()
    titled = [item for item in mentions if item.hit.field in _TITLES and item.sense != "not"]
    in_abstract = [item for item in mentions if item.hit.field in _ABSTRACTS]
    diagnosed = [item for item in in_abstract if item.sense == "own"]
    if any(item.hit.tags and not _is_umbrella(item) for item in titled):
        return _facts([*titled, *_finer(diagnosed)])
    levels = (
        [item for item in mentions if item.hit.field == "mesh" and _is_major(article, item)],
        diagnosed + _central(in_abstract),
        [item for item in mentions if item.hit.field in ("mesh", "chemicals", "keywords")],
    )
    is_of_another = any(not item.hit.tags for item in titled)
    for level in levels:
        if finer := _finer(level):
            return _facts(finer)
    umbrellas = [item for level in (titled, *levels) for item in level if _is_umbrella(item)]
    return () if is_of_another else _facts(umbrellas)


# ---- what a mention is worth ---------------------------------------------------------------------


def _mention(string: str, hit: Hit) -> _Mention:
    """The hit, read in its sentence."""
    start, end = enclosing(sentences(string), hit.start, hit.end)
    before = marked(normalise(string[start : hit.start]).text)
    after = marked(normalise(string[hit.end : end]).text)
    evidence = Evidence(
        hit.field,
        hit.index,
        hit.start,
        hit.end,
        string[hit.start : hit.end],
        string[start:end],
        hit.rule,
    )
    opens = not string[:start].strip() and len(before.split()) < _FEW_WORDS
    return _Mention(hit, _sense(hit, before, after), opens, (start, end), evidence)


_FEW_WORDS = 4
"""A disease named within so few words is the subject of its sentence."""


def _sense(hit: Hit, before: str, after: str) -> _Sense:
    """What the words before and after make of a disease's name."""
    if _says("not_before", before) or _says("not_after", after):
        return "not"
    if hit.field not in _TITLES and _says("list_before", before):
        return "listed"
    if _says("own_before", before) or _says("own_after", after):
        return "own"
    return "named"


def _says(value: str, text: str) -> bool:
    return any(
        cue.pattern.search(text) for cue in fact_cues("facts.toml", "topic") if cue.value == value
    )


def _is_umbrella(mention: _Mention) -> bool:
    return mention.hit.rule in UMBRELLAS


def _finer(mentions: Iterable[_Mention]) -> list[_Mention]:
    """The mentions of a topic that are no umbrella words."""
    return [item for item in mentions if item.hit.tags and not _is_umbrella(item)]


def _is_major(article: Article, mention: _Mention) -> bool:
    return article.mesh[mention.hit.index].major


def _central(mentions: Sequence[_Mention]) -> list[_Mention]:
    """The mentions of diseases that open the abstract, or that two sentences speak of."""
    plain = [item for item in mentions if item.sense == "named"]
    places: dict[str, set[tuple[str, int, tuple[int, int]]]] = {}
    for item in plain:
        for tag in item.hit.tags:
            place = (item.hit.field, item.hit.index, item.sentence)
            places.setdefault(tag, set()).add(place)
    return [
        item
        for item in plain
        if (item.opens and item.hit.index == 0)
        or any(len(places[tag]) > 1 for tag in item.hit.tags)
    ]


def _is_veterinary(article: Article, mentions: Iterable[_Mention]) -> bool:
    """Whether the article is about animals: their disease in the title, or no humans indexed."""
    animals = [item for item in mentions if item.hit.rule == ANIMAL_RULE]
    headings = {mesh.heading for mesh in article.mesh}
    return any(item.hit.field in _TITLES for item in animals) or (
        bool(animals) and "Animals" in headings and "Humans" not in headings
    )


# ---- mentions -> facts ---------------------------------------------------------------------------


def _facts(mentions: Sequence[_Mention]) -> tuple[Fact, ...]:
    """One fact a topic, in the order in which the topics are proved."""
    kept = _finer(mentions) or mentions
    proofs: dict[str, list[Evidence]] = {}
    for tag, mention in _tagged(kept):
        proofs.setdefault(tag, []).append(mention.evidence)
    return tuple(Fact(tag, tuple(evidence)) for tag, evidence in proofs.items())


def _tagged(mentions: Iterable[_Mention]) -> Iterator[tuple[str, _Mention]]:
    for mention in mentions:
        for tag in mention.hit.tags:
            yield tag, mention
