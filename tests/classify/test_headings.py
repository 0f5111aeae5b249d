"""Headings are read in the order of speech, and those of diseases are told by their noun."""

import pytest

from litwatch.classify.headings import names_disease, spoken


def test_a_heading_is_turned_round_at_its_commas() -> None:
    assert spoken("Heart Failure, Diastolic") == "Diastolic Heart Failure"
    assert spoken("Leukemia, Myeloid, Acute") == "Acute Myeloid Leukemia"
    assert spoken("Asthma") == "Asthma"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("diastolic heart failure", True),
        ("mitochondrial myopathies", True),
        ("facial dermatoses", True),
        ("renal artery obstruction", True),
        ("feline leukemia virus", False),
        ("salmonella vaccines", False),
        ("chemical depression", False),
        ("cytoplasmic vesicles", False),
    ],
)
def test_the_noun_tells_a_disease(words: str, expected: bool) -> None:
    assert names_disease(words) is expected
