"""Normalised text finds its way back to the record; sentences survive medical shorthand."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.classify.text import enclosing, normalise, sentences


def split(string: str) -> list[str]:
    return [string[start:end] for start, end in sentences(string)]


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("IVIG", "ivig"),
        ("Skleromyxödem", "skleromyxodem"),
        ("scléromyxœdème", "scleromyxoedeme"),
        ("skleromyxødem, śluzowaty, großer", "skleromyxodem, sluzowaty, grosser"),
        ("HD–IVIG non‑pitting −5", "hd-ivig non-pitting -5"),
        ("anti-TNF-α, λ light chain", "anti-tnf-alpha, lambda light chain"),
        ("CO₂ laser, CO(2) laser, 60 J/cm(2)", "co2 laser, co2 laser, 60 j/cm2"),
        ("500 µg and 500 μg of β2-microglobulin", "500 ug and 500 ug of beta2-microglobulin"),
        ("İVİG in İstanbul", "ivig in istanbul"),
        ("peau d’orange", "peau d'orange"),
        ("Revlimid™ and ﬁbrosis", "revlimid  and fibrosis"),
        ("immuno\u00adglobulin", "immunoglobulin"),
        ("a\u00a0b\tc", "a b c"),
        ("see table (2) and patients(2)", "see table (2) and patients(2)"),
    ],
)
def test_spellings_of_one_word_become_one(string: str, expected: str) -> None:
    assert normalise(string).text == expected


@pytest.mark.parametrize(
    ("string", "word", "original"),
    [
        ("İİ 😀 IVIG was given", "ivig", "IVIG"),
        ("a CO(2) laser", "co2 laser", "CO(2) laser"),
        ("ein Skleromyxo\u0308dem.", "skleromyxodem", "Skleromyxo\u0308dem"),
        ("scléromyxœdème", "scleromyxoedeme", "scléromyxœdème"),
        ("plain IVIG", "ivig", "IVIG"),
        ("𝐈𝐕𝐈𝐆 in bold", "ivig", "𝐈𝐕𝐈𝐆"),
        ("immuno\u00adglobulin", "immunoglobulin", "immuno\u00adglobulin"),
    ],
)
def test_a_span_of_the_normalised_text_names_the_original(
    string: str, word: str, original: str
) -> None:
    normal = normalise(string)
    at = normal.text.index(word)
    start, end = normal.span(at, at + len(word))
    assert string[start:end] == original


@given(st.text())
def test_every_normalised_character_comes_from_somewhere(string: str) -> None:
    normal = normalise(string)
    assert len(normal.text) == len(normal.cased)
    previous = 0
    for at in range(len(normal.text)):
        start, end = normal.span(at, at + 1)
        assert 0 <= start < end <= len(string)
        assert start >= previous
        previous = start


@given(st.text())
def test_normalising_twice_changes_nothing_that_matters(string: str) -> None:
    once = normalise(string).text
    assert not any(unicodedata.combining(character) for character in once)
    assert not any(character in "–—œæøß" for character in once)


@given(st.text(), st.text(alphabet="IVGabc -"), st.text())
def test_a_plain_piece_is_quoted_back_exactly(before: str, piece: str, after: str) -> None:
    marked = f"[{piece}]"
    string = before + "\n" + marked + "\n" + after
    normal = normalise(string)
    at = normal.text.find(marked.lower())
    assert at >= 0
    start, end = normal.span(at, at + len(marked))
    assert string[start:end].lower() == marked.lower()


def test_an_empty_span_stays_inside_the_string() -> None:
    normal = normalise("œdème")
    assert normal.span(len(normal.text), len(normal.text)) == (5, 5)
    assert normalise("").span(0, 0) == (0, 0)


def test_plain_sentences_are_told_apart() -> None:
    assert split("IVIG was given. It worked! Did it last? Yes.") == [
        "IVIG was given.",
        "It worked!",
        "Did it last?",
        "Yes.",
    ]


@pytest.mark.parametrize("unit", ["6 g/L", "6 g/l", "30 mg/d"])
def test_a_unit_at_its_end_does_not_hide_the_end_of_a_sentence(unit: str) -> None:
    assert split(f"IgG was {unit}. Thyroid tests followed.") == [
        f"IgG was {unit}.",
        "Thyroid tests followed.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "We gave brands of immunoglobulin, e.g. Octagam, at 2 g/kg.",
        "She received i.v. Immunoglobulin at 2.5 mg/kg.",
        "The dose was ca. 50 mg daily.",
        "Dr. J. Smith saw the patient.",
        "As Miller et al. Blood reported, it worked.",
        "IVIG vs. Placebo was compared.",
        "Es wurden Medikamente, z. B. Methotrexat, gegeben.",
        "Behandelt wurde mit u. a. Thalidomid.",
        "The p value was .05 and Fig. 2 shows it.",
        "The serum level was 3.4 g/L.",
    ],
)
def test_shorthand_does_not_end_a_sentence(sentence: str) -> None:
    assert split(sentence + " The end.") == [sentence, "The end."]


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("It was seen by Miller et al. We agree.", ["It was seen by Miller et al.", "We agree."]),
        ("She had hepatitis B. The skin healed.", ["She had hepatitis B.", "The skin healed."]),
        ("It was given i.v. The skin healed.", ["It was given i.v.", "The skin healed."]),
        ("The skin healed.We saw no relapse.", ["The skin healed.", "We saw no relapse."]),
        ("It ended in 2001. In 2003 she died.", ["It ended in 2001.", "In 2003 she died."]),
        ("(It healed.) “All well.” Next.", ["(It healed.)", "“All well.”", "Next."]),
        ("患者好转。随访两年。", ["患者好转。", "随访两年。"]),
        ("One paragraph\n\nanother", ["One paragraph", "another"]),
    ],
)
def test_a_sentence_ends_where_a_reader_ends_it(string: str, expected: list[str]) -> None:
    assert split(string) == expected


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ab. AB!?()\n\"'。"))))
def test_sentences_hold_every_word_once_and_in_order(string: str) -> None:
    spans = sentences(string)
    covered = "".join(string[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(string.split())
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


def test_a_span_across_a_border_gets_both_sentences() -> None:
    string = "One ends. Two begins."
    spans = sentences(string)
    assert enclosing(spans, 0, 3) == (0, 9)
    assert enclosing(spans, 4, 13) == (0, len(string))
