"""The role of a mention: by its cues, its clause, its list, its place in the article."""

import re

import pytest

from litwatch.classify.context import mentions
from litwatch.classify.examples import Example, run_examples
from litwatch.classify.match import find_hits
from litwatch.classify.passages import passages
from litwatch.classify.rules import Cue, load_ruleset
from litwatch.models import AbstractSection, Article, MeshHeading

RULESET = load_ruleset()
ACROSS = [cue for cue in RULESET.cues if cue.direction == "previous"]
PLACES = {cue.place for cue in RULESET.cues if cue not in ACROSS}
WITHIN = [example for example in run_examples(RULESET) if example.place in PLACES]


def examples(kind: str) -> list[object]:
    """The examples of the cues that speak of the sentence before."""
    return [
        pytest.param(cue, example, id=f"{cue.id}-{number}")
        for cue in ACROSS
        for number, example in enumerate(getattr(cue, kind))
    ]


def roles(text: str | list[tuple[str, str]], **fields: object) -> dict[str, str]:
    """The role of every rule's first mention in an article; later ones where it changes."""
    sections = [("", text)] if isinstance(text, str) else text
    article = Article(
        "1",
        abstract=tuple(AbstractSection(label, part) for label, part in sections),
        **fields,  # type: ignore[arg-type]
    )
    found = mentions(article, passages(article), find_hits(article, RULESET), RULESET)
    return {mention.hit.rule: mention.role for mention in reversed(found)}


@pytest.mark.parametrize("example", WITHIN, ids=lambda example: example.text[:60])
def test_a_cue_gives_its_role_in_its_examples_and_is_silent_in_its_counterexamples(
    example: Example,
) -> None:
    assert example.fault == ""


@pytest.mark.parametrize(("cue", "example"), examples("matches"))
def test_a_pronoun_speaks_of_the_sentence_before(cue: Cue, example: str) -> None:
    sentence, number = re.subn(r"[][]", "", example)
    drugs = set(RULESET.ids("treatment"))
    found = roles("We report a patient. " + sentence)
    role = {"certain": "given"}.get(cue.role, cue.role)
    assert [told for rule, told in found.items() if rule in drugs] == [role] * (number // 2)


@pytest.mark.parametrize(("cue", "example"), examples("ignores"))
def test_a_pronoun_of_something_else_changes_nothing(cue: Cue, example: str) -> None:
    drugs = set(RULESET.ids("treatment"))
    found = roles("We report a patient. " + re.sub(r"[][]", "", example))
    assert {role for rule, role in found.items() if rule in drugs} <= {"given", "mentioned"}


def test_every_cue_has_examples() -> None:
    assert [
        cue.id for cue in RULESET.cues if cue.role not in ("except", "same") and not cue.matches
    ] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "In this woman oral steroids, thalidomide and PUVA gave no response; IVIG helped "
            "and led to remission.",
            {
                "systemic_glucocorticoid": "failed",
                "thalidomide": "failed",
                "puva": "failed",
                "ivig": "given",
            },
            id="four-failures-and-one-success",
        ),
        pytest.param(
            "This man, without response to prednisone and methotrexate, was treated with IVIG.",
            {"prednisone": "failed", "methotrexate": "failed", "ivig": "given"},
            id="a-nearer-treated-cue-beats-a-failure-before-the-list",
        ),
        pytest.param(
            "Despite treatment with melphalan the disease of this man progressed.",
            {"melphalan": "failed"},
            id="a-nominal-cue-does-not-beat-it",
        ),
        pytest.param(
            "After failure of thalidomide, melphalan was started in this man.",
            {"thalidomide": "failed", "melphalan": "given"},
            id="a-comma-ends-the-failed-phrase",
        ),
        pytest.param(
            "Prednisone, methotrexate and PUVA had been unsuccessful in this man, but IVIG worked "
            "and brought remission.",
            {"prednisone": "failed", "methotrexate": "failed", "puva": "failed", "ivig": "given"},
            id="a-failure-after-the-list",
        ),
        pytest.param(
            "Neither topical steroids nor oral prednisolone was effective in this man.",
            {"topical_corticosteroid": "failed", "prednisolone": "failed"},
            id="neither-nor",
        ),
        pytest.param(
            "In this man all drugs were ineffective except for thalidomide, although prednisone "
            "was given.",
            {"prednisone": "given"},
            id="except-does-not-leak",
        ),
        pytest.param(
            "He received prednisone, methotrexate and PUVA, with no improvement.",
            {"prednisone": "failed", "methotrexate": "failed", "puva": "failed"},
            id="a-list-shares-the-cue-after-it",
        ),
        pytest.param(
            "This girl received prednisone 40 mg daily (later 20 mg), azathioprine, and IVIG.",
            {"prednisone": "given", "azathioprine": "given", "ivig": "given"},
            id="a-list-shares-the-cue-before-it",
        ),
        pytest.param(
            "Thalidomide was stopped in this man because of a neuropathy, and lenalidomide was "
            "started.",
            {"thalidomide": "withdrawn", "lenalidomide": "given"},
            id="stopped-for-harm",
        ),
        pytest.param(
            "In this man IVIG could not be given for lack of money, and chemotherapy was refused.",
            {"ivig": "considered", "chemotherapy_unspecified": "considered"},
            id="not-possible-and-refused",
        ),
        pytest.param(
            "This man developed follicular mucinosis after starting adalimumab for psoriasis.",
            {"anti_tnf": "cause"},
            id="the-cause-of-the-disease",
        ),
        pytest.param(
            "This woman took prednisolone for lupus. She received IVIG.",
            {"prednisolone": None, "ivig": "given"},
            id="a-drug-for-another-disease-is-no-tag",
        ),
        pytest.param(
            "We report a man. Treatment options include IVIG and melphalan. He received IVIG.",
            {"ivig": "mentioned", "melphalan": "mentioned"},
            id="options-are-only-mentioned",
        ),
        pytest.param(
            "Six rats were treated with thalidomide.",
            {"thalidomide": "mentioned"},
            id="nobody-is-treated-in-a-rat",
        ),
        pytest.param(
            "Wir berichten über einen Mann. Unter Methotrexat kam es zu keiner Besserung, "
            "Thalidomid blieb ohne Erfolg. Er erhielt IVIG.",
            {"methotrexate": "failed", "thalidomide": "failed", "ivig": "given"},
            id="german",
        ),
    ],
)
def test_treatments_get_the_role_of_their_clause(
    text: str, expected: dict[str, str | None]
) -> None:
    found = roles(text)
    assert {rule: found.get(rule) for rule in expected} == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Adalimumab-induced follicular mucinosis", {"anti_tnf": "cause"}),
        ("Follicular mucinosis during imatinib therapy", {"tyrosine_kinase_inhibitor": "cause"}),
        ("Lenalidomide for scleromyxedema", {"lenalidomide": "given"}),
        ("Treatment of scleredema with PUVA", {"puva": "given"}),
        ("Photopheresis: a treatment option in scleromyxedema?", {"ecp": "given"}),
        (
            "Scleromyxedema refractory to melphalan successfully treated with lenalidomide",
            {"melphalan": "failed", "lenalidomide": "given"},
        ),
        (
            "Response of scleromyxedema to IVIG after failure of thalidomide",
            {"thalidomide": "failed"},
        ),
        ("Scleromyxedema and thalidomide", {"thalidomide": "mentioned"}),
    ],
)
def test_titles_are_read_as_titles(title: str, expected: dict[str, str]) -> None:
    found = roles("", title=title)
    assert {rule: found.get(rule) for rule in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "She had no dysphagia, Raynaud phenomenon or arthritis.",
            {"dysphagia": "excluded", "raynaud": "excluded", "arthritis_arthralgia": "excluded"},
        ),
        (
            "She presented with dysphagia and denied dyspnea.",
            {"dysphagia": "involved", "dyspnea": "excluded"},
        ),
        (
            "Her renal and liver function were normal, but thyroid function was reduced.",
            {"renal": "excluded"},
        ),
        ("She developed a thalidomide-induced peripheral neuropathy.", {"neuropathy": "mentioned"}),
        ("Her past history included hypertension.", {"hypertension": "mentioned"}),
        ("In her, unlike in amyloidosis, the tongue was soft.", {"lymphoma_leukemia": "mentioned"}),
        ("Carpal tunnel syndrome was found in 4 of 19 patients.", {"carpal_tunnel": "involved"}),
        ("We report a man. The disease may involve the oral mucosa.", {"oral": "mentioned"}),
        ("She had orange peel skin, and the fingers were spared.", {"skin_sclerosis": "involved"}),
        ("Her diabetes mellitus was known.", {"diabetes": "mentioned"}),
        ("Her HIV infection was ruled out.", {"infection": "excluded"}),
        ("Chills and a neuropathy were ascribed to thalidomide.", {"neuropathy": "mentioned"}),
        (
            "We report a man. A neuropathy, ascribed to amyloid, was found.",
            {"neuropathy": "involved"},
        ),
        ("The heart, lungs and liver contained none.", {"cardiovascular": "excluded"}),
        ("We report a man. Dysphagia was never absent.", {"dysphagia": "involved"}),
        ("We report a man. There has been no return of the seizures.", {"seizure": "involved"}),
        ("There was no dysphagia or abnormal creatinine.", {"renal": "excluded"}),
        ("A paraprotein was found, and thyroid function was normal.", {"thyroid": "excluded"}),
        (
            "We report a man. A paraprotein was found and liver enzymes were normal.",
            {"monoclonal_gammopathy": "involved", "hepatic": "excluded"},
        ),
        ("Her mother had suffered from hypothyroidism.", {"thyroid": "mentioned"}),
        ("She had psoriasis and developed dysphagia.", {"skin_other": "mentioned"}),
    ],
)
def test_organs_get_the_role_of_their_clause(text: str, expected: dict[str, str]) -> None:
    found = roles(text)
    assert {rule: found.get(rule) for rule in expected} == expected


def test_an_examination_counts_only_where_its_result_is_told() -> None:
    assert roles("Her thyroid function was normal.") == {"thyroid": "excluded"}
    assert roles("Her thyroid function was reduced.") == {"thyroid": "involved"}
    assert roles("Her thyroid function was measured.") == {}


def test_a_bare_mention_is_no_finding_where_the_text_says_that_there_is_none() -> None:
    text = "She had no monoclonal gammopathy. The search for a gammopathy should go on."
    article = Article("1", abstract=(AbstractSection("", text),))
    found = mentions(article, passages(article), find_hits(article, RULESET), RULESET)
    assert [mention.role for mention in found] == ["excluded", "mentioned"]


def test_a_normal_test_denies_no_finding_of_its_organ() -> None:
    found = roles("A man of 60 was in a coma on admission. The cerebrospinal fluid was normal.")
    assert found["encephalopathy_coma"] == "involved"
    assert found["neuro_central"] == "excluded"


def test_a_title_that_names_a_harm_speaks_for_the_text() -> None:
    found = roles("CT showed pulmonary embolism.", title="Pulmonary embolism under thalidomide")
    assert found["thrombosis"] == "mentioned"


def test_a_study_of_cells_finds_nothing_in_patients() -> None:
    title = "Hyaluronan synthesis by cultured fibroblasts"
    assert roles("The paraprotein had no effect.", title=title) == {
        "monoclonal_gammopathy": "mentioned"
    }


def test_the_definition_in_the_first_sentence_is_no_finding() -> None:
    text = (
        "Scleromyxedema is a mucinosis with monoclonal gammopathy, treated with IVIG. "
        "We report a man with dysphagia."
    )
    found = roles(text)
    assert found["monoclonal_gammopathy"] == "mentioned"
    assert found["ivig"] == "mentioned"
    assert found["dysphagia"] == "involved"


def test_a_section_of_background_gives_no_treatment() -> None:
    found = roles(
        [
            ("BACKGROUND", "The disease was long treated with melphalan."),
            ("RESULTS", "Five patients received IVIG."),
        ]
    )
    assert found == {"melphalan": "mentioned", "ivig": "given"}


def test_a_conclusion_proposes_what_was_not_given_and_confirms_what_was() -> None:
    found = roles(
        [
            ("RESULTS", "IVIG was given to five patients."),
            ("CONCLUSION", "IVIG was effective. The efficacy of lenalidomide is next."),
        ]
    )
    assert found == {"ivig": "given", "lenalidomide": "considered"}


def test_a_later_failure_corrects_the_start_of_a_treatment_in_a_single_case() -> None:
    single = "A 40-year-old man received thalidomide. After a year thalidomide had failed."
    series = "Ten patients received thalidomide. In two of them thalidomide had failed."
    assert roles(single) == {"thalidomide": "failed"}
    assert roles(series) == {"thalidomide": "given"}


def test_a_title_that_names_the_cause_beats_the_text() -> None:
    found = roles(
        "A 40-year-old man was treated with adalimumab.",
        title="Follicular mucinosis induced by adalimumab",
    )
    assert found == {"anti_tnf": "cause"}


def heading(name: str, *qualifiers: str, major: bool = False) -> MeshHeading:
    return MeshHeading(name, qualifiers, major)


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        ((heading("Thalidomide", "therapeutic use"),), {"thalidomide": "given"}),
        ((heading("Thalidomide", "adverse effects,therapeutic use*"),), {"thalidomide": "given"}),
        ((heading("Thalidomide", "adverse effects"),), {"thalidomide": "mentioned"}),
        ((heading("Thalidomide"),), {"thalidomide": "mentioned"}),
        ((heading("Thyroxine", "blood"),), {}),
        ((heading("Thalidomide", "analogs & derivatives"),), {}),
        (
            (
                heading("Adalimumab", "adverse effects"),
                heading("Mucinosis, Follicular", "chemically induced"),
            ),
            {"anti_tnf": "cause"},
        ),
        ((heading("Heart Failure", "complications"),), {"cardiomyopathy_hf": "involved"}),
        ((heading("Heart Failure", major=True),), {"cardiomyopathy_hf": "involved"}),
        ((heading("Heart Failure", "diagnosis"),), {"cardiomyopathy_hf": "mentioned"}),
        ((heading("Heart Failure", "chemically induced"),), {"cardiomyopathy_hf": "mentioned"}),
    ],
)
def test_headings_say_what_their_qualifiers_say(
    mesh: tuple[MeshHeading, ...], expected: dict[str, str]
) -> None:
    assert roles("", mesh=mesh) == expected


def test_a_review_without_patients_treats_nobody() -> None:
    text = "Thalidomide was given to six and failed in two. PUVA was stopped for burns."
    found = roles(text, title="Mucinoses", publication_types=("Review",))
    assert found == {"thalidomide": "mentioned", "puva": "mentioned"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "After failure of thalidomide, dapsone and PUVA were begun.",
            {"thalidomide": "failed", "dapsone": "given", "puva": "given"},
        ),
        (
            "After failure of thalidomide, dapsone and PUVA, acitretin was begun.",
            {"thalidomide": "failed", "dapsone": "failed", "puva": "failed", "retinoid": "given"},
        ),
        (
            "Despite thalidomide, the papules spread, and dapsone was begun.",
            {"thalidomide": "failed", "dapsone": "given"},
        ),
        (
            "Thalidomide followed by oral dapsone did not thin the plaques.",
            {"thalidomide": "failed", "dapsone": "failed"},
        ),
    ],
)
def test_a_list_goes_as_far_as_its_phrase(text: str, expected: dict[str, str]) -> None:
    found = roles("A 60-year-old man was seen. " + text)
    assert {rule: found.get(rule) for rule in expected} == expected


def test_the_index_of_a_review_gives_no_treatment() -> None:
    mesh = (heading("Thalidomide", "therapeutic use"),)
    assert roles("", mesh=mesh, publication_types=("Review",)) == {"thalidomide": "mentioned"}


def test_the_index_does_not_overrule_the_text() -> None:
    mesh = (heading("Thalidomide", "therapeutic use"),)
    article = Article(
        "1", abstract=(AbstractSection("", "Thalidomide failed in this man."),), mesh=mesh
    )
    found = mentions(article, passages(article), find_hits(article, RULESET), RULESET)
    assert [(mention.hit.field, mention.role) for mention in found] == [
        ("abstract", "failed"),
        ("mesh", "mentioned"),
    ]


def test_a_substance_that_is_a_heading_follows_the_heading() -> None:
    assert roles("", mesh=(heading("Thyroxine", "blood"),), chemicals=("Thyroxine",)) == {}
    assert roles("", chemicals=("daratumumab",)) == {"daratumumab": "mentioned"}
