"""Which diseases an article is about. All records are synthetic: written for these tests."""

import pytest

from litwatch.classify.match import find_hits
from litwatch.classify.rules import TOPIC_LABELS, load_ruleset
from litwatch.classify.topics import ANIMAL_RULE, UMBRELLAS, find_topics
from litwatch.models import AbstractSection, Article, Fact, MeshHeading

RULESET = load_ruleset()
LOCALIZED = "lichen_myxedematosus_localized"
OTHER = "other_cutaneous_mucinosis"


def facts(
    title: str,
    abstract: str = "",
    mesh: tuple[str, ...] = (),
    keywords: tuple[str, ...] = (),
    vernacular_title: str = "",
) -> tuple[Fact, ...]:
    """The topics of a record; a heading that begins with a star is a major one."""
    article = Article(
        "1",
        title=title,
        vernacular_title=vernacular_title,
        abstract=(AbstractSection("", abstract),) if abstract else (),
        mesh=tuple(MeshHeading(name.lstrip("*"), (), name.startswith("*")) for name in mesh),
        keywords=keywords,
    )
    hits = [hit for hit in find_hits(article, RULESET) if hit.category == "topic"]
    return find_topics(article, hits)


def topics(*arguments: object, **keywords: object) -> set[str | int]:
    return {fact.value for fact in facts(*arguments, **keywords)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Scleromyxedema treated with immunoglobulin", {"scleromyxedema"}),
        ("[Scleromyxoedema with paraproteinaemia].", {"scleromyxedema"}),
        ("Dermato-neuro syndrome after influenza", {"scleromyxedema"}),
        ("The Shar-Pei sign in scleromyxedema", {"scleromyxedema"}),
        ("Lichen myxedematosus (scleromyxedema)", {"scleromyxedema"}),
        ("Lichen myxedematosus in a child", {LOCALIZED}),
        ("Acral persistent papular mucinosis", {LOCALIZED, "papular_mucinosis"}),
        ("Cutaneous mucinosis of infancy", {LOCALIZED, "papular_mucinosis"}),
        ("Papular mucinosis", {"papular_mucinosis"}),
        ("Scleredema diabeticorum", {"scleredema"}),
        ("Scleroedema mimicking systemic sclerosis", {"scleredema"}),
        ("Reticular erythematous mucinosis responding to chloroquine", {"rem"}),
        ("Mycosis fungoides with follicular mucinosis", {"follicular_mucinosis"}),
        ("Self-healing juvenile cutaneous mucinosis", {OTHER}),
        ("Cutaneous mucinoses: an overview", {OTHER}),
        ("Guideline: scleromyxoedema and scleroedema", {"scleromyxedema", "scleredema"}),
    ],
)
def test_the_title_names_the_topic(title: str, expected: set[str]) -> None:
    assert topics(title) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Myxedema coma",
        "Sclerema neonatorum",
        "Mucinous adenocarcinoma of the colon",
        "REM sleep behaviour disorder",
        "Nephrogenic systemic fibrosis",
        "Nephrogenic fibrosing dermopathy: a scleromyxedema-like disease",
        "Eosinophilic fasciitis mimicking scleredema",
        "Mucinosis in Shar-Pei dogs",
        "Pretibial myxedema",
    ],
)
def test_a_look_alike_is_no_topic(title: str) -> None:
    assert topics(title) == set()


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("Scleromyxedema is a rare mucinosis. We report a man.", {"scleromyxedema"}),
        ("A man had papules. A diagnosis of scleredema was made.", {"scleredema"}),
        ("Two patients with scleromyxedema received thalidomide.", {"scleromyxedema"}),
        ("What is it? Diagnosis: scleromyxedema.", {"scleromyxedema"}),
        ("A plaque was seen. REM syndrome was diagnosed; mucinosis was found.", {"rem"}),
        ("It was lichen planus. Unlike scleromyxedema, it itched.", set()),
        ("Lichen amyloidosus was found. Scleromyxedema was ruled out.", set()),
        ("The differential diagnosis included scleredema and scleromyxedema.", set()),
        ("It is used in pemphigus, dermatomyositis, scleromyxedema and others.", set()),
        ("Scleromyxedema-like papules were seen.", set()),
    ],
)
def test_an_abstract_is_about_what_it_diagnoses(abstract: str, expected: set[str]) -> None:
    assert topics("A rare eruption", abstract) == expected


def test_a_disease_that_the_abstract_returns_to_is_a_topic() -> None:
    once = "Papules are common. In scleromyxedema they are waxy."
    twice = f"{once} Mucin abounds in scleromyxedema."

    assert topics("Papules", once) == set()
    assert topics("Papules", twice) == {"scleromyxedema"}


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("Scleromyxedema is the generalized form.", {"scleredema"}),
        ("It must be distinguished from scleromyxedema.", {"scleredema"}),
        ("One man had scleromyxedema; a case of scleromyxedema.", {"scleredema", "scleromyxedema"}),
    ],
)
def test_beside_a_title_the_abstract_adds_only_what_it_diagnoses(
    abstract: str, expected: set[str]
) -> None:
    assert topics("Scleredema of Buschke", abstract) == expected


def test_the_major_heading_is_the_topic_where_the_title_names_none() -> None:
    assert topics("A good result", mesh=("*Scleromyxedema",)) == {"scleromyxedema"}
    assert topics("A good result", mesh=("Scleromyxedema",)) == {"scleromyxedema"}
    assert topics("Cutaneous mucinosis of infancy", mesh=("*Scleromyxedema",)) == {
        LOCALIZED,
        "papular_mucinosis",
    }


def test_a_diagnosis_beats_a_minor_heading() -> None:
    abstract = "The diagnosis of scleredema was made."

    assert topics("Hard skin", abstract, mesh=("Scleromyxedema",)) == {"scleredema"}


def test_keywords_speak_where_all_else_is_silent() -> None:
    assert topics("A good result", keywords=("scleromyxedema",)) == {"scleromyxedema"}


def test_a_vernacular_title_is_a_title() -> None:
    assert topics("[A case].", vernacular_title="Ein Fall von Skleromyxödem") == {"scleromyxedema"}


@pytest.mark.parametrize(
    ("title", "abstract", "expected"),
    [
        (
            "Cutaneous mucinosis",
            "The diagnosis of follicular mucinosis was made.",
            {"follicular_mucinosis"},
        ),
        ("Cutaneous mucinosis", "Mucin was found.", {OTHER}),
        ("Pretibial myxedema", "Mucinosis was found. Mucinosis is odd.", set()),
        ("Oral focal mucinosis", "A mucinosis of the gum.", set()),
    ],
)
def test_an_umbrella_word_yields_to_a_finer_topic_and_to_a_look_alike(
    title: str, abstract: str, expected: set[str]
) -> None:
    assert topics(title, abstract) == expected


def test_animals_have_no_topic() -> None:
    headings = ("Animals", "Dogs", "*Mucinoses")

    assert topics("Skin folds of dogs", "Cutaneous mucinosis is common.", headings) == set()
    assert topics("Cutaneous mucinosis", mesh=(*headings, "Humans")) == {OTHER}


def test_a_topic_is_proved_by_every_mention_that_makes_it_one() -> None:
    (fact,) = facts("Scleromyxedema", "We report a man with scleromyxedema and a paraprotein.")

    assert [(proof.field, proof.text, proof.rule) for proof in fact.evidence] == [
        ("title", "Scleromyxedema", "scleromyxedema"),
        ("abstract", "scleromyxedema", "scleromyxedema"),
    ]


def test_the_rules_named_in_the_code_exist() -> None:
    rules = {rule.id: rule for rule in RULESET.rules if rule.category == "topic"}

    assert rules.keys() >= UMBRELLAS
    assert rules[ANIMAL_RULE].tags == ()
    assert {tag for rule in rules.values() for tag in rule.tags} == set(TOPIC_LABELS)
