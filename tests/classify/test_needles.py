"""The words a cue cannot match without."""

import pytest

from litwatch.classify.fact_cues import FactCue, fact_cues, tables
from litwatch.classify.needles import Sieve, needles
from litwatch.classify.rules import Cue, load_ruleset

CUES = load_ruleset().cues
FACT_CUES = [
    cue
    for file in ("facts.toml", "study_types.toml")
    for table in tables(file)
    for cue in fact_cues(file, table)
]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bno evidence\b", {"no evidence"}),
        (r"\b(?:induced|caused) (?:by|durch)\b", {"induced", "caused"}),
        (r"\b(?:was|were) not(?: in| an?)*\b", {" not"}),
        (r"colou?r", {"colo"}),
        (r"(?:ab|cd)+e*", {"ab", "cd"}),
        (r"\bhistory(?<!year history) of", {"history of"}),
        (r"(?:spared)?\d+", set()),
        (r"spared|\d+", set()),
        (r"[ab]c?", set()),
    ],
)
def test_the_longest_words_that_every_match_holds_are_found(pattern: str, words: set[str]) -> None:
    assert needles(pattern) == words


def test_a_sieve_lets_pass_what_may_match_and_what_has_no_words() -> None:
    sieve = Sieve([r"\bdysphagia\b", r"\d+", r"(?:heart|lung)s?"])
    assert sieve.passed("the lungs") == [1, 2]
    assert sieve.passed("dysphagia") == [0, 1]


@pytest.mark.parametrize("cue", [*CUES, *FACT_CUES], ids=lambda cue: cue.id)
def test_a_cue_s_words_stand_in_its_matches(cue: Cue | FactCue) -> None:
    words = needles(cue.pattern.pattern)
    found = [match[0] for text in cue.matches for match in cue.pattern.finditer(text.lower())]
    assert not words or all(any(word in match for word in words) for match in found)
