"""Replies of any shape have a meaning, and none of them is mistaken for an answer."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.errors import SourceError
from litwatch.fetch.replies import Reply, fault, is_answer, retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PIECES = st.sampled_from(
    [
        b"<?xml version='1.0'?>",
        b"<!DOCTYPE PubmedArticleSet>",
        b"<!DOCTYPE x [",
        b"<!ENTITY a 'b'>",
        b"]>",
        b"<!--",
        b"-->",
        b"<PubmedArticleSet>",
        b"</PubmedArticleSet>",
        b"<PubmedArticle/>",
        b"<ERROR>",
        b"</ERROR>",
        b"<html>",
        b"Access Denied",
        b"timeout",
        b"\xff",
        b"\n",
    ]
)


@given(
    st.integers(200, 599),
    st.lists(PIECES | st.binary(max_size=5), max_size=12).map(b"".join),
    st.text(max_size=20),
)
def test_any_reply_is_an_answer_or_an_error_in_one_line(
    status: int, body: bytes, location: str
) -> None:
    reply = Reply(status, body, "//x/" + location)
    if is_answer("efetch", reply):
        assert status == 200
        assert b"</PubmedArticleSet>" in body
    else:
        error = fault("efetch", reply)
        assert isinstance(error, SourceError)
        assert "\n" not in str(error)


def test_many_comments_are_read_in_no_time() -> None:
    """A pattern that tries every way to split them would not end."""
    body = b"<!---->" * 100_000 + b"<!--"

    assert not is_answer("efetch", Reply(200, body))
    assert "cut short" in str(fault("efetch", Reply(200, body)))


@pytest.mark.parametrize(
    "hostile",
    [
        b"<ERROR>" * 140_000,
        b"<ERROR></ERROR" * 70_000,
        b"<!DOCTYPE x [" + b"] " * 500_000,
        b"<!--" * 250_000,
        b"<?" * 500_000,
        b"<PubmedArticleSet " + b" " * 1_000_000,
        b"<PubmedArticleSet>" + b"</PubmedArticleSet " * 52_000,
    ],
    ids=lambda hostile: hostile[:20].decode(),
)
def test_a_megabyte_made_to_be_read_slowly_is_judged_at_once(hostile: bytes) -> None:
    started = time.process_time()

    assert not is_answer("efetch", Reply(200, hostile))
    assert str(fault("efetch", Reply(200, hostile)))
    assert time.process_time() - started < 5.0


def test_an_error_in_a_number_without_end_is_told_all_the_same() -> None:
    """Python reads no number of more than 4,300 digits."""
    body = b"<eFetchResult><ERROR>timeout &#" + b"9" * 5000 + b";</ERROR></eFetchResult>"

    assert str(fault("efetch", Reply(200, body))).startswith("NCBI efetch: timeout")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0.0),
        ("2", 2.0),
        (" 120 ", 120.0),
        ("-5", 0.0),
        ("9" * 400, 86_400.0),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 12:01:30 -0000", 90.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 24 Nov 2999 11:00:00 GMT", 86_400.0),
        ("Fri, 99 Nov 2999 11:00:00 GMT", 0.0),
        ("later", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_is_never_out_of_bounds(header: str) -> None:
    assert 0.0 <= retry_after(header, NOW) <= 86_400.0
