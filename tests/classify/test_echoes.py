"""Articles that repeat another's title: what they are, and what they can still tell."""

import pytest

from litwatch.classify.echoes import Echo, find_echo, own_words
from litwatch.classify.passages import passages
from litwatch.models import AbstractSection, Article


def echo_of(title: str, *types: str) -> Echo:
    return find_echo(passages(Article("1", title=title, publication_types=types)))


@pytest.mark.parametrize(
    ("title", "types", "echo"),
    [
        ("Retraction: Thalidomide in three patients", (), "notice"),
        ("Thalidomide in three patients", ("Retraction of Publication",), "notice"),
        ("Thalidomide in three patients", ("Retraction Notice",), "notice"),
        ("Correction to: Scleredema", ("Published Erratum",), "notice"),
        ("Scleredema in men", ("Expression of Concern",), "notice"),
        ("Reply to: Thalidomide in mucinosis", ("Letter",), "comment"),
        ("Thalidomide in mucinosis", ("Comment", "Letter"), "comment"),
        ("Thalidomide in mucinosis", ("Case Reports", "Comment", "Letter"), ""),
        ("RETRACTED: Thalidomide in mucinosis", ("Retracted Publication",), ""),
        ("Thalidomide in mucinosis", ("Letter",), ""),
    ],
)
def test_an_echo_is_told_by_its_types_and_its_title(
    title: str, types: tuple[str, ...], echo: str
) -> None:
    assert echo_of(title, *types) == echo


def test_a_notice_has_no_patients_and_a_comment_only_those_of_its_text() -> None:
    sentences = passages(
        Article("1", title="Nine patients", abstract=(AbstractSection("", "We add a man."),))
    )
    assert own_words(sentences, "") == sentences
    assert own_words(sentences, "notice") == ()
    assert [one.text for one in own_words(sentences, "comment")] == ["we add a man."]
