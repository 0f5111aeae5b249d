"""The sentences of an article: where they stand, which part they belong to, what they prove."""

import pytest

from litwatch.classify.passages import part_of, passages
from litwatch.models import AbstractSection, Article, MeshHeading, OtherAbstract


def parts(article: Article) -> list[tuple[str, int, str, str]]:
    """(field, index, part, the sentence's words) of every sentence."""
    return [
        (item.field, item.index, item.part, item.string[item.start : item.end])
        for item in passages(article)
    ]


def test_every_sentence_knows_its_field_and_section() -> None:
    article = Article(
        "1",
        title="Mucin. A case.",
        vernacular_title="Muzin.",
        abstract=(
            AbstractSection("BACKGROUND", "Mucin is rare."),
            AbstractSection("CASE REPORT", "A man came. He left."),
        ),
        other_abstracts=(OtherAbstract("ger", (AbstractSection("Fazit", "Er ging."),)),),
        mesh=(MeshHeading("Mucinoses", ("therapy",)),),
        publication_types=("Case Reports",),
    )

    assert parts(article) == [
        ("title", 0, "title", "Mucin."),
        ("title", 0, "title", "A case."),
        ("vernacular_title", 0, "title", "Muzin."),
        ("abstract", 0, "background", "Mucin is rare."),
        ("abstract", 1, "case", "A man came."),
        ("abstract", 1, "case", "He left."),
        ("other_abstract", 0, "conclusion", "Er ging."),
        ("mesh", 0, "indexing", "Mucinoses/therapy"),
        ("publication_types", 0, "indexing", "Case Reports"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BACKGROUND: Mucin is rare. It is odd. RESULTS: Ten improved.", ["background"] * 2),
        ("Background: Mucin is rare. Nobody knows. Conclusion: It helps.", ["background"] * 2),
        ("BACKGROUND Mucin is rare. It is odd. CASE REPORT A man came.", ["background"] * 2),
    ],
)
def test_a_label_in_the_text_holds_until_the_next(text: str, expected: list[str]) -> None:
    found = [item.part for item in passages(Article("1", abstract=(AbstractSection("", text),)))]

    assert found[:2] == expected
    assert found[2] in ("case", "conclusion")


@pytest.mark.parametrize(
    "text", ["IgG: a paraprotein was found.", "A man: he came.", "UVA1 helps."]
)
def test_a_capital_word_that_is_no_label_changes_nothing(text: str) -> None:
    (sentence,) = passages(Article("1", abstract=(AbstractSection("", text),)))

    assert sentence.part == "plain"


@pytest.mark.parametrize(
    ("label", "part"),
    [
        ("OBJECTIVES", "background"),
        ("METHODS", "methods"),
        ("PATIENTS AND METHODS", "case"),
        ("OBSERVATIONS", "case"),
        ("DISCUSSION", "conclusion"),
        ("DATA SOURCES", "literature"),
        ("Ergebnisse", "case"),
        ("", "plain"),
        ("FUNDING", "plain"),
    ],
)
def test_a_section_label_names_its_part(label: str, part: str) -> None:
    assert part_of(label) == part


def test_evidence_quotes_the_record_though_the_text_was_normalised() -> None:
    text = "Zwei Fälle. Fünf Männer mit Sklerödem."
    _, sentence = passages(Article("1", abstract=(AbstractSection("", text),)))
    start = sentence.text.index("manner")

    proof = sentence.evidence(start, start + 6, "rule")

    assert proof.text == "Männer"
    assert text[proof.start : proof.end] == proof.text
    assert proof.sentence == "Fünf Männer mit Sklerödem."


def test_a_number_is_read_where_it_was_blotted_out() -> None:
    (sentence,) = passages(Article("1", title="Thirty-four patients"))

    assert sentence.text == "########### patients"
    assert sentence.number(0, 11) == 34
