"""What is wrong or risky in a query, told without asking PubMed."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.config import template
from litwatch.fetch.lint import lint, other_spelling

SHIPPED: dict[str, str] = {
    topic["id"]: topic["query"] for topic in tomllib.loads(template())["topics"]
}
JUSTIFIED = {
    "lichen myxedematous": "a misspelling of the American form; nobody has seen the British one",
    "lichen myxedematosis": "the same",
}
"""Remarks on the shipped queries that are left, with the reason."""


def message(query: str) -> str:
    (remark,) = lint(query)
    return remark.message


@pytest.mark.parametrize("topic", SHIPPED)
def test_a_shipped_query_has_no_fault_and_no_advice_without_a_reason(topic: str) -> None:
    for remark in lint(SHIPPED[topic]):
        assert not remark.is_fault
        assert remark.code == "missing-spelling"
        assert any(phrase in remark.clause for phrase in JUSTIFIED), remark


@pytest.mark.parametrize(
    ("query", "code", "clause"),
    [
        ('hair[ti] OR "skin[ti]', "unbalanced-quotes", '"skin[ti]'),
        ("nail[ti] OR (skin[ti] OR hair[ti]", "unbalanced-parentheses", "(skin[ti] OR hair[ti]"),
        ("skin[ti]) OR hair[ti]", "unbalanced-parentheses", "skin[ti])"),
        ("skin[ti OR hair[ti]", "unbalanced-brackets", "skin[ti OR hair[ti]"),
        ("hair[ti] OR “skin”[ti]", "typographic-quotes", "“skin”[ti]"),
        ("skin[ti] OR ()", "empty-group", "( )"),
        ("skin[ti] OR", "stray-operator", "skin[ti] OR"),
        ("OR skin[ti]", "stray-operator", "OR skin[ti]"),
        ("skin[ti] OR AND hair[ti]", "stray-operator", "skin[ti] OR AND"),
        ("(skin[ti] AND) hair[ti]", "stray-operator", "skin[ti] AND )"),
        ("skin[tiabb]", "unknown-field", "skin[tiabb]"),
        ('"skin hair"[mh:~2]', "unknown-field", '"skin hair"[mh:~2]'),
        ("#1 AND skin[ti]", "history", "#1"),
        ("ski*[ti]", "truncation", "ski*[ti]"),
        ("sk*in[ti]", "truncation", "sk*in[ti]"),
        ('"hair skins*"[ti:~0]', "truncation", '"hair skins*"[ti:~0]'),
        ('"x"[ti] or "y"[ti]', "lower-case-operator", "or"),
        ("hair Or skin", "lower-case-operator", "hair Or skin"),
        ("hair not skin[ti]", "lower-case-operator", "hair not skin[ti]"),
        ("[tiab]", "lone-tag", "[tiab]"),
    ],
)
def test_what_pubmed_drops_or_reads_otherwise_is_a_fault(
    query: str, code: str, clause: str
) -> None:
    found = [remark for remark in lint(query) if remark.is_fault]

    assert [(remark.code, remark.clause) for remark in found] == [(code, clause)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("skin", "untagged-word"),
        ('"skin"', "untagged-word"),
        ("hair skin", "untagged-phrase"),
        ('"hair skin"[tiab]', "phrase-index"),
        ("hair skin[ti]", "phrase-index"),
        ("dermato-neuro[tiab]", "phrase-index"),
        ('"hair skins*"[tiab]', "phrase-index"),
        ('"Mucinoses"[mh]', "exploding-heading"),
        ("mucinosis[MeSH Terms]", "exploding-heading"),
        ('skin[ti] OR "Skin Diseases"[majr]', "exploding-heading"),
        ("REM[ti]", "abbreviation"),
        ("skin[ti] OR IL6[tiab]", "abbreviation"),
        ("skin[ti] AND 2020:3000[dp]", "date-window"),
        ('skin[ti] NOT ("2020"[crdt] : "3000"[crdt])', "date-window"),
        ("skin[ti] OR hair[ti] AND nail[ti]", "mixed-operators"),
        ("nail[ti] AND (skin[ti] OR hair[ti] cell[ti])", "mixed-operators"),
        ("skin[ti] OR hair[ti] (cell[ti] OR nail[ti])", "mixed-operators"),
        ("signs and symptoms[ti:~0]", "lower-case-operator"),
        ("tumor[ti]", "missing-spelling"),
        ("hair[ti] skin[ti]", "missing-operator"),
    ],
)
def test_what_may_lose_papers_or_bring_too_many_is_advice(query: str, code: str) -> None:
    found = lint(query)

    assert [remark.code for remark in found] == [code]
    assert not found[0].is_fault


@pytest.mark.parametrize(
    "query",
    [
        "skin[ti] AND hair[ti] OR nail[ti]",
        "(skin[ti] OR hair[ti]) AND nail[ti]",
        "skin[ti] OR hair[ti] NOT nail[ti]",
        "skin[ti] AND NOT hair[ti]",
        "(skin[ti] OR hair[ti]) (cell[ti] OR nail[ti])",
        '"Mucinoses"[mh:noexp]',
        '"Mucinoses"[mh] AND skin[ti]',
        '"Scleromyxedema"[mh]',
        'skin[ti] NOT ("Animals"[mh] NOT "Humans"[mh])',
        "REM[ti] AND mucin[tiab]",
        "skin[ti] AND (REM[ti] OR hair[ti])",
        '"hair skin"[tiab:~0]',
        "mucinos*[ti]",
        '"all or none"[ti:~0]',
        '"Scleredema Adultorum"[mh]',
        '"University of Samples"[ad:~0]',
        "skin[la]",
        "tumor[tiab] OR tumour[tiab]",
        "tumo*[ti] OR tumor[ti]",
        'scleredema*[tiab] OR scleroedema*[tiab] OR "neonatal scleredema"[tiab:~0]',
    ],
)
def test_what_is_well_written_is_left_alone(query: str) -> None:
    assert lint(query) == ()


# ---- what is suggested -------------------------------------------------------------------------


def test_the_nearest_known_field_is_named() -> None:
    assert "the nearest known is [tiab]" in message("skin[tiabb]")
    assert "the nearest known is [title/abstract]" in message("skin[Title/Abstracts]")
    assert message('"hair skin"[mh:~2]').endswith(": [mh] takes no ~2")


@pytest.mark.parametrize(
    "query",
    [
        '"hair skin"[tiab]',
        "dermato-neuro[ti]",
        '"hair skins*"[tiab]',
        '"hair skin"[tt]',
        "hair skin",
        "skin",
        "scleromyxedema*[tiab]",
        '"oedema of the hand"[ti:~0]',
        '"Mucinoses"[mh]',
    ],
)
def test_a_suggestion_is_a_query_without_that_remark(query: str) -> None:
    (remark,) = lint(query)
    better = remark.message.rpartition("write ")[2].rpartition("add ")[2]
    better = f"{query} OR {better}" if remark.code == "missing-spelling" else better

    assert lint(better) == (), better


def test_what_an_abbreviation_and_an_explosion_bring_is_told() -> None:
    assert "the literature on sleep" in message("REM[ti]")
    assert "mucopolysaccharidosis" in message('"Mucinoses"[mh]')


# ---- spellings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("scleromyxedema", "scleromyxoedema"),
        ("lymphedematous", "lymphoedematous"),
        ("scleredema", "scleroedema"),
        ("tumors", "tumours"),
        ("paraproteinemia", "paraproteinaemia"),
        ("leukemia", "leukaemia"),
        ("hemorrhage", "haemorrhage"),
        ("hematology", "haematology"),
        ("nevus", "naevus"),
        ("esophageal", "oesophageal"),
        ("estrogen", "oestrogen"),
        ("diarrhea", "diarrhoea"),
        ("generalized", "generalised"),
        ("pediatric", "paediatric"),
        ("leukocytoclastic", "leucocytoclastic"),
    ],
)
def test_a_word_has_its_other_spelling_both_ways(american: str, british: str) -> None:
    assert other_spelling(american) == british
    assert other_spelling(british) == american


@pytest.mark.parametrize("word", ["skin", "academic", "epidemic", "colorectal", "hemisphere"])
def test_a_word_spelt_alike_everywhere_has_no_other(word: str) -> None:
    assert other_spelling(word) == word


@pytest.mark.parametrize(
    ("query", "lacking"),
    [
        ("tumor[ti] OR tumour[tiab]", ["tumour[tiab]"]),
        ("tumor*[ti] OR tumour[ti]", ["tumor*[ti]"]),
        ("tumo*[ti] OR tumor[ti] OR tumour*[ti]", []),
        ('"skin tumor"[ti:~0] OR tumour[ti]', ["tumour[ti]"]),
        ('"skin tumor"[ti:~0] OR "tumour skin"[ti:~0]', []),
        ("tumor[ti] OR (tumour[ti] AND skin[ti])", []),
        ("tumor[tw] OR tumour[all]", ["tumour[all]"]),
        ("tumor[la] OR tumor[au] OR tumor[tt]", []),
    ],
)
def test_a_spelling_counts_as_there_in_a_wider_field_a_stem_or_a_looser_phrase(
    query: str, lacking: list[str]
) -> None:
    found = [remark.clause for remark in lint(query) if remark.code == "missing-spelling"]

    assert found == lacking


# ---- anything ----------------------------------------------------------------------------------


@given(st.text(alphabet='abREMsou "()[]:*#~ANDORTnot\n“', max_size=60))
def test_every_query_can_be_linted(text: str) -> None:
    for remark in lint(text):
        assert re.fullmatch("[a-z-]+", remark.code)
        assert remark.message
        assert not remark.message.endswith(".")
        assert remark.clause


def test_a_lower_case_and_is_told_and_its_words_are_not_taken_for_a_phrase() -> None:
    assert [remark.code for remark in lint("hair And edema[tiab]")] == ["lower-case-operator"]
