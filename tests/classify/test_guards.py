"""Guards: a pattern that is not tried would have found nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.classify.fact_cues import fact_cues, fact_files, tables
from litwatch.classify.guards import Guard, Guarded, needed_words
from litwatch.classify.numerals import marked
from litwatch.classify.rules import load_ruleset
from litwatch.classify.text import normalise

RULESET = load_ruleset()
FACTS = [cue for file in fact_files() for table in tables(file) for cue in fact_cues(file, table)]
GUARDED = [cue.pattern for cue in (*RULESET.cues, *FACTS)]
EXAMPLES = [
    marked(normalise(re.sub(r"[\[\]]", "", example)).text)
    for cue in (*RULESET.cues, *FACTS)
    for example in (*cue.matches, *cue.ignores)
]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("treated with", {"treated with"}),
        (r"\btreated\b (?:with|by)\b", {"treated with", "treated by"}),
        (r"(?:refractory|resistant) to", {"refractory to", "resistant to"}),
        (r"fail(?:ed|ure)?", {"fail", "failed", "failure"}),
        (r"responded \w+ to", {"responded "}),
        (r"\w+ wa[sn] \w+", {" was ", " wan "}),
        (r"(?:no|without) (?:\w+ ){0,3}response", {"response"}),
        (r"(?:\w+ )+(?:men|women)", {"men", "women"}),
        (r"(?:treat\w+|therap\w+) failed", {" failed"}),
        (r"(?>given) up", {"given"}),
        (r"(?<!not )improved", {"improved"}),
        (r"improved(?! only)", {"improved"}),
        (r"colou?r", {"color", "colour"}),
        (r"a{2,3}", {"a"}),
        (r"\d+", set()),
        (r"given|\d+", set()),
        (r"(?:given)?", set()),
        (r"(?:given)*", set()),
        (r"(?i)given", set()),
        (r"(?i:given)", set()),
        (r"[^a]", set()),
        (r"", set()),
    ],
)
def test_a_pattern_needs_one_of_these_words(pattern: str, words: set[str]) -> None:
    assert needed_words(pattern) == words


def test_a_pattern_compiled_without_regard_to_case_needs_no_word() -> None:
    assert needed_words("Given", re.IGNORECASE) == frozenset()
    assert needed_words("Given", re.IGNORECASE, is_lower=True) == {"given"}


def test_nearly_every_cue_has_a_word_that_it_needs() -> None:
    without = [one.pattern for one in GUARDED if not needed_words(one.pattern)]

    assert len(without) < len(GUARDED) / 20


def spans(found: object) -> list[tuple[int, int]]:
    return [match.span() for match in found]  # type: ignore[attr-defined]


def assert_same(guarded: Guarded, text: str) -> None:
    plain = re.compile(guarded.pattern)
    first, at_start = plain.search(text), plain.match(text, 3)
    assert spans(guarded.finditer(text)) == spans(plain.finditer(text))
    assert spans(filter(None, [guarded.search(text)])) == spans(filter(None, [first]))
    assert spans(filter(None, [guarded.match(text, 3)])) == spans(filter(None, [at_start]))
    within = spans(filter(None, [guarded.search(text, 2, 20)]))
    assert within == spans(filter(None, [plain.search(text, 2, 20)]))
    assert spans(guarded.finditer(text, 2, 20)) == spans(plain.finditer(text, 2, 20))


@given(
    st.lists(st.one_of(st.sampled_from(EXAMPLES), st.text(max_size=9)), max_size=4).map(" ".join)
)
@settings(max_examples=60, deadline=None)
def test_a_guarded_cue_finds_what_its_pattern_finds(text: str) -> None:
    for guarded in GUARDED:
        assert_same(guarded, text)


def test_patterns_can_be_added_after_the_first_text() -> None:
    guard = Guard()
    first = guard.add("given")
    assert first.search("was given")
    second = guard.add(re.compile("stopped"))
    digits = guard.add(r"\d")

    assert second.search("was stopped")
    assert digits.search("5 mg")
    assert not first.search("was stopped")


def test_a_rule_drops_and_believes_what_its_patterns_find_in_normalised_text() -> None:
    patterns = [one for rule in RULESET.rules for one in (*rule.exclude, *rule.context)]
    texts = [normalise(text).text for rule in RULESET.rules for text in rule.ignores[:1]]

    assert len(patterns) > 300
    for pattern in patterns:
        plain = re.compile(pattern.pattern, re.IGNORECASE)
        for text in texts:
            assert spans(pattern.finditer(text)) == spans(plain.finditer(text))


def test_a_guard_of_no_words_tries_all() -> None:
    assert Guard().add(r"\d").search("5")
