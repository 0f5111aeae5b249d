"""Words that stand for treatments named before: which they mean, and what they pass on."""

import pytest

from litwatch.classify import classify
from litwatch.classify.anaphora import anaphors
from litwatch.classify.rules import load_ruleset
from litwatch.models import AbstractSection, Article

RULESET = load_ruleset()
CASE = "A 50-year-old woman had scleromyxedema. "


def roles(text: str) -> dict[str, str]:
    article = Article("1", abstract=(AbstractSection("", CASE + text),))
    return {found.tag.id: found.role for found in classify(article, RULESET).treatments}


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("both failed.", "both"),
        ("the former was stopped.", "the former"),
        ("it had to be stopped, but the drug was resumed.", "it"),
        ("both drugs were given up.", "both drugs"),
        ("each of them was a failure.", "each of them"),
    ],
)
def test_a_word_at_the_head_of_a_clause_stands_for_treatments(sentence: str, word: str) -> None:
    first = next(anaphors(sentence))
    assert sentence[first.start : first.end] == word


@pytest.mark.parametrize(
    "sentence", ["all lesions healed.", "both hands were stiff.", "none improved.", "the it staff"]
)
def test_a_word_for_something_else_stands_for_no_treatment(sentence: str) -> None:
    assert list(anaphors(sentence)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Dapsone and colchicine were tried for a year; both failed.",
            {"dapsone": "failed", "colchicine": "failed"},
            id="both",
        ),
        pytest.param(
            "Dapsone and acitretin were prescribed in turn. The former changed nothing, and the "
            "latter was withdrawn because of headaches.",
            {"dapsone": "failed", "retinoid": "withdrawn"},
            id="former-and-latter",
        ),
        pytest.param(
            "Dapsone, colchicine: with the exception of dapsone, which cleared the arms, each of "
            "them was a failure.",
            {"dapsone": "given", "colchicine": "failed"},
            id="each-with-an-exception",
        ),
        pytest.param(
            "Dapsone was of no avail. So was colchicine.",
            {"dapsone": "failed", "colchicine": "failed"},
            id="so-was-the-next",
        ),
        pytest.param(
            "Dapsone and colchicine were given. Neither helped.",
            {"dapsone": "failed", "colchicine": "failed"},
            id="neither",
        ),
        pytest.param(
            "Thalidomide was proposed. After some months she consented, and it was begun.",
            {"thalidomide": "given"},
            id="accepted-after-all",
        ),
        pytest.param(
            "Thalidomide was begun. She declined all further visits.",
            {"thalidomide": "given"},
            id="what-was-given-is-not-refused-any-more",
        ),
    ],
)
def test_what_is_said_of_the_word_is_said_of_the_treatments(
    text: str, expected: dict[str, str]
) -> None:
    assert roles(text) == expected


def test_what_others_gave_is_only_mentioned() -> None:
    told = (
        "Other authors treated two women with dapsone, without success. She received thalidomide."
    )
    assert roles(told) == {"thalidomide": "given", "dapsone": "mentioned"}


def test_a_drug_for_another_disease_is_no_treatment() -> None:
    assert roles("Her eczema was controlled with ciclosporin. She got thalidomide.") == {
        "thalidomide": "given"
    }


def test_an_article_on_another_disease_gives_nothing_for_ours() -> None:
    text = (AbstractSection("", "A 50-year-old woman with a tremor was treated with thalidomide."),)
    (found,) = classify(Article("1", title="Tremor", abstract=text), RULESET).treatments
    assert found.role == "mentioned"
