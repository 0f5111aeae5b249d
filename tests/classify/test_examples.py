"""The rule files' own examples: all built-in ones hold, and one that does not is named."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from litwatch.classify.examples import Example, run_examples, run_fact_examples, without_examples
from litwatch.classify.rules import load_ruleset

ACID = """
[[treatment]]
id = "acid"
label = "Acid"
class = "topical_other"
terms = ["salicylic acid"]
"""
CUE = """
[[cue]]
id = "praised"
about = "treatment"
role = "given"
direction = "after"
words = ["(?:all )?was praised"]
"""


def failures(tmp_path: Path, text: str) -> Sequence[Example]:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    ruleset = load_ruleset([path])
    return [
        example
        for example in run_examples(ruleset)
        if example.fault and example.place.startswith(str(path))
    ]


def test_every_built_in_example_holds() -> None:
    examples = [*run_examples(load_ruleset()), *run_fact_examples()]

    assert [example for example in examples if example.fault] == []
    assert len(examples) > 1_000
    assert without_examples(load_ruleset()) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ACID + 'matches = ["Lactic acid."]\n', "the rule is not found"),
        (ACID + 'ignores = ["Salicylic acid."]\n', "the rule is found"),
        (CUE + 'matches = ["[IVIG] was praised."]\n', ""),
        (CUE + 'matches = ["[IVIG] was scorned."]\n', "nothing by no cue, not given by this cue"),
        (CUE + 'ignores = ["[IVIG] was praised."]\n', "the cue speaks"),
        (CUE + 'matches = ["IVIG was praised."]\n', "no mention stands in [brackets]"),
        (
            CUE.replace('"after"', '"previous"')
            + 'matches = ["She took [thalidomide]. All was praised."]\n',
            "",
        ),
        (
            CUE.replace('"given"', '"failed"').replace('"after"', '"previous"')
            + 'matches = ["She took [thalidomide]. It was adored."]\n',
            "given by no cue, not failed by this cue",
        ),
        (
            CUE.replace('"given"', '"failed"').replace('"after"', '"previous"')
            + 'ignores = ["She took [thalidomide]. All was praised."]\n',
            "the cue speaks",
        ),
        (
            CUE.replace('"treatment"', '"sentence"').replace('"given"', '"case"')
            + 'matches = ["Nobody was there."]\n',
            "the cue is not found",
        ),
        (
            CUE.replace('"treatment"', '"sentence"').replace('"given"', '"case"')
            + 'ignores = ["She was praised."]\n',
            "the cue speaks",
        ),
    ],
)
def test_an_example_that_does_not_hold_says_why(tmp_path: Path, text: str, fault: str) -> None:
    failed = failures(tmp_path, text)

    assert [example.fault.startswith(fault) for example in failed] == [True] * bool(fault)
    assert [example.place.partition(": ")[0] for example in failed] == [
        f"{tmp_path}/own.toml:2"
    ] * bool(fault)


def test_a_rule_and_a_cue_without_examples_are_named(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(ACID + CUE)

    assert without_examples(load_ruleset([path])) == (
        f"{path}:2: treatment acid",
        f"{path}:8: cue praised",
    )
