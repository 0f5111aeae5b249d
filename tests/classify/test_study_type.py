"""What kind of study an article is. All records are synthetic: written for these tests."""

import pytest

from litwatch.classify.passages import passages
from litwatch.classify.patients import count_patients
from litwatch.classify.study_type import find_study_type
from litwatch.models import AbstractSection, Article, Fact, MeshHeading


def fact(
    title: str = "Mucin",
    abstract: str = "",
    types: tuple[str, ...] = (),
    mesh: tuple[str, ...] = (),
) -> Fact | None:
    sentences = passages(
        Article(
            "1",
            title=title,
            abstract=(AbstractSection("", abstract),) if abstract else (),
            publication_types=types,
            mesh=tuple(MeshHeading(heading) for heading in mesh),
        )
    )
    return find_study_type(sentences, count_patients(sentences))


def study_type(*arguments: object, **keywords: object) -> str | int | None:
    found = fact(*arguments, **keywords)  # type: ignore[arg-type]
    return found.value if found else None


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("Letter",), "letter"),
        (("Case Reports", "Letter"), "letter"),
        (("Comment", "Letter"), "letter"),
        (("Journal Article", "Practice Guideline"), "guideline"),
        (("Guideline", "Review"), "guideline"),
        (("Journal Article", "Randomized Controlled Trial"), "trial"),
        (("Clinical Trial, Phase II", "Multicenter Study"), "trial"),
        (("Journal Article", "Review"), "review"),
        (("Systematic Review",), "review"),
        (("Case Reports", "Review"), "review"),
        (("Meta-Analysis",), "review"),
        (("Case Reports", "Journal Article"), "case_report"),
        (("Multicenter Study",), "cohort"),
        (("Observational Study",), "cohort"),
        (("Randomized Controlled Trial, Veterinary",), "basic_science"),
        (("Published Erratum",), "other"),
        (("Retraction of Publication",), "other"),
        (("Editorial", "Comment"), "other"),
        (("Historical Article", "Journal Article"), "other"),
        (("Journal Article", "Research Support, N.I.H., Extramural"), "other"),
    ],
)
def test_publication_types_decide(types: tuple[str, ...], expected: str) -> None:
    found = fact(types=types)

    assert found is not None
    assert found.value == expected
    assert {proof.field for proof in found.evidence} == {"publication_types"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Consensus statement on sclerosing diseases of the skin", "guideline"),
        ("S1-Leitlinie: Sklerodermie", "guideline"),
        ("Phototherapy of scleredema: a randomised controlled trial", "trial"),
        ("Treatment of scleromyxedema: a systematic review", "review"),
        ("Cutaneous mucinoses: an update", "review"),
        ("Scleromyxedema: a case report", "case_report"),
        ("Scleromyxedema: case report and review of the literature", "case_report"),
        ("Papular mucinosis in two sisters", "case_series"),
        ("Scleredema: a case series", "case_series"),
        ("Rituximab in scleromyxedema: a series of 12 patients", "case_series"),
        ("Scleromyxedema: a nationwide registry", "cohort"),
        ("Scleredema: a multicentre study of 44 patients", "cohort"),
        ("Re: Scleromyxedema and immunoglobulin", "letter"),
        ("Scleromyxedema serum stimulates fibroblasts in vitro", "basic_science"),
        ("Retraction: Doxycycline in scleromyxedema", "other"),
    ],
)
def test_a_title_decides_where_the_types_do_not(title: str, expected: str) -> None:
    assert study_type(title) == expected
    assert study_type(title, types=("Journal Article",)) == expected


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("A 45-year-old man had papules.", "case_report"),
        ("A 45-year-old man and a 50-year-old woman had papules.", "case_series"),
        ("We report five patients with scleromyxedema.", "case_series"),
        ("We retrospectively reviewed the records of 26 patients.", "cohort"),
        ("Eight patients seen between 1990 and 2010 received immunoglobulin.", "cohort"),
        ("Twenty-six patients had scleromyxedema.", "cohort"),
        ("Six patients had scleromyxedema.", "case_series"),
        ("We performed a case-control study.", "cohort"),
        ("Patients were randomly assigned to UVA1 or placebo.", "trial"),
        ("This was an open-label, single-arm trial in ten patients.", "trial"),
        ("This review summarises what is known of mucin.", "review"),
        ("Cultured dermal fibroblasts were incubated with serum.", "basic_science"),
    ],
)
def test_an_abstract_decides_where_the_title_does_not(abstract: str, expected: str) -> None:
    assert study_type(abstract=abstract, types=("Journal Article",)) == expected


def test_two_described_patients_make_a_case_report_a_series() -> None:
    found = fact(abstract="We report two patients.", types=("Case Reports",))

    assert found is not None
    assert found.value == "case_series"
    assert {proof.field for proof in found.evidence} == {"publication_types", "abstract"}


def test_a_studied_group_is_a_cohort_though_indexed_as_case_reports() -> None:
    abstract = "The charts of 40 patients seen in a multicenter study were reviewed."

    assert study_type(abstract=abstract, types=("Case Reports", "Multicenter Study")) == "cohort"


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        (("Animals", "Dogs"), "basic_science"),
        (("Animals", "Humans"), "other"),
        (("Humans", "Cells, Cultured"), "basic_science"),
        (("Humans", "Retrospective Studies"), "cohort"),
    ],
)
def test_headings_tell_of_animals_cells_and_cohorts(mesh: tuple[str, ...], expected: str) -> None:
    assert study_type(types=("Journal Article",), mesh=mesh) == expected


def test_a_case_report_with_a_laboratory_part_stays_a_case_report() -> None:
    abstract = "We report a 40-year-old man. His serum was added to cultured fibroblasts."

    assert study_type(abstract=abstract, types=("Case Reports",)) == "case_report"


def test_gene_expression_measured_in_patients_is_basic_science() -> None:
    title = "HAS2 expression in the skin of patients with scleromyxedema"
    abstract = "RNA was extracted from the skin of nine patients and measured by RT-PCR."

    assert study_type(title, abstract, ("Journal Article",)) == "basic_science"


def test_a_record_that_tells_nothing_has_no_study_type() -> None:
    assert fact("Mucin") is None
