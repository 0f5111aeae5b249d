"""The slices tile all time, and what is on file is spread over them."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from litwatch.fetch.slices import FIRST_DAY, halves, planned

TODAY = date(2026, 11, 24)
DAYS = st.lists(st.dates(date(1945, 1, 1), TODAY), max_size=60)


@given(DAYS, st.integers(1, 20))
def test_slices_hold_every_day_from_the_first_to_the_last_once(days, most):
    spans = planned(days, most, TODAY)

    assert (spans[-1][0], spans[0][1]) == (FIRST_DAY, TODAY)
    for newer, older in pairwise(spans):
        assert newer[0] - older[1] == timedelta(days=1)
    assert all(first <= last for first, last in spans)


@given(DAYS, st.integers(1, 20))
def test_no_slice_is_fuller_than_was_asked_but_for_what_one_day_brings(days, most):
    busiest = max(Counter(days).values(), default=0)
    if not days:
        return
    for first, last in planned(days, most, TODAY):
        assert sum(first <= day <= last for day in days if day < TODAY) < most + busiest + 1


@given(DAYS, st.integers(1, 20))
def test_there_are_no_more_slices_than_are_needed(days, most):
    assert len(planned(days, most, TODAY)) <= max(2, -(-len(days) // most))


def test_without_anything_on_file_all_time_is_halved():
    assert planned((), 9_000, TODAY) == halves((FIRST_DAY, TODAY))


@given(st.dates(FIRST_DAY, TODAY), st.integers(0, 9_000))
def test_two_halves_are_the_whole(first, length):
    span = first, first + timedelta(days=length)
    match halves(span):
        case ((start, last), (begin, end)):
            assert (begin, last) == span
            assert start - end == timedelta(days=1)
        case ():
            assert length == 0
