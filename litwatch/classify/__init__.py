"""The tagger: an article and the rules -> findings, each with its proof. Pure, and in rule order.

match -> hits, clauses and context -> roles, reconcile -> their sum, facts -> what the article is.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from litwatch.classify.context import mentions
from litwatch.classify.echoes import find_echo
from litwatch.classify.facts import find_facts
from litwatch.classify.match import Hit, find_hits
from litwatch.classify.passages import passages
from litwatch.classify.reconcile import Mention, strongest
from litwatch.classify.rules import Rule, RuleCategory, Ruleset
from litwatch.models import Article, Category, Evidence, Finding, Findings, Tag

__all__ = ["classify"]


def classify(article: Article, ruleset: Ruleset) -> Findings:
    """All that the rules find in the article."""
    hits = find_hits(article, ruleset)
    sentences = passages(article)
    echo = find_echo(sentences)
    topics = tuple(hit for hit in hits if hit.category == "topic")
    facts = find_facts(article, sentences, topics, echo)
    patients = int(facts.patients.value) if facts.patients else 0
    is_ours = bool(topics) or not article.title
    found = mentions(article, sentences, hits, ruleset, echo, patients, is_ours=is_ours)
    grouped = _by_tag(found)
    return Findings(
        treatments=tuple(_findings(grouped, ruleset, "treatment", is_ours=is_ours)),
        organs=tuple(_findings(grouped, ruleset, "organ", is_ours=is_ours)),
        facts=facts,
    )


def _by_tag(found: Sequence[Mention]) -> dict[tuple[RuleCategory, str], list[Mention]]:
    """The mentions of each tag; a regimen names a drug only where the drug is not named itself."""
    own = {_place(mention.hit) for mention in found if len(mention.hit.tags) == 1}
    grouped: dict[tuple[RuleCategory, str], list[Mention]] = defaultdict(list)
    for mention in found:
        hit = mention.hit
        for tag in hit.tags:
            if len(hit.tags) == 1 or not _is_named(hit, tag, own):
                grouped[hit.category, tag].append(mention)
    return grouped


Place = tuple[str, str, int, int, int]


def _place(hit: Hit) -> Place:
    return hit.tags[0], hit.field, hit.index, hit.start, hit.end


def _is_named(hit: Hit, tag: str, own: set[Place]) -> bool:
    """Whether the drug is spelt out within the name of the regimen."""
    return any(
        other[:3] == (tag, hit.field, hit.index) and hit.start <= other[3] and other[4] <= hit.end
        for other in own
    )


@lru_cache(maxsize=8)
def _places(ruleset: Ruleset) -> dict[tuple[RuleCategory, str], int]:
    """Where each rule stands in rule order."""
    return {(rule.category, rule.id): place for place, rule in enumerate(ruleset.rules)}


def _findings(
    found: dict[tuple[RuleCategory, str], list[Mention]],
    ruleset: Ruleset,
    category: Category,
    *,
    is_ours: bool,
) -> Iterator[Finding]:
    """One finding a tag, in rule order: the mention that earned the role, then the others.

    A general word that only repeats is left out, unless the article is on another disease, where
    every treatment is only mentioned.
    """
    places = _places(ruleset)
    own = [key for key in found if key[0] == category and key in places]
    for key in sorted(own, key=places.__getitem__):
        rule, of_tag = ruleset.rules[places[key]], found[key]
        decisive = strongest(of_tag, category)
        repeats = is_ours and _only_repeats(rule, decisive)
        if repeats and any((category, one) in found for one in rule.covers):
            continue
        proofs = [decisive.evidence, *(mention.evidence for mention in of_tag)]
        tag = Tag(category, rule.id, rule.label, rule.group if category == "treatment" else "")
        yield Finding(tag, decisive.role, _unique(proofs))


def _only_repeats(rule: Rule, decisive: Mention) -> bool:
    """Whether a general word says nothing of its own: only mentioned, or only in the index."""
    is_listed = decisive.hit.field in ("mesh", "chemicals", "keywords")
    return bool(rule.covers) and (decisive.role == "mentioned" or is_listed)


def _unique(proofs: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(proofs))
