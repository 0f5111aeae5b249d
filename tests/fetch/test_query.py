"""PubMed's query language as a tree, and the clauses of a query."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.config import template
from litwatch.errors import ConfigError
from litwatch.fetch.query import (
    DEEPEST,
    And,
    Clause,
    Node,
    Not,
    Or,
    Range,
    Term,
    clauses,
    parse,
    tokens,
    without,
)

SHIPPED: dict[str, str] = {
    topic["id"]: " ".join(topic["query"].split()) for topic in tomllib.loads(template())["topics"]
}
A, B, C, D = (Term(letter, tag="ti") for letter in "abcd")


def shown(query: str) -> list[tuple[str, str]]:
    """The clauses of a query, as kind and text."""
    return [(clause.kind, clause.text) for clause in clauses(parse(query))]


# ---- the tree --------------------------------------------------------------------------------


def test_a_tag_belongs_to_the_phrase_or_the_run_of_words_before_it() -> None:
    assert parse("lichen myxedematosus[tiab]") == Term("lichen myxedematosus", tag="tiab")
    assert parse('"lichen  myxedematosus" [tiab:~0]') == Term(
        "lichen myxedematosus", quoted=True, tag="tiab:~0"
    )


def test_an_untagged_term_stays_one() -> None:
    assert parse('"lichen planus"') == Term("lichen planus", quoted=True, tag=None)
    assert parse("lichen planus") == Term("lichen planus")


def test_operators_are_read_from_left_to_right_and_none_before_another() -> None:
    assert parse("a[ti] OR b[ti] AND c[ti]") == And((Or((A, B)), C))
    assert parse("a[ti] AND b[ti] OR c[ti]") == Or((And((A, B)), C))
    assert parse("a[ti] OR b[ti] NOT c[ti] OR d[ti]") == Or((Not(Or((A, B)), C), D))
    assert parse("a[ti] OR (b[ti] AND c[ti])") == Or((A, And((B, C))))


def test_what_stands_side_by_side_is_anded() -> None:
    assert parse("a[ti] b[ti] (c[ti] OR d[ti])") == And((A, B, Or((C, D))))


def test_operators_count_in_capitals_and_as_whole_words_only() -> None:
    assert parse("a or b[ti] OR ANDROGEN") == Or((Term("a or b", tag="ti"), Term("ANDROGEN")))


def test_parentheses_around_the_same_operator_make_no_difference() -> None:
    assert parse("a[ti] OR (b[ti] OR (c[ti]))") == parse("a[ti] OR b[ti] OR c[ti]") == Or((A, B, C))


def test_a_leading_not_excludes_from_everything() -> None:
    assert parse("NOT a[ti]") == Not(None, A)
    assert parse("NOT a[ti]").written == "NOT a[ti]"
    assert parse("NOT a[ti] OR b[ti]").written == "NOT a[ti] OR b[ti]"


@pytest.mark.parametrize(
    "text",
    [
        '"2026/09/01"[crdt] : "3000"[crdt]',
        "2026/09/01[crdt]:3000[crdt]",
        '"2026/09/01":"3000"[crdt]',
        '"2026/09/01"[crdt]:"3000"',
    ],
)
def test_two_values_with_a_colon_between_are_a_range(text: str) -> None:
    assert parse(text) == Range("2026/09/01", "3000", "crdt")
    assert parse(f"a[ti] AND ({text})") == And((A, Range("2026/09/01", "3000", "crdt")))


def test_a_colon_within_a_run_of_words_makes_no_range() -> None:
    assert parse("lichen: a review[ti]") == Term("lichen: a review", tag="ti")
    assert parse("2020:2024[dp]") == Term("2020:2024", tag="dp")


@pytest.mark.parametrize("text", ["(a[ti]", "a[ti])", "((a[ti])", "a[ti]))(", '"a"[ti]', "(a[ti"])
def test_what_is_unbalanced_is_repaired(text: str) -> None:
    tree = parse(text)

    assert isinstance(tree, Term)
    assert (tree.text, tree.tag) == ("a", "ti")


@pytest.mark.parametrize("text", ["", "  ", "()", "AND", "[tiab]", '""', "OR NOT AND", ":", "]]"])
def test_a_query_without_a_term_is_empty(text: str) -> None:
    assert parse(text) == Or(())
    assert clauses(parse(text)) == ()


def test_a_query_that_nests_too_deeply_is_refused_in_words() -> None:
    nested = "(a[ti] OR (b[ti] AND " * DEEPEST + "c[ti]" + "))" * DEEPEST
    alternating = "a[ti]" + " OR b[ti] AND c[ti]" * DEEPEST

    for query in (nested, alternating):
        with pytest.raises(ConfigError, match="simplify it"):
            parse(query)


def test_thousands_of_alternatives_and_of_superfluous_parentheses_are_followed() -> None:
    wide = parse(" OR ".join(f"a{n}[ti]" for n in range(3000)))

    assert isinstance(wide, Or)
    assert len(wide.parts) == 3000
    assert parse("(" * 5000 + "a[ti]" + ")" * 5000) == A


# ---- as written ------------------------------------------------------------------------------


def queries() -> st.SearchStrategy[str]:
    """Well-formed queries of every shape."""
    terms = st.sampled_from(
        [
            "a[ti]",
            "lichen planus[tiab]",
            '"b c"[tiab:~1]',
            "mucinos*[ti]",
            '"2020"[dp] : "3000"[dp]',
            "x",
        ]
    )

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        joined = st.tuples(st.sampled_from(["AND", "OR", "NOT"]), inner).map(" ".join)
        return st.tuples(inner, st.lists(joined, max_size=4)).map(
            lambda parts: f"({' '.join((parts[0], *parts[1]))})"
        )

    return st.recursive(terms, grown, max_leaves=12)


def nodes(node: Node) -> list[Node]:
    match node:
        case And(parts) | Or(parts):
            return [node, *(each for part in parts for each in nodes(part))]
        case Not(kept, excluded):
            return [node, *(nodes(kept) if kept else []), *nodes(excluded)]
    return [node]


@given(queries())
def test_every_part_as_written_is_that_part_again(query: str) -> None:
    for node in nodes(parse(query)):
        assert parse(node.written) == node


@given(queries())
def test_a_query_without_a_clause_as_written_is_that_query(query: str) -> None:
    root = parse(query)
    for clause in clauses(root):
        rest = without(root, clause.path)
        assert rest != root
        if rest is not None:
            assert parse(rest.written) == rest


@given(st.text(alphabet='ab "()[]:*#~ANDORT\n', max_size=60))
def test_anything_at_all_is_read(text: str) -> None:
    for clause in clauses(parse(text)):
        assert clause.text
        assert clause.node == _at(parse(text), clause.path)
    assert all(token.text for token in tokens(text))


def _at(node: Node | None, path: tuple[int, ...]) -> Node | None:
    for place in path:
        match node:
            case And(parts) | Or(parts):
                node = parts[place]
            case Not(kept, excluded):
                node = (kept, excluded)[place]
    return node


# ---- clauses ---------------------------------------------------------------------------------


def test_alternatives_of_the_top_are_clauses_and_an_and_group_is_one() -> None:
    assert shown('"X"[mh] OR a[ti] OR (b[ti] AND (c[ti] OR d[ti]))') == [
        ("alternative", '"X"[mh]'),
        ("alternative", "a[ti]"),
        ("alternative", "b[ti] AND (c[ti] OR d[ti])"),
    ]


def test_an_exclusion_from_several_alternatives_is_named_as_one() -> None:
    assert shown("((a[ti] OR b[ti]) NOT c[ti]) OR d[ti]") == [
        ("alternative", "a[ti]"),
        ("alternative", "b[ti]"),
        ("exclusion", "c[ti]"),
        ("alternative", "d[ti]"),
    ]


def test_an_alternative_with_its_own_exclusion_is_one_clause() -> None:
    assert shown("a[ti] OR (b[ti] NOT c[ti])") == [
        ("alternative", "a[ti]"),
        ("alternative", "b[ti] NOT c[ti]"),
    ]
    assert shown("a[ti] NOT b[ti]") == [("alternative", "a[ti]"), ("exclusion", "b[ti]")]


def test_what_all_alternatives_must_have_is_a_requirement() -> None:
    expected = [("alternative", "a[ti]"), ("alternative", "b[ti]"), ("requirement", "c[ti]")]

    assert shown("(a[ti] OR b[ti]) AND c[ti]") == expected
    assert shown("c[ti] AND (a[ti] OR b[ti])") == [expected[2], *expected[:2]]


def test_a_query_of_one_and_is_one_clause() -> None:
    assert shown("a[ti] AND b[ti]") == [("alternative", "a[ti] AND b[ti]")]


def test_an_exclusion_governs_the_alternatives_that_it_takes_from_and_no_other() -> None:
    a, b, excluded, d = clauses(parse("((a[ti] OR b[ti]) NOT c[ti]) OR d[ti]"))

    assert excluded.governs(a)
    assert excluded.governs(b)
    assert not excluded.governs(d)
    assert not a.governs(b)


def test_without_a_clause_leaves_the_others_as_they_are() -> None:
    root = parse("((a[ti] OR b[ti]) NOT c[ti]) OR d[ti]")
    rests = [without(root, clause.path) for clause in clauses(root)]

    assert [rest.written for rest in rests if rest] == [
        "(b[ti] NOT c[ti]) OR d[ti]",
        "(a[ti] NOT c[ti]) OR d[ti]",
        "a[ti] OR b[ti] OR d[ti]",
        "(a[ti] OR b[ti]) NOT c[ti]",
    ]
    assert without(parse("a[ti]"), ()) is None


@pytest.mark.parametrize(("topic", "number"), [("scleromyxedema", 25), ("scleredema", 9)])
def test_the_clauses_of_the_shipped_queries_are_what_stands_between_their_ors(
    topic: str, number: int
) -> None:
    assert len(clauses(parse(SHIPPED[topic]))) == number


def test_the_shipped_wide_net_shows_its_exclusions() -> None:
    excluded = [
        clause.text
        for clause in clauses(parse(SHIPPED["cutaneous_mucinosis"]))
        if clause.kind == "exclusion"
    ]

    assert excluded == ['"Animals"[mh] NOT "Humans"[mh]', "adenomucinosis[tiab]"]


def test_clauses_are_values() -> None:
    assert clauses(parse("a[ti]")) == (Clause("alternative", "a[ti]", A),)
