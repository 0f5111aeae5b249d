"""The sentence in which the authors conclude.

It is the first of the section that is labelled so, or else the last one of the abstract that opens
as conclusions do (`[[conclusion]]` in `rules/facts.toml`).
"""

from collections.abc import Sequence

from litwatch.classify.fact_cues import fact_cues
from litwatch.classify.passages import Sentence
from litwatch.models import Fact

_LABELLED = "conclusion_section"


def find_conclusion(sentences: Sequence[Sentence]) -> Fact | None:
    """The authors' conclusion in their own words; None where the abstract has none that shows."""
    own = [sentence for sentence in sentences if sentence.field == "abstract"]
    labelled = next((sentence for sentence in own if sentence.part == "conclusion"), None)
    if labelled:
        return _fact(labelled, _LABELLED)
    for sentence in reversed(own):
        for cue in fact_cues("facts.toml", "conclusion"):
            if cue.pattern.search(sentence.text):
                return _fact(sentence, cue.id)
    return None


def _fact(sentence: Sentence, rule: str) -> Fact:
    evidence = sentence.evidence(0, len(sentence.normal.text), rule)
    return Fact(evidence.sentence, (evidence,))
