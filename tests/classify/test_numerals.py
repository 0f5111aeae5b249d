"""Numbers in words and digits, in four languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.classify.numerals import MARK, marked, value_of
from litwatch.classify.text import normalise


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("34", 34),
        ("1,234", 1234),
        ("1.234", 1234),
        ("12 345", 12345),
        ("one", 1),
        ("nineteen", 19),
        ("thirty-four", 34),
        ("thirty four", 34),
        ("ninety-nine", 99),
        ("a hundred", 100),
        ("one hundred and twelve", 112),
        ("three hundred forty-five", 345),
        ("a dozen", 12),
        ("zwei", 2),
        ("vierundzwanzig", 24),
        ("fünfunddreißig", 35),
        ("vingt-trois", 23),
        ("soixante-douze", 72),
        ("quatre-vingt-dix", 90),
        ("veintidós", 22),
        ("treinta y tres", 33),
    ],
)
def test_a_number_is_read_as_it_is_written(written: str, number: int) -> None:
    text = normalise(written).text

    assert value_of(text) == number
    assert marked(text) == MARK * len(text)


@pytest.mark.parametrize("written", ["", "several", "hundred and", "one hundred and several"])
def test_what_spells_no_number_has_no_value(written: str) -> None:
    assert value_of(written) is None


def test_an_article_before_a_noun_counts_one() -> None:
    assert value_of("a") == 1


@pytest.mark.parametrize(
    "text",
    ["12%", "12 %", "21 per cent", "3.5 mg", "covid-19", "igg4", "84-74-2", "once", "the second"],
)
def test_a_percentage_a_decimal_and_a_name_are_no_number(text: str) -> None:
    assert marked(text) == text


def test_a_number_is_blotted_out_in_its_place() -> None:
    text = "13/31 patients aged 18-65 or 70; n=7"

    assert marked(text) == "##/## patients aged 18-65 or ##; n=#"


@given(st.integers(min_value=0, max_value=999_999))
def test_a_thousands_separator_changes_nothing(number: int) -> None:
    assert value_of(f"{number:,}") == number == value_of(str(number))


@given(st.text(alphabet="abcdefgh hundred one-two 0123456789,.%#", max_size=40))
def test_marking_keeps_every_offset(text: str) -> None:
    assert len(marked(text)) == len(text)
