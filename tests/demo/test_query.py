"""PubMed's query language: how it is read, and that anything is answered."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.demo.query import DEEPEST, Chain, Range, Term, TooDeep, parse


def test_a_tag_belongs_to_the_whole_run_of_words_before_it():
    (_, term), *_ = parse("lichen myxedematosus[tiab]").chain.parts

    assert term == Term("lichen myxedematosus", quoted=False, tag="tiab")


def test_two_tagged_dates_with_a_colon_are_one_range():
    expected = Range("2026/09/01", "3000", "crdt")

    for text in ('"2026/09/01"[crdt] : "3000"[crdt]', "2026/09/01[crdt]:3000[crdt]"):
        assert parse(text).chain.parts == (("AND", expected),)


def test_operators_count_in_capitals_only():
    (_, first), (operator, second) = parse("cats or dogs OR mice").chain.parts

    assert (first, operator, second) == (Term("cats or dogs"), "OR", Term("mice"))


@pytest.mark.parametrize("text", ["(mucinosis", "mucinosis)", "((mucinosis)", "mucinosis))("])
def test_unbalanced_parentheses_are_repaired_with_a_warning(text):
    query = parse(text)

    assert query.chain.parts == (("AND", Term("mucinosis")),)
    assert query.warnings == ("Unbalanced parentheses were repaired",)


def test_superfluous_parentheses_do_not_count_as_depth():
    assert parse("(" * 5000 + "mucinosis" + ")" * 5000).chain.depth == 1


def test_a_query_deeper_than_the_limit_is_refused():
    def nested(depth: int) -> str:
        return "(a OR " * depth + "b" + ")" * depth

    assert parse(nested(DEEPEST - 1)).chain.depth == DEEPEST
    with pytest.raises(TooDeep):
        parse(nested(DEEPEST))


def test_a_chain_of_thousands_is_read_and_answered(ask, shelf):
    alternating = " OR mucinosis[ti] NOT coma[ti]" * 1500

    assert len(parse(f"lichen[tiab]{alternating}").chain.parts) == 3001
    assert ask(shelf, f"lichen[tiab]{alternating}").hits


@pytest.mark.parametrize("text", ["", "   ", "()", "AND", "[tiab]", '""', "OR NOT AND", ":", "]]"])
def test_a_query_without_a_term_is_read_as_empty(text):
    assert parse(text).chain == Chain(())


def test_booleans_are_read_from_left_to_right(found, shelf):
    assert found(shelf, "mucinosis[ti] OR coma[ti] AND dog[ti]") == {4}
    assert found(shelf, "mucinosis[ti] OR (coma[ti] AND dog[ti])") == {4, 5}
    assert found(shelf, "dog[ti] NOT mucinosis[ti] OR coma[ti]") == {3}


def test_terms_side_by_side_are_anded(found, shelf):
    assert found(shelf, '"mucinosis"[ti] dog[ti]') == {4}


def test_a_leading_not_takes_from_everything(found, shelf):
    assert found(shelf, "NOT mucinosis[ti]") == {1, 2, 3, 6, 7, 8, 9}


def test_lower_case_operators_are_stop_words(ask, shelf):
    answer = ask(shelf, "scleroderma or dog")

    assert answer.hits == frozenset()
    assert answer.notes.phrases_ignored == ["or"]


def test_the_translation_groups_as_the_query_was_read(ask, shelf):
    term = "mucinosis[ti] OR coma[ti] OR dog[ti] AND (naive[ti] OR mouse[ti]) NOT pain[ti]"

    assert ask(shelf, term).translation == (
        '(("mucinosis"[Title] OR "coma"[Title] OR "dog"[Title])'
        ' AND ("naive"[Title] OR "mouse"[Title])) NOT "pain"[Title]'
    )


FRAGMENTS = st.sampled_from(
    (
        *("(", ")", '"', "[", "]", ":", "*", "/", "-", ",", "#1 ", "AND", "OR", "NOT", "and"),
        *("[tiab]", "[mh:noexp]", "[crdt]", "[tiab:~2]", "[au]", "[ta]", "[la]", "[pt]", "[sb]"),
        *("[uid]", "[aid]", "[majr]", "[dp]", "[All Fields]", "[nonsense]"),
        *("mucinosis", "scler*", "lichen", '"lichen myxedematosus"', "altman r"),
        *("2026/09/01", "2026", "3000", "ß", "𝔘", "\x00", "\n"),
    )
)


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.text(max_size=80), st.lists(FRAGMENTS, max_size=25).map(" ".join)))
def test_any_term_at_all_gets_an_answer(ask, shelf, term):
    if re.search(r"#\d", term.replace("#1 ", "")):
        return
    answer = ask(shelf, term, history={1: ("1", "2", "404")})

    assert answer.hits <= set(range(9))
    assert isinstance(answer.translation, str)


@settings(deadline=None, max_examples=200)
@given(st.lists(FRAGMENTS, max_size=15).map("".join))
def test_what_was_found_is_found_again_by_the_translation(found, ask, shelf, term):
    """A translation is a query itself: PubMed shows it as such, and accepts it back."""
    answer = ask(shelf, term, history={1: ("1", "2")})
    if answer.notes.phrases_not_found or answer.notes.quoted_phrases_not_found:
        return
    if answer.hits and "all[sb]" not in answer.translation:
        again = ask(shelf, answer.translation, history={1: ("1", "2")})
        assert again.hits == answer.hits


def test_a_search_over_ten_thousand_records_takes_under_a_tenth_of_a_second(record, library, ask):
    big = library(
        *(
            record(number, f"Case {number}: {'mucinosis' if number % 3 else 'scleredema'}")
            for number in range(1, 10_001)
        )
    )
    term = '("Scleromyxedema"[mh] OR mucinos*[tiab] OR "case 3"[tiab]) NOT 2025[crdt]'
    assert len(ask(big, term).hits) == 6668

    started = time.process_time()
    assert len(ask(big, term).hits) == 6668
    assert time.process_time() - started < 0.1
