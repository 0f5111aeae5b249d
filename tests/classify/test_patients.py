"""How many patients an article reports. All sentences are synthetic: written for these tests."""

import pytest

from litwatch.classify.passages import passages
from litwatch.classify.patients import Count, count_patients
from litwatch.models import AbstractSection, Article


def count(abstract: str = "", *, title: str = "", label: str = "") -> Count | None:
    sections = (AbstractSection(label, abstract),) if abstract else ()
    return count_patients(passages(Article("1", title=title, abstract=sections)))


def number(abstract: str = "", *, title: str = "", label: str = "") -> int | None:
    counted = count(abstract, title=title, label=label)
    return counted.number if counted else None


@pytest.mark.parametrize(
    "abstract",
    [
        "A 45-year-old man presented with waxy papules.",
        "A previously healthy forty-five-year-old female had stiff hands.",
        "We report a woman, aged 62, with scleredema.",
        "A man in his sixties had leonine facies.",
        "In a 6-month-old girl papules were found on the hands.",
        "We describe a patient with dermato-neuro syndrome.",
        "A case of alopecia mucinosa in a soldier is presented.",
        "Thalidomide was given to a patient with scleromyxedema.",
        "The patient was treated with melphalan, and she improved.",
        "A woman, 51 years of age, had a plaque on the back.",
        "Wir berichten über eine 56-jährige Patientin mit Skleromyxödem.",
        "Nous rapportons le cas d'un homme de 49 ans.",
        "Varón de 69 años con pápulas.",
        "A 62-year-old man had papules. The 62-year-old man improved.",
        "His 70-year-old father had myeloma. A 40-year-old man had papules.",
        "A boy, born after 31 weeks of gestation, was seen. The boy was cold.",
    ],
)
def test_one_described_patient_is_one(abstract: str) -> None:
    assert number(abstract) == 1


@pytest.mark.parametrize(
    ("abstract", "patients"),
    [
        ("We describe ten patients with scleromyxedema.", 10),
        ("We report on 4 further Japanese patients.", 4),
        ("Three cases of papular mucinosis are described.", 3),
        ("Thirty-three patients (17 men, 16 women) were included.", 33),
        ("One hundred and twelve consecutive patients were enrolled.", 112),
        ("A total of 1,204 patients with diabetes were examined for scleredema.", 1204),
        ("Patients with scleredema (n = 34) were compared with controls (n = 40).", 34),
        ("We retrospectively reviewed the charts of twenty-six patients. Nine were women.", 26),
        ("In a cohort of 14, followed for years, papules persisted.", 14),
        ("17 men and 13 women with scleromyxedema were followed.", 30),
        ("Eleven females and four males had follicular mucinosis.", 15),
        ("There were 30 patients, 17 men and 12 women, and one child.", 30),
        ("Eight of 19 patients responded to melphalan.", 19),
        ("Skin responses were seen in 13/31 patients.", 31),
        ("A 56-year-old woman and her 60-year-old sister developed papules.", 2),
        ("A 54-year-old man and a 67-year-old woman had papules on the shins.", 2),
        ("Case 1 was a man with papules. Case 2 was a woman with plaques.", 2),
        ("A mother and daughter had papules on the hands.", 2),
        ("Both patients improved with hydroxychloroquine.", 2),
        ("Three previously healthy children had induration of the neck.", 3),
        ("Wir berichten über vierundzwanzig Patienten.", 24),
        ("Nous rapportons trois cas de mucinose papuleuse.", 3),
        ("Se presentan dos casos de escleredema.", 2),
    ],
)
def test_several_patients_are_counted(abstract: str, patients: int) -> None:
    assert number(abstract) == patients


@pytest.mark.parametrize(
    ("title", "patients"),
    [
        ("Lichen myxedematosus: report of three cases and review of 24 published cases", 3),
        ("Thalidomide in scleromyxedema: a series of 5 patients", 5),
        ("Papular mucinosis in two sisters", 2),
        ("Zwei Fälle von Skleromyxödem", 2),
        ("Scleromyxedema in a patient with myeloma", 1),
        ("Scleredema: a case report", 1),
        ("Scleredema of Buschke.", None),
        ("Scleromyxedema in patients with myeloma", None),
    ],
)
def test_a_title_counts_too(title: str, patients: int | None) -> None:
    assert number(title=title) == patients


@pytest.mark.parametrize(
    "abstract",
    [
        "To date, fewer than 30 cases have been described.",
        "A search of PubMed found 45 studies with 120 patients.",
        "In the literature, 158 patients were treated with immunoglobulin.",
        "Scleromyxedema affects one in 10 patients with this paraprotein.",
        "Serum of 20 healthy individuals was studied.",
        "Mucinosis affects men and women. Treatment lasts 10 years.",
        "A dose of 150 mg was given for 12 weeks.",
        "It should be considered in a patient with papules.",
    ],
)
def test_other_peoples_patients_controls_and_figures_are_none(abstract: str) -> None:
    assert number(abstract) is None


@pytest.mark.parametrize(
    ("abstract", "patients"),
    [
        ("We report two new cases and review 15 cases from the literature.", 2),
        ("About 150 patients have been described. We report a man with seizures.", 1),
        ("1,204 patients were screened, and 44 patients were included.", 44),
        ("A 50-year-old woman had papules. To our knowledge this is the second case.", 1),
        ("We report 44 patients, the largest series to date.", 44),
        ("A 50-year-old man had papules. Ten patients with such papules were published.", 1),
        ("Nine patients were found. The oldest, an 80-year-old woman, died.", 9),
    ],
)
def test_the_authors_own_patients_count_among_others(abstract: str, patients: int) -> None:
    assert number(abstract) == patients


def test_a_section_on_the_literature_counts_none() -> None:
    assert number("Ninety patients were included.", label="DATA SOURCES") is None
    assert number("Ninety patients were included.", label="RESULTS") == 90


def test_the_count_is_proved_by_its_words() -> None:
    counted = count("Mucin is odd. A 56-year-old woman and her 60-year-old sister had papules.")

    assert counted is not None
    assert [proof.text for proof in counted.evidence] == [
        "A 56-year-old woman",
        "her 60-year-old sister",
    ]
    assert {proof.rule for proof in counted.evidence} == {"a_year_old"}


def test_announced_cases_are_told_from_counted_groups() -> None:
    announced = count("We describe ten patients.")
    counted = count("Ten patients were included.")

    assert announced is not None
    assert announced.is_announced
    assert counted is not None
    assert not counted.is_announced


def test_patients_described_one_by_one_begin_in_different_sentences() -> None:
    counted = count("Mucin is odd. Case 1 was a man. He died. Case 2 was a woman.")

    assert counted is not None
    assert counted.starts == (1, 3)
