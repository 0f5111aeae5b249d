"""The cue files of facts: every cue finds its own examples, and nothing in them is misspelt."""

import re
import tomllib
from importlib.resources import files
from typing import get_args

import pytest

from litwatch.classify.fact_cues import TEXT_FIELDS, FactCue, fact_cues, tables
from litwatch.classify.numerals import marked
from litwatch.classify.passages import Part
from litwatch.classify.text import normalise
from litwatch.models import Field

FILES = ("facts.toml", "study_types.toml")
CUES = [
    pytest.param(cue, id=f"{table}-{cue.id}")
    for file in FILES
    for table in tables(file)
    for cue in fact_cues(file, table)
]
KEYS = {"id", "value", "pattern", "fields", "matches", "ignores", "note"}
STUDY_TYPES = {"case_report", "case_series", "cohort", "trial", "review", "guideline", "letter"}
STUDY_TYPES |= {"basic_science", "other"}
OUTCOMES = {"response", "partial", "none", "relapse", "died"}
VALUES = {
    "patients": {"reported", "total", "some", "total_of_part", "sexes", "pair"},
    "single": {"aged", "case", "numbered", "the"},
    "literature": {"inside", "before", "after", "sentence"},
    "outcome": OUTCOMES | {"skip", "kept", "left", "worse", "mixed"},
    "outcome_title": OUTCOMES,
    "quantity": {"all", "part", "part_before", "share"},
    "topic": {"not_before", "not_after", "list_before", "own_before", "own_after"},
    "part": set(get_args(Part)),
    "sex": {"m", "f"},
    "echo": {"notice", "comment", "own"},
    "general": {"background"},
    "own": {"own"},
    "people": {"people"},
    "modal": {"modal"},
    "therapy": {"therapy"},
    "conclusion": {"conclusion"},
    "decisive": STUDY_TYPES,
    "hint": STUDY_TYPES | {"series", "molecular"},
}
"""What the code understands, by table."""


def found(cue: FactCue, example: str) -> bool:
    return any(cue.find_in(marked(normalise(example).text)))


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_finds_its_examples(cue: FactCue) -> None:
    assert [example for example in cue.matches if not found(cue, example)] == []


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_leaves_its_counter_examples_alone(cue: FactCue) -> None:
    assert [example for example in cue.ignores if found(cue, example)] == []


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_has_examples_of_both_kinds(cue: FactCue) -> None:
    assert cue.matches
    assert cue.ignores


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_looks_in_fields_that_exist(cue: FactCue) -> None:
    assert cue.fields
    assert set(cue.fields) <= set(get_args(Field))


@pytest.mark.parametrize(
    ("file", "table"), [(file, table) for file in FILES for table in tables(file)]
)
def test_a_table_says_only_what_the_code_understands(file: str, table: str) -> None:
    assert {cue.value for cue in fact_cues(file, table)} <= VALUES[table]


@pytest.mark.parametrize("file", FILES)
def test_no_key_is_misspelt_and_no_id_given_twice(file: str) -> None:
    text = (files("litwatch.classify") / "rules" / file).read_text(encoding="utf-8")
    document = tomllib.loads(text)
    entries = [entry for table in tables(file) for entry in document[table]]

    assert {key for entry in entries for key in entry} <= KEYS
    for table in tables(file):
        ids = [entry["id"] for entry in document[table]]
        assert len(ids) == len(set(ids)), table


def test_a_pattern_without_fields_is_looked_for_in_all_text() -> None:
    assert fact_cues("facts.toml", "outcome")[0].fields == TEXT_FIELDS


def test_a_number_in_a_pattern_is_never_a_part_of_a_number() -> None:
    cue = next(cue for cue in fact_cues("facts.toml", "patients") if cue.id == "series_of_bare_n")

    assert re.search(r"{\w", cue.pattern.pattern) is None
    assert not found(cue, "a cohort of 30-year-olds")
    assert found(cue, "a cohort of 30, followed up")
