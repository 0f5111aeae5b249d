"""How the reported patients fared. All sentences are synthetic: written for these tests."""

import pytest

from litwatch.classify.outcome import find_outcome
from litwatch.classify.passages import passages
from litwatch.classify.patients import count_patients
from litwatch.classify.study_type import find_study_type
from litwatch.models import AbstractSection, Article, Fact

MAN = "A 45-year-old man with scleromyxedema was treated with immunoglobulin."


def fact(
    *abstract: tuple[str, str] | str, title: str = "Mucin", types: tuple[str, ...] = ()
) -> Fact | None:
    sections = tuple(
        AbstractSection("", part) if isinstance(part, str) else AbstractSection(*part)
        for part in abstract
    )
    article = Article("1", title=title, abstract=sections, publication_types=types)
    sentences = passages(article)
    count = count_patients(sentences)
    return find_outcome(sentences, count, find_study_type(sentences, count))


def outcome(*abstract: tuple[str, str] | str, **keywords: object) -> str | int | None:
    found = fact(*abstract, **keywords)  # type: ignore[arg-type]
    return found.value if found else None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Complete remission was achieved.", "response"),
        ("There was marked and sustained improvement of the skin.", "response"),
        ("The papules resolved and the skin softened.", "response"),
        ("The modified skin score fell from 30 to 4.", "response"),
        ("He responded well and went back to work.", "response"),
        ("The outcome was favourable.", "response"),
        ("The lesions disappeared spontaneously.", "response"),
        ("A partial response was noted.", "partial"),
        ("Near-complete clearance of the papules was seen.", "partial"),
        ("The papules flattened only slightly.", "partial"),
        ("The skin was softer on the trunk, though unchanged on the hands.", "partial"),
        ("About half of the papules were gone after a year.", "partial"),
        ("There was no response.", "none"),
        ("He did not improve.", "none"),
        ("The treatment was ineffective.", "none"),
        ("The disease progressed despite treatment.", "none"),
        ("Only transient improvement was seen.", "none"),
        ("He relapsed after stopping.", "relapse"),
        ("Lesions recurred when the dose was tapered.", "relapse"),
        ("He died of sepsis.", "died"),
        ("The course was complicated by pneumonia with fatal outcome.", "died"),
        ("Es kam zu einer deutlichen Besserung.", "response"),
        ("Nach Absetzen kam es zu einem Rezidiv.", "relapse"),
        ("Die Therapie blieb ohne Erfolg.", "none"),
        ("Une rémission complète a été obtenue.", "response"),
        ("Une rechute est survenue à l'arrêt.", "relapse"),
        ("El paciente falleció.", "died"),
        ("Se observó mejoría parcial.", "partial"),
    ],
)
def test_an_outcome_is_read_from_its_words(told: str, expected: str) -> None:
    assert outcome(f"{MAN} {told}") == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Complete remission was achieved, but he relapsed after stopping.", "relapse"),
        ("He relapsed twice; on reintroduction the lesions cleared again.", "response"),
        ("Thalidomide had no effect. Melphalan led to complete clearance.", "response"),
        ("The skin improved. Six months later he died of heart failure.", "died"),
        ("He relapsed, and a second course was without benefit.", "relapse"),
        ("A partial response was noted. No relapse occurred for two years.", "partial"),
        ("The skin softened, but the hands stayed as they were.", "partial"),
        ("The papules cleared except for a small area.", "partial"),
        ("The face cleared. His hands are still thick.", "partial"),
        ("A partial regression of the papules was seen, and itching subsided.", "partial"),
        ("The papules disappeared. He died in 1994.", "died"),
    ],
)
def test_the_last_statement_counts(told: str, expected: str) -> None:
    assert outcome(f"{MAN} {told}") == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("No relapse occurred in two years.", "response"),
        ("The lesions have not returned.", "response"),
        ("Complete remission was achieved without recurrence.", "response"),
        ("There has been no return of the disease.", "response"),
        ("In none of its cycles has immunoglobulin been ineffective.", "response"),
        ("Nodules without surface change are typical.", None),
        ("Recovery was uneventful.", None),
        ("No adverse effects were noted.", None),
        ("There was no change in the paraprotein.", None),
        ("He refused further treatment.", None),
        ("His father had died of myeloma.", None),
        ("There was no treatment-related mortality.", None),
        ("He had been refractory to thalidomide.", None),
        ("Maintenance was given to prevent relapse.", None),
        ("The immune response was normal.", None),
    ],
)
def test_negated_and_foreign_words_are_no_outcome(told: str, expected: str | None) -> None:
    assert outcome(f"{MAN} {told}") == expected


@pytest.mark.parametrize(
    "told",
    [
        "Immunoglobulin may induce remission.",
        "Melphalan has been reported to bring complete remission.",
        "In the literature, relapse was seen in half of patients.",
        "Scleromyxedema is a chronic disease with poor response to treatment.",
        "If the disease recurs, bortezomib could be used.",
        "There is no effective treatment.",
    ],
)
def test_background_possibility_and_the_literature_tell_nothing(told: str) -> None:
    assert outcome(f"{MAN} {told}") is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("One achieved complete remission; the other died of pneumonia.", "mixed"),
        ("Both achieved complete remission.", "response"),
        ("Both improved. Both relapsed within a year.", "relapse"),
        ("None of the patients responded.", "none"),
        ("Improvement was seen in one of the two patients.", "mixed"),
        ("Complete remission was obtained in two patients.", "response"),
        ("The first patient improved; the second did not respond.", "mixed"),
        ("There was no relapse in either patient.", "response"),
    ],
)
def test_several_patients_share_an_outcome_or_are_mixed(told: str, expected: str) -> None:
    assert outcome(f"We report two patients treated with melphalan. {told}") == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Five had a complete response, three a partial response and two no response.", "mixed"),
        ("Improvement was seen in 7 of 10 patients.", "mixed"),
        ("The overall response rate was 62%.", "mixed"),
        ("All ten improved, and no relapse was seen.", "response"),
        (
            "Improvement was seen in all patients; dysphagia resolved in all four affected.",
            "response",
        ),
        ("Previous thalidomide had failed in six. All patients improved.", "response"),
        ("Two died of sepsis.", "mixed"),
    ],
)
def test_a_group_is_mixed_unless_all_fared_alike(told: str, expected: str) -> None:
    assert outcome(f"Ten patients were included and received melphalan. {told}") == expected


def test_patients_described_one_by_one_end_each_in_their_own_way() -> None:
    told = (
        "Case 1 was a man given immunoglobulin, with complete remission. "
        "Case 2 was a woman given melphalan. She died."
    )
    found = fact(told)

    assert found is not None
    assert found.value == "mixed"
    assert [proof.text for proof in found.evidence] == ["complete remission", "died"]


def test_conclusions_speak_only_where_the_rest_is_silent() -> None:
    case = ("CASE", f"{MAN} He relapsed.")
    silent = ("CASE", MAN)
    conclusion = ("CONCLUSION", "Immunoglobulin was effective in our patient.")

    assert outcome(case, conclusion) == "relapse"
    assert outcome(silent, conclusion) == "response"


def test_a_background_section_tells_nothing() -> None:
    assert outcome(("BACKGROUND", "Patients relapsed."), ("CASE", MAN)) is None


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Successful treatment of scleromyxedema with immunoglobulin", "response"),
        ("Scleredema responding to bortezomib", "response"),
        ("Fatal scleromyxedema", "died"),
        ("Scleromyxedema: is immunoglobulin effective?", None),
        ("Efficacy of phototherapy in scleredema", None),
        ("Treatment of scleromyxedema", None),
    ],
)
def test_a_title_speaks_where_there_is_no_abstract(title: str, expected: str | None) -> None:
    assert outcome(title=title) == expected
    assert outcome(title=title, types=("Letter",)) == expected


@pytest.mark.parametrize("kind", ["Review", "Practice Guideline", "Retraction of Publication"])
def test_a_review_a_guideline_and_a_notice_have_no_outcome(kind: str) -> None:
    assert outcome("Ten patients were cited. All improved.", types=(kind,)) is None


def test_a_review_with_own_cases_has_their_outcome() -> None:
    assert outcome(f"We report a case. {MAN} He died.", types=("Review",)) == "died"


def test_the_outcome_is_proved_by_its_words() -> None:
    found = fact(f"{MAN} After a year, complete remission was achieved.")

    assert found is not None
    (proof,) = found.evidence
    assert proof.text == "complete remission"
    assert proof.sentence == "After a year, complete remission was achieved."
    assert proof.rule == "effect"
