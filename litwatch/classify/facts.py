"""What an article is: its topics, the kind of study, how many patients, and how they fared.

Each fact is None rather than a guess, and carries the words that prove it. The cues are data
(`rules/study_types.toml`, `rules/facts.toml`); the modules beside this one say how they weigh.
"""

from collections.abc import Sequence

from litwatch.classify.conclusion import find_conclusion
from litwatch.classify.echoes import Echo, own_words
from litwatch.classify.match import Hit
from litwatch.classify.outcome import find_outcome
from litwatch.classify.passages import Sentence
from litwatch.classify.patients import Count, count_patients
from litwatch.classify.study_type import find_study_type
from litwatch.classify.topics import find_topics
from litwatch.models import Article, Fact, Facts

_OF_OTHERS = ("review", "guideline", "other")
"""Articles whose counted patients are other authors', unless they present cases of their own."""


def find_facts(
    article: Article, sentences: Sequence[Sentence], topic_hits: Sequence[Hit], echo: Echo = ""
) -> Facts:
    """The facts of the article; `topic_hits` are the hits of the topic rules in it."""
    own = own_words(sentences, echo)
    count = count_patients(own)
    study_type = find_study_type(sentences, count)
    kind = str(study_type.value) if study_type else None
    return Facts(
        topics=find_topics(article, topic_hits),
        study_type=study_type,
        patients=_patients(count, kind),
        outcome=find_outcome(own, count, study_type),
        conclusion=find_conclusion(sentences),
    )


def _patients(count: Count | None, kind: str | None) -> Fact | None:
    """The number of the article's own patients."""
    if count is None or kind == "basic_science":
        return None
    if kind in _OF_OTHERS and not count.is_announced:
        return None
    return Fact(count.number, count.evidence)
