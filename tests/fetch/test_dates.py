"""Dates of publication as journals print them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.fetch import dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2018 Nov-Dec", date(2018, 11, 1)),
        ("1978 Sep-OCT", date(1978, 9, 1)),
        ("2019 Sep/Oct", date(2019, 9, 1)),
        ("1998 Dec-1999 Jan", date(1998, 12, 1)),
        ("1947-1948", date(1947, 1, 1)),
        ("Winter 1998-1999", date(1998, 1, 1)),
        ("2000 Spring-Summer", date(2000, 4, 1)),
        ("2003 Autumn", date(2003, 10, 1)),
        ("1998 Dec 15-31", date(1998, 12, 15)),
        ("2018 December 3", date(2018, 12, 3)),
        ("in press", None),
        ("", None),
        ("0000", None),
    ],
)
def test_free_text_gives_its_first_day(text: str, day: date | None) -> None:
    assert dates.free(text).day == day
    assert dates.free(text).text == text


@pytest.mark.parametrize(
    ("parts", "text", "day"),
    [
        (("2018", "Nov", "3"), "2018 Nov 3", date(2018, 11, 3)),
        (("2018", "11", "03"), "2018 Nov 3", date(2018, 11, 3)),
        (("2018", "Summer"), "2018 Summer", date(2018, 7, 1)),
        (("2022", "Apr-Jun"), "2022 Apr-Jun", date(2022, 4, 1)),
        (("2018",), "2018", date(2018, 1, 1)),
        (("2018", "Feb", "30"), "2018 Feb 30", date(2018, 2, 1)),
        (("2018", "13", "1"), "2018 13 1", date(2018, 1, 1)),
        (("0000", "1", "1"), "0000 Jan 1", None),
        (("", "Nov"), "Nov", None),
        ((" ²018", "x"), " ²018 x", None),
    ],
)
def test_a_date_in_parts_gives_its_first_day(
    parts: tuple[str, ...], text: str, day: date | None
) -> None:
    assert dates.printed(*parts).text == text
    assert dates.printed(*parts).day == day


@pytest.mark.parametrize(
    ("paper", "electronic", "best"),
    [
        (dates.printed("2018", "Nov"), date(2018, 9, 20), date(2018, 9, 20)),
        (dates.printed("2018", "Nov"), date(2018, 11, 20), date(2018, 11, 20)),
        (dates.printed("2018", "Nov"), date(2018, 12, 20), date(2018, 11, 1)),
        (dates.printed("2018", "Nov", "5"), date(2018, 11, 20), date(2018, 11, 5)),
        (dates.printed("2018"), date(2018, 6, 5), date(2018, 6, 5)),
        (dates.printed("2018"), date(2019, 6, 5), date(2018, 1, 1)),
        (dates.printed("2018"), None, date(2018, 1, 1)),
        (dates.Printed(), date(2019, 6, 5), date(2019, 6, 5)),
        (dates.Printed(), None, None),
    ],
)
def test_the_best_date_is_the_earlier_or_the_more_exact_one(
    paper: dates.Printed, electronic: date | None, best: date | None
) -> None:
    assert dates.best(paper, electronic) == best


@given(st.text(), st.text(), st.text())
def test_no_text_of_any_kind_breaks_a_date(year: str, month: str, day: str) -> None:
    for found in (dates.printed(year, month, day).day, dates.free(f"{year} {month} {day}").day):
        assert found is None or found.year in range(1, 10_000)


@given(st.dates())
def test_a_real_day_comes_back_as_it_is(day: date) -> None:
    assert dates.day_of(f"{day.year:04}", str(day.month), str(day.day)) == day
