"""Articles whose title repeats another's: retractions, errata, concerns, comments, replies.

A notice treats nobody: it has the topics of the paper it corrects, but no patients and no outcome.
A comment may tell a case of its own in its text, but its title speaks of somebody else's.
"""

from collections.abc import Sequence
from typing import Literal

from litwatch.classify.fact_cues import fact_cues
from litwatch.classify.passages import Sentence

Echo = Literal["", "notice", "comment"]


def find_echo(sentences: Sequence[Sentence]) -> Echo:
    """What kind of echo the article is, by its publication types and its title; mostly none."""
    found = {
        cue.value
        for cue in fact_cues("study_types.toml", "echo")
        for sentence in sentences
        if sentence.field in cue.fields and cue.pattern.search(sentence.text)
    }
    if "notice" in found:
        return "notice"
    return "comment" if "comment" in found and "own" not in found else ""


def own_words(sentences: Sequence[Sentence], echo: Echo) -> tuple[Sentence, ...]:
    """The sentences that can tell of the article's own patients."""
    if echo == "notice":
        return ()
    return tuple(one for one in sentences if not (echo == "comment" and one.part == "title"))
