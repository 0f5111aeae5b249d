"""What is shown of foreign text, in HTML and in plain text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound
from lxml import html

from litwatch.markup import (
    DEEPEST,
    inline,
    marked,
    plain,
    render,
    shortened,
    starred,
    visible,
    wrapped,
)

SENTENCES = st.text(max_size=60)
SPANS = st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=5)


def text_of(fragment: str) -> str:
    """What a browser reads of a fragment."""
    return html.fromstring(f"<p>{fragment}</p>").text_content()


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Ca<sup>2+</sup> in <i>vitro</i>", "Ca<sup>2+</sup> in <i>vitro</i>"),
        ("p<q and r>s, p<.001", "p&lt;q and r&gt;s, p&lt;.001"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<i onclick=x>a</i>", "&lt;i onclick=x&gt;a"),
        ("<b>never closed", "<b>never closed</b>"),
        ("closed only</sub>", "closed only"),
        ("A & B", "A &amp; B"),
        ("a\x92b\ud800c", "abc"),
    ],
)
def test_a_title_keeps_its_inline_tags_and_all_its_text(title: str, shown: str) -> None:
    assert inline(title) == shown


NESTED = {
    "never closed": "<b>" * 300_000,
    "closed": "<i>" * 300_000 + "x" + "</i>" * 300_000,
    "mixed": "<b><i><u><sub>" * 100_000,
    "crossed": "<b><i></b></i>" * 100_000,
    "crossed deep": "<b>" * 100_000 + "<i>" * 100_000 + "</b></i>" * 100_000,
    "closed only": "</b>" * 300_000,
}


@pytest.mark.parametrize("title", NESTED.values(), ids=NESTED)
def test_tags_nest_a_few_levels_deep_and_no_more_however_many_a_title_has(title: str) -> None:
    """An HTML parser that follows them without end overflows its stack, and the process is gone."""
    shown = inline(title)

    deepest = depth = 0
    for closing in re.findall("<(/?)[a-z]+>", shown):
        depth += -1 if closing else 1
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest <= DEEPEST
    assert ("x" in title) == ("x" in shown)


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<sub>", "</sub>", "x"])))
def test_what_a_title_gives_is_balanced_and_holds_its_text(parts: list[str]) -> None:
    shown = inline("".join(parts))
    opened: list[str] = []
    for closing, tag in re.findall("<(/?)([a-z]+)>", shown):
        assert not closing or opened.pop() == tag
        opened += [] if closing else [tag]

    assert not opened
    assert re.sub("<.*?>", "", shown) == "x" * parts.count("x")


@given(st.text(alphabet="<>/&;isupb \"'x", max_size=40))
def test_no_title_makes_an_element_or_attribute_of_its_own(title: str) -> None:
    fragment = html.fragment_fromstring(inline(title), create_parent="div")

    for element in fragment.iter():
        assert element.tag in {"div", "b", "i", "sub", "sup", "u"}
        assert not element.attrib


@given(st.text(alphabet="<>& pqr", max_size=40))
def test_a_title_without_tags_loses_no_character(title: str) -> None:
    assert text_of(inline(title)) == title


def test_a_plain_title_has_no_tags_and_one_line() -> None:
    assert plain("Ca<SUP>2+</SUP>\n in  p<q") == "Ca2+ in p<q"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("word " * 20, "word " * 20),
        ("word " * 21, "word " * 19 + "word …"),
        ("long " + "x" * 200, "long " + "x" * 95 + " …"),
        (" " * 101, " " * 99 + " …"),
    ],
)
def test_a_text_is_shortened_at_a_blank_that_is_near(title: str, shown: str) -> None:
    assert shortened(title, 100) == shown


def test_the_words_that_earned_a_tag_are_marked() -> None:
    assert marked("gave IVIG & <b>", [(5, 9)]) == (
        'gave <span class="mark">IVIG</span> &amp; &lt;b&gt;'
    )
    assert starred("gave IVIG and more", [(5, 9)]) == "gave *IVIG* and more"


@given(SENTENCES, SPANS)
def test_marking_changes_no_character_whatever_the_spans(
    sentence: str, spans: list[tuple[int, int]]
) -> None:
    bare = marked(sentence, spans).replace('<span class="mark">', "").replace("</span>", "")

    assert bare == marked(sentence, [])


@given(SENTENCES.filter(lambda text: "*" not in text), SPANS)
def test_starred_and_marked_words_are_the_same(sentence: str, spans: list[tuple[int, int]]) -> None:
    covered = {place for start, end in spans for place in range(start, end)}
    expected = "".join(c for place, c in enumerate(sentence) if place in covered)

    assert "".join(starred(sentence, spans).split("*")[1::2]) == expected


def test_a_long_word_keeps_its_line_and_others_wrap_at_78_columns() -> None:
    url = "https://example.org/" + "x" * 100
    lines = wrapped(f"{'word ' * 30}{url}", "  + ").splitlines()

    assert lines[0].startswith("  + word")
    assert lines[-1] == f"    {url}"
    assert all(len(line) <= 78 for line in lines[:-1])


def test_control_characters_are_never_shown() -> None:
    assert visible("a\x92b\x00c\ud800d\te") == "abcd\te"
    assert visible(7) == 7


def test_a_template_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        render("digest/nothing.html")
