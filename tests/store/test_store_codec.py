"""Values to plain values and back."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import UnionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.errors import StoreError
from litwatch.models import Article, Correction, Fact, Findings
from litwatch.reports import Report, TopicReport
from litwatch.settings import Filters
from litwatch.store.codec import dump, from_plain, to_plain

MOMENTS = st.datetimes(timezones=st.just(UTC))
REPORTS = st.builds(Report, started=MOMENTS, finished=MOMENTS)


@settings(deadline=None)
@given(st.from_type(Article))
def test_an_article_comes_back_from_json_as_it_was(article: Article) -> None:
    assert from_plain(Article, json.loads(dump(to_plain(article)))) == article


@settings(deadline=None)
@given(st.from_type(Findings))
def test_findings_come_back_from_json_as_they_were(findings: Findings) -> None:
    assert from_plain(Findings, json.loads(dump(to_plain(findings)))) == findings


@settings(deadline=None)
@given(REPORTS)
def test_a_report_comes_back_from_json_as_it_was(report: Report) -> None:
    assert from_plain(Report, json.loads(dump(to_plain(report)))) == report


@settings(deadline=None)
@given(st.from_type(Filters))
def test_filters_come_back_from_json_as_they_were(filters: Filters) -> None:
    assert from_plain(Filters, json.loads(dump(to_plain(filters)))) == filters


@settings(deadline=None)
@given(st.from_type(Article))
def test_an_article_has_one_json_text_only(article: Article) -> None:
    text = dump(to_plain(article))

    assert dump(json.loads(text)) == text


def test_a_number_and_its_digits_are_told_apart() -> None:
    assert from_plain(Fact, to_plain(Fact(3))) == Fact(3)
    assert from_plain(Fact, to_plain(Fact("3"))) == Fact("3")


def test_what_holds_its_default_is_left_out() -> None:
    assert to_plain(Correction("ErratumIn", citation="J Made Up. 2026")) == {
        "kind": "ErratumIn",
        "citation": "J Made Up. 2026",
    }
    assert to_plain(TopicReport("scleromyxedema", count=0)) == {
        "id": "scleromyxedema",
        "count": 0,
    }


@dataclass(frozen=True)
class Before:
    name: str


@dataclass(frozen=True)
class After:
    name: str
    seen_on: date | None = None
    pair: tuple[str, int] = ("", 0)


def test_a_record_from_before_a_field_was_added_is_read_with_its_default() -> None:
    assert from_plain(After, to_plain(Before("A"))) == After("A")
    assert to_plain(After("A")) == to_plain(Before("A"))


def test_a_tuple_of_fixed_length_keeps_each_type() -> None:
    value = After("A", seen_on=date(2026, 1, 2), pair=("b", 2))

    assert from_plain(After, to_plain(value)) == value


@pytest.mark.parametrize(
    "plain",
    [
        {"kind": "ErratumIn", "colour": "red"},
        {"citation": "without its kind"},
        ["ErratumIn"],
        "ErratumIn",
        None,
    ],
)
def test_what_does_not_fit_the_type_is_an_error_that_names_it(plain: object) -> None:
    with pytest.raises(StoreError, match="a Correction on file cannot be read"):
        from_plain(Correction, plain)


@pytest.mark.parametrize("plain", [{"name": "A", "seen_on": "soon"}, {"name": "A", "pair": ["b"]}])
def test_a_broken_part_is_an_error_of_the_whole(plain: object) -> None:
    with pytest.raises(StoreError, match="After on file cannot be read"):
        from_plain(After, plain)


@pytest.mark.parametrize("hint", [dict[str, str], date | datetime])
def test_a_type_without_a_plain_form_is_refused(hint: type | UnionType) -> None:
    @dataclass
    class Holder:
        part: hint  # type: ignore[valid-type]

    Holder.__annotations__["part"] = hint

    with pytest.raises(StoreError, match="no plain form is known"):
        from_plain(Holder, {"part": {}})
