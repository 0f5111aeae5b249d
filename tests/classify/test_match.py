"""Words are found whole, in every spelling, and led back to the record."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from litwatch.classify.match import Hit, find_hits
from litwatch.classify.rules import load_ruleset
from litwatch.models import AbstractSection, Article, MeshHeading, OtherAbstract

RULESET = load_ruleset()


def article(text: str = "", **fields: object) -> Article:
    return Article("1", abstract=(AbstractSection("", text),), **fields)  # type: ignore[arg-type]


def words(text: str, rule: str) -> list[str]:
    """What the rule found in the text, as it stands there."""
    return [
        text[hit.start : hit.end] for hit in find_hits(article(text), RULESET) if hit.rule == rule
    ]


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("pulsed dye laser", "laser", "pulsed dye laser"),
        ("pulsed–dye  lasers", "laser", "pulsed–dye  lasers"),
        ("a CO(2) laser", "laser", "CO(2) laser"),
        ("CO₂-Laser", "laser", "CO₂-Laser"),
        ("photo-pheresis", "ecp", None),
        ("non pitting edema", "skin_sclerosis", "non pitting edema"),
        ("nonpitting edema", "skin_sclerosis", "nonpitting edema"),
        (
            "immunosuppressive therapies",
            "immunosuppressive_unspecified",
            "immunosuppressive therapies",
        ),
        ("cardiomyopathies", "cardiomyopathy_hf", "cardiomyopathies"),
        ("anaemia", "cytopenia", "anaemia"),
        ("anemias", "cytopenia", "anemias"),
        ("bone tumours", "musculoskeletal_other", "bone tumours"),
        ("METHOTREXATE", "methotrexate", "METHOTREXATE"),
        ("premethotrexate", "methotrexate", None),
        ("methotrexates", "methotrexate", "methotrexates"),
        ("methotrexated", "methotrexate", None),
        ("Skleromyxödem", "scleromyxedema", "Skleromyxödem"),
        ("scléromyxœdème", "scleromyxedema", "scléromyxœdème"),
        ("mit intravenösen Immunglobulinen", "ivig", "intravenösen Immunglobulinen"),
        ("静脉注射免疫球蛋白治疗", "ivig", "静脉注射免疫球蛋白"),
        ("IVIG", "ivig", "IVIG"),
        ("Ivig", "ivig", None),
        ("HD‑IVIG", "ivig", "HD‑IVIG"),
        ("MGUS", "monoclonal_gammopathy", "MGUS"),
        ("mgus", "monoclonal_gammopathy", None),
        ("Raynaud’s phenomenon", "raynaud", "Raynaud’s phenomenon"),
        ("thyroid function tests", "thyroid", "thyroid function tests"),
    ],
)
def test_a_form_is_found_in_its_spellings(text: str, rule: str, expected: str | None) -> None:
    assert words(text, rule) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "found", "hidden"),
    [
        ("tacrolimus ointment", "topical_calcineurin", "tacrolimus_systemic"),
        ("photochemotherapy was given", "puva", "chemotherapy_unspecified"),
        ("extracorporeal photochemotherapy", "ecp", "puva"),
        ("methylprednisolone", "methylprednisolone", "prednisolone"),
        ("chronic kidney disease", "renal_replacement", "renal"),
        ("pulmonary arterial hypertension", "pulmonary_hypertension", "hypertension"),
    ],
)
def test_the_longer_form_wins(text: str, found: str, hidden: str) -> None:
    assert words(text, found)
    assert words(text, hidden) == []


def test_topical_and_systemic_steroids_give_both() -> None:
    text = "topical and systemic corticosteroids"
    assert words(text, "topical_corticosteroid") == [text]
    assert words(text, "systemic_glucocorticoid") == [text]


def test_a_regimen_spelt_out_does_not_hide_its_drugs() -> None:
    text = "melphalan and prednisone"
    assert words(text, "mp") == [text]
    assert words(text, "melphalan") == ["melphalan"]
    assert words(text, "prednisone") == ["prednisone"]


def test_an_exclude_drops_only_what_lies_wholly_inside_it() -> None:
    text = "Hyaluronidase digestion was done; then hyaluronidase was injected."
    assert words(text, "hyaluronidase") == ["hyaluronidase"]
    assert text.index(words(text, "hyaluronidase")[0]) > 30


@pytest.mark.parametrize(
    ("text", "rule", "count"),
    [
        ("Extracorporeal photopheresis (ECP) was begun. ECP helped.", "ecp", 3),
        ("Eosinophil cationic protein (ECP) was raised. ECP fell.", "ecp", 0),
        ("ECP was raised.", "ecp", 0),
        ("He took MTX weekly.", "methotrexate", 1),
        ("He took MTX.", "methotrexate", 0),
        ("Mitoxantrone (MTX) was infused weekly.", "methotrexate", 0),
        ("Melphalan, then MEL again.", "melphalan", 2),
        ("Melphalan, then mel again.", "melphalan", 1),
        ("Methylprednisolone (MP) and melphalan were given; MP again.", "mp", 0),
    ],
)
def test_an_ambiguous_abbreviation_needs_the_article_to_mean_it(
    text: str, rule: str, count: int
) -> None:
    assert len(words(text, rule)) == count


def test_the_context_of_an_abbreviation_may_stand_in_another_field() -> None:
    hits = find_hits(article("MTX helped.", title="Weekly methotrexate"), RULESET)
    assert [(hit.rule, hit.field) for hit in hits] == [
        ("methotrexate", "title"),
        ("methotrexate", "abstract"),
    ]


def test_the_headings_of_a_rule_and_substances_are_compared_whole() -> None:
    record = article(
        mesh=(
            MeshHeading("Thalidomide", ("therapeutic use",), major=True),
            MeshHeading("Thalidomide Analogs"),
            MeshHeading("Carpal Tunnel Syndrome"),
        ),
        chemicals=("Immunoglobulins, Intravenous", "Immunoglobulin G", "daratumumab"),
    )
    hits = find_hits(record, RULESET)
    assert [(hit.rule, hit.field, hit.index, hit.start, hit.end) for hit in hits] == [
        ("thalidomide", "mesh", 0, 0, 11),
        ("carpal_tunnel", "mesh", 2, 0, 22),
        ("ivig", "chemicals", 0, 0, 28),
        ("daratumumab", "chemicals", 2, 0, 11),
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "Immunologic Factors",
        "Injections, Subcutaneous",
        "Skin Diseases",
        "Fever",
        "Administration, Topical",
    ],
)
def test_a_heading_too_broad_to_prove_a_tag_proves_none(heading: str) -> None:
    hits = find_hits(article(mesh=(MeshHeading(heading, ("therapeutic use",)),)), RULESET)
    assert [hit for hit in hits if hit.rule != "constitutional_death"] == []


@pytest.mark.parametrize(
    ("heading", "rules"),
    [
        ("Heart Failure, Diastolic", ["cardiomyopathy_hf"]),
        ("Astrocytoma", ["neuro_central_other"]),
        ("Enthesopathy", ["musculoskeletal_other"]),
        ("Placenta Previa", ["pregnancy_other"]),
        ("Scleromyxedema", []),
        ("Echocardiography", []),
        ("Leukemia Virus, Feline", []),
        ("Salmonella Vaccines", []),
        ("Facial Dermatoses", ["skin_other"]),
    ],
)
def test_a_heading_that_no_organ_lists_is_read_in_the_order_of_speech(
    heading: str, rules: list[str]
) -> None:
    hits = find_hits(article(mesh=(MeshHeading("Female"), MeshHeading(heading))), RULESET)
    organs = [hit for hit in hits if hit.category == "organ"]
    assert [hit.rule for hit in organs] == rules
    assert {(hit.field, hit.index, hit.start, hit.end) for hit in organs} <= {
        ("mesh", 1, 0, len(heading))
    }


def test_every_text_of_the_record_is_read_but_not_its_publication_types() -> None:
    record = Article(
        "1",
        title="IVIG",
        vernacular_title="IVIG",
        abstract=(AbstractSection("", "none"), AbstractSection("IVIG", "IVIG")),
        other_abstracts=(
            OtherAbstract("ger", (AbstractSection("", "IVIG"),)),
            OtherAbstract("fre", (AbstractSection("", "x"), AbstractSection("", "IVIG"))),
        ),
        keywords=("skin", "IVIG"),
        publication_types=("IVIG",),
    )
    assert [(hit.field, hit.index) for hit in find_hits(record, RULESET)] == [
        ("title", 0),
        ("vernacular_title", 0),
        ("abstract", 1),
        ("other_abstract", 0),
        ("other_abstract", 2),
        ("keywords", 1),
    ]


WILD = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("İœ\u0308ß–😀 ().'\n")), max_size=30
)


@given(
    WILD, WILD, st.sampled_from(["IVIG", "Skleromyxödem", "carpal tunnel syndrome", "CO(2) laser"])
)
@example("İ😀", "", "IVIG")
def test_a_form_between_wild_texts_is_quoted_exactly(before: str, after: str, form: str) -> None:
    text = f"{before} | {form} | {after}"
    quoted = [text[hit.start : hit.end] for hit in find_hits(article(text), RULESET)]
    assert form in quoted


@given(WILD)
def test_hits_stay_inside_their_string(text: str) -> None:
    hits: tuple[Hit, ...] = find_hits(article(text, title=text, keywords=(text,)), RULESET)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
