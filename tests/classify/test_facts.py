"""The facts of an article as a whole, each proved. All records are synthetic unless said so."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.classify.facts import find_facts
from litwatch.classify.match import find_hits
from litwatch.classify.passages import passages
from litwatch.classify.rules import load_ruleset
from litwatch.fetch.records import parse
from litwatch.models import (
    AbstractSection,
    Article,
    Evidence,
    Facts,
    MeshHeading,
    OtherAbstract,
)

RULESET = load_ruleset()
SHARED = Path(__file__).parents[3] / "shared" / "data"

SERIES = Article(
    "1",
    title="Bortezomib for scleromyxoedema: five patients",
    abstract=(
        AbstractSection("BACKGROUND", "Scleromyxoedema often relapses when treatment is stopped."),
        AbstractSection(
            "RESULTS",
            "We report five patients (3 men, 2 women). Four had a complete response; "
            "the fifth did not respond and died of sepsis.",
        ),
        AbstractSection(
            "CONCLUSION", "Bortezomib may be considered. About 20 patients were cited."
        ),
    ),
    publication_types=("Case Reports", "Journal Article"),
)

WORDS = str.split(
    "scleromyxedema mucinosis patients patient a the two 34 1,234 of 8 19 45-year-old man woman "
    "complete response no relapse died improved not without all both one was were treated with "
    "we report case review literature PubMed in vitro ± Skleromyxödem Fälle œ CO(2) µg … . ; , "
    "( ) [ ] % BACKGROUND: Conclusion: n=12 # ### İ ﬁ"
)


def found(article: Article) -> Facts:
    hits = [hit for hit in find_hits(article, RULESET) if hit.category == "topic"]
    return find_facts(article, passages(article), hits)


def proofs(facts: Facts) -> list[Evidence]:
    told = [*facts.topics, facts.study_type, facts.patients, facts.outcome]
    return [proof for fact in told if fact for proof in fact.evidence]


def unproved(article: Article, facts: Facts) -> list[Evidence]:
    """The proofs that do not quote the record, or that stand outside their sentence."""
    strings = {(field, index): string for field, index, string in article.strings()}
    return [
        proof
        for proof in proofs(facts)
        if strings[proof.field, proof.index][proof.start : proof.end] != proof.text
        or not proof.text
        or proof.text not in proof.sentence
        or proof.sentence not in strings[proof.field, proof.index]
    ]


def values(facts: Facts) -> tuple[object, ...]:
    told = (facts.study_type, facts.patients, facts.outcome)
    return tuple(fact.value if fact else None for fact in told)


def test_an_article_has_all_its_facts() -> None:
    facts = found(SERIES)

    assert [fact.value for fact in facts.topics] == ["scleromyxedema"]
    assert values(facts) == ("case_series", 5, "mixed")
    assert unproved(SERIES, facts) == []


def test_nothing_said_is_nothing_found() -> None:
    assert found(Article("1")) == Facts()


@pytest.mark.parametrize("kind", ["Review", "Practice Guideline"])
def test_a_review_has_no_patients_but_those_it_presents(kind: str) -> None:
    cited = "Ninety patients were included. All improved."
    own = "We report three cases of scleredema and review 90 published cases. All improved."

    assert values(found(article(cited, kind)))[1:] == (None, None)
    assert values(found(article(own, kind)))[1] == 3


def article(abstract: str, kind: str) -> Article:
    return Article("1", abstract=(AbstractSection("", abstract),), publication_types=(kind,))


def test_a_laboratory_study_has_no_patients() -> None:
    text = "Fibroblasts of three patients were cultured in vitro. They did not respond."

    assert values(found(Article("1", title=text))) == ("basic_science", None, None)


def test_an_editorial_on_a_series_has_none_of_its_patients() -> None:
    comment = article("A French series of 33 patients has appeared.", "Editorial")

    assert values(found(comment)) == ("other", None, None)


def test_an_abstract_in_another_language_is_read_too() -> None:
    german = "Wir berichten über einen 62-jährigen Mann. Nach Absetzen kam es zum Rezidiv."
    record = Article(
        "1",
        title="[Scleromyxedema].",
        other_abstracts=(OtherAbstract("ger", (AbstractSection("", german),)),),
        publication_types=("Case Reports",),
    )
    facts = found(record)

    assert values(facts) == ("case_report", 1, "relapse")
    assert unproved(record, facts) == []
    assert {proof.field for proof in proofs(facts)} >= {"other_abstract", "title"}


@settings(max_examples=200, deadline=None)
@given(
    title=st.lists(st.sampled_from(WORDS), max_size=12),
    abstract=st.lists(st.lists(st.sampled_from(WORDS), max_size=40), max_size=3),
    label=st.sampled_from(["", "BACKGROUND", "RESULTS", "CONCLUSION", "?"]),
    types=st.sets(st.sampled_from(["Case Reports", "Review", "Letter", "Journal Article"])),
)
def test_whatever_the_words_every_fact_is_proved(
    title: list[str], abstract: list[list[str]], label: str, types: set[str]
) -> None:
    record = Article(
        "1",
        title=" ".join(title),
        abstract=tuple(AbstractSection(label, " ".join(words)) for words in abstract),
        publication_types=tuple(sorted(types)),
    )

    assert unproved(record, found(record)) == []


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200), heading=st.text(min_size=1, max_size=20))
def test_no_text_whatever_breaks_the_facts(text: str, heading: str) -> None:
    record = Article(
        "1",
        title=text,
        vernacular_title=text[::-1],
        abstract=(AbstractSection(heading, text), AbstractSection("", "")),
        other_abstracts=(OtherAbstract("", (AbstractSection(text, heading),)),),
        mesh=(MeshHeading(heading),),
        publication_types=(heading,),
        keywords=(text,),
    )

    assert unproved(record, found(record)) == []


@pytest.mark.parametrize("word", ["significant ", "and ", "patients ", "45 ", "a man ", "no ", "("])
def test_a_word_repeated_without_end_takes_no_time_without_end(word: str) -> None:
    """A pattern that backtracks without bound would not come back within the test's time limit."""
    record = Article("1", abstract=(AbstractSection("", word * 2_000),))

    assert unproved(record, found(record)) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not beside this checkout")
def test_every_fact_of_every_real_record_is_proved() -> None:
    xml = gzip.decompress((SHARED / "pubmed_xml" / "dev.xml.gz").read_bytes())
    records = parse(xml).articles

    assert [proof for record in records for proof in unproved(record, found(record))] == []
    assert sum(found(record).study_type is not None for record in records) > 700
