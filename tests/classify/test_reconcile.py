"""What the mentions of one article make of each other."""

from litwatch.classify import classify
from litwatch.classify.rules import load_ruleset
from litwatch.models import AbstractSection, Article, Findings, MeshHeading

RULESET = load_ruleset()


def findings(text: str, **fields: object) -> Findings:
    article = Article("1", abstract=(AbstractSection("", text),), **fields)  # type: ignore[arg-type]
    return classify(article, RULESET)


def treatments(text: str, **fields: object) -> dict[str, str]:
    return {found.tag.id: found.role for found in findings(text, **fields).treatments}


def organs(text: str, **fields: object) -> dict[str, str]:
    return {found.tag.id: found.role for found in findings(text, **fields).organs}


def test_one_drug_of_a_class_fails_alone() -> None:
    one = "A 40-year-old man received acitretin. Later acitretin had failed."
    other = "A 40-year-old man received isotretinoin. Acitretin had failed."
    assert treatments(one) == {"retinoid": "failed"}
    assert treatments(other) == {"retinoid": "given"}


def test_a_cause_in_the_title_stands_for_its_class() -> None:
    found = treatments(
        "A 40-year-old man was switched to nilotinib. Imatinib was discontinued because of it.",
        title="Follicular mucinosis during imatinib therapy",
    )
    assert found == {"tyrosine_kinase_inhibitor": "cause", "drug_withdrawal": "given"}


def test_stopping_the_cause_is_a_treatment_and_stopping_a_remedy_is_none() -> None:
    cause = "A 40-year-old man took imatinib. Imatinib was stopped and the papules went."
    remedy = "A 40-year-old man took thalidomide. Thalidomide was stopped for numbness."
    title = "Papular mucinosis induced by imatinib"
    assert treatments(cause, title=title)["drug_withdrawal"] == "given"
    assert "drug_withdrawal" not in treatments(remedy)


def test_what_is_only_watched_cannot_fail() -> None:
    assert treatments("No treatment was given to this girl, and the papules were unchanged.") == {
        "observation": "given"
    }


def test_a_conclusion_sums_up_what_was_told_before() -> None:
    sections = (
        AbstractSection("CASE", "A 40-year-old man received thalidomide. Thalidomide had failed."),
        AbstractSection("CONCLUSION", "A long course of thalidomide was taken."),
    )
    found = classify(Article("1", abstract=sections), RULESET)
    assert [finding.role for finding in found.treatments] == ["failed"]


def test_a_denied_finding_does_not_deny_another_of_its_organ() -> None:
    assert organs("She was comatose. Seizures were absent.")["neuro_central"] == "involved"


def test_a_denied_organ_denies_what_nothing_else_supports() -> None:
    text = "She had no cardiac involvement. The cardiomyopathy of others was discussed."
    assert organs(text)["cardiovascular"] == "excluded"


def test_what_the_index_calls_chemically_induced_is_no_organ_of_the_disease() -> None:
    text = "In this woman numbness of the feet came on."
    heading = MeshHeading("Peripheral Nervous System Diseases", ("chemically induced",))
    assert organs(text)["neuro_peripheral"] == "involved"
    assert organs(text, mesh=(heading,))["neuro_peripheral"] == "mentioned"


def test_a_general_term_is_silent_beside_the_specific_one_unless_it_says_more() -> None:
    mentioned = "This man received UVA1. Phototherapy is widely used."
    failed = "This man received UVA1. Phototherapy had failed before."
    alone = "This man is well. Phototherapy is widely used."
    assert treatments(mentioned) == {"uva1": "given"}
    assert treatments(failed) == {"uva1": "given", "phototherapy_unspecified": "failed"}
    assert treatments(alone) == {"phototherapy_unspecified": "mentioned"}
