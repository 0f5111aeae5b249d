"""The whole tagger: findings in rule order, each proved; the JSON that scripts read."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.classify import classify
from litwatch.classify.jsonl import from_json
from litwatch.classify.output import as_json
from litwatch.classify.rules import load_ruleset
from litwatch.errors import MalformedRecord
from litwatch.fetch.records import parse
from litwatch.models import (
    ORGAN_ROLES,
    TREATMENT_ROLES,
    AbstractSection,
    Article,
    Findings,
    MeshHeading,
)

RULESET = load_ruleset()
SHARED = Path(__file__).parents[3] / "shared" / "data"

CASE = Article(
    "pubmed:1",
    title="Scleromyxedema with dysphagia: remission after IVIG",
    abstract=(
        AbstractSection("BACKGROUND", "Scleromyxedema is treated with melphalan or IVIG."),
        AbstractSection(
            "CASE REPORT",
            "A 51-year-old woman had dysphagia and carpal tunnel syndrome, but no Raynaud "
            "phenomenon. Thalidomide was stopped because of a neuropathy. Four cycles of VCd "
            "(bortezomib) failed. High‑dose IVIG (2 g/kg) led to remission.",
        ),
    ),
    mesh=(MeshHeading("Immunoglobulins, Intravenous", ("therapeutic use",)),),
    keywords=("IVIG",),
    publication_types=("Case Reports",),
)
"""Synthetic: written for this test."""


def strings(article: Article) -> dict[tuple[str, int], str]:
    return {(field, index): string for field, index, string in article.strings()}


def unproved(article: Article, findings: Findings) -> list[object]:
    """The evidence that does not quote the record, or stands outside its sentence."""
    record = strings(article)
    facts = findings.facts
    proofs = [
        *(proof for found in findings.treatments for proof in found.evidence),
        *(proof for found in findings.organs for proof in found.evidence),
        *(proof for fact in facts.topics for proof in fact.evidence),
        *(
            proof
            for fact in (facts.study_type, facts.patients, facts.outcome)
            if fact
            for proof in fact.evidence
        ),
    ]
    return [
        proof
        for proof in proofs
        if record[proof.field, proof.index][proof.start : proof.end] != proof.text
        or proof.text not in proof.sentence
        or proof.sentence not in record[proof.field, proof.index]
    ]


def test_one_entry_a_tag_with_its_strongest_role() -> None:
    findings = classify(CASE, RULESET)
    assert {found.tag.id: found.role for found in findings.treatments} == {
        "ivig": "given",
        "thalidomide": "withdrawn",
        "bortezomib": "failed",
        "melphalan": "mentioned",
        "cyclophosphamide": "failed",
        "dexamethasone": "failed",
    }
    assert {found.tag.id: found.role for found in findings.organs} == {
        "neuro_peripheral": "involved",
        "vascular": "excluded",
        "gastrointestinal": "involved",
    }


def test_findings_stand_in_rule_order() -> None:
    findings = classify(CASE, RULESET)
    order = [*RULESET.ids("treatment"), *RULESET.ids("organ")]
    ids = [found.tag.id for found in (*findings.treatments, *findings.organs)]
    assert ids == sorted(ids, key=order.index)


def test_the_evidence_that_earned_the_role_comes_first_and_the_rest_in_reading_order() -> None:
    article = Article(
        "1",
        title="Scleromyxedema and IVIG",
        abstract=(AbstractSection("", "A man received IVIG. He got IVIG again; IVIG was given."),),
        keywords=("IVIG",),
    )
    (ivig,) = classify(article, RULESET).treatments
    assert [(proof.field, proof.start) for proof in ivig.evidence] == [
        ("abstract", 15),
        ("title", 19),
        ("abstract", 28),
        ("abstract", 40),
        ("keywords", 0),
    ]


def test_a_manifestation_tags_its_system_and_is_named_by_its_rule() -> None:
    findings = classify(CASE, RULESET)
    nerve = next(found for found in findings.organs if found.tag.id == "neuro_peripheral")
    first = nerve.evidence[0]
    assert (first.rule, first.text) == ("carpal_tunnel", "carpal tunnel syndrome")
    assert nerve.tag.label == "Peripheral nervous system"


def test_a_regimen_proves_its_drugs_unless_they_are_spelt_out() -> None:
    found = {item.tag.id: item for item in classify(CASE, RULESET).treatments}
    assert [proof.text for proof in found["cyclophosphamide"].evidence] == ["VCd"]
    spelt = Article("1", title="Lenalidomide and dexamethasone for scleromyxedema")
    found = {item.tag.id: item for item in classify(spelt, RULESET).treatments}
    assert [proof.rule for proof in found["lenalidomide"].evidence] == ["lenalidomide"]
    assert list(found) == ["lenalidomide", "dexamethasone"]


def test_the_quotation_keeps_the_dash_of_the_record() -> None:
    ivig = classify(CASE, RULESET).treatments[0]
    assert any("High‑dose IVIG" in proof.sentence for proof in ivig.evidence)
    assert unproved(CASE, classify(CASE, RULESET)) == []


def test_an_empty_record_has_no_tags() -> None:
    findings = classify(Article("1"), RULESET)
    assert (findings.treatments, findings.organs) == ((), ())


def test_the_same_record_gives_the_same_findings() -> None:
    assert classify(CASE, RULESET) == classify(CASE, load_ruleset())


# ---- JSON ----------------------------------------------------------------------------------------


def test_the_json_has_the_contracts_keys_in_order() -> None:
    document = as_json("1", classify(CASE, RULESET))
    assert list(document) == [
        *("id", "treatments", "organs", "topics", "study_type", "patients", "outcome", "facts"),
    ]
    treatments, organs = document["treatments"], document["organs"]
    assert isinstance(treatments, list)
    assert isinstance(organs, list)
    assert list(treatments[0]) == ["id", "label", "class", "role", "evidence"]
    assert list(organs[0]) == ["id", "label", "role", "evidence"]
    assert list(treatments[0]["evidence"][0]) == [
        *("field", "index", "start", "end", "text", "sentence", "rule"),
    ]
    assert treatments[0]["class"] == "immunoglobulin"
    facts = document["facts"]
    assert isinstance(facts, dict)
    assert set(facts) == {"study_type", "patients", "outcome", "topics"}
    assert json.loads(json.dumps(document)) == document


def test_a_line_of_json_becomes_an_article() -> None:
    article = from_json(
        {
            "id": 7,
            "title": "A title",
            "abstract": [{"label": "RESULTS", "text": "Some text."}, {"text": "More."}],
            "mesh": ["Thalidomide/adverse effects/therapeutic use", "Female"],
            "keywords": ["k"],
            "chemicals": ["c"],
            "publication_types": ["Review"],
            "language": "en",
            "unknown": {"is": "ignored"},
        }
    )
    assert article == Article(
        "7",
        title="A title",
        abstract=(AbstractSection("RESULTS", "Some text."), AbstractSection("", "More.")),
        mesh=(
            MeshHeading("Thalidomide", ("adverse effects", "therapeutic use")),
            MeshHeading("Female"),
        ),
        keywords=("k",),
        chemicals=("c",),
        publication_types=("Review",),
        languages=("eng",),
    )


def test_what_is_missing_is_empty() -> None:
    assert from_json({"id": "a", "abstract": None, "mesh": None}) == Article("a")
    assert from_json({"id": "a", "abstract": "text"}).abstract == (AbstractSection("", "text"),)
    assert from_json({"id": "a", "language": "ger"}).languages == ("ger",)


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ([], "not a JSON object"),
        ({}, "the key id is missing"),
        ({"id": ""}, "the key id is missing"),
        ({"id": True}, "the key id is missing"),
        ({"id": "a", "title": 3}, "a: title must be a text"),
        ({"id": "a", "mesh": [1]}, "a: mesh must be a list of texts"),
        ({"id": "a", "abstract": ["x"]}, "a: abstract must be a text or a list of sections"),
        ({"id": "a", "abstract": [{"text": 1}]}, "a: text must be a text"),
    ],
)
def test_a_line_that_is_no_record_says_why(record: object, fault: str) -> None:
    with pytest.raises(MalformedRecord, match=fault):
        from_json(record)


def test_a_heading_keeps_the_string_it_came_as() -> None:
    text = "Levodopa/adverse effects,therapeutic use*"
    article = from_json({"id": "a", "mesh": [text]})
    assert article.mesh[0].text == text
    assert article.mesh[0].major


# ---- anything ------------------------------------------------------------------------------------

SCRAPS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("IVIG", "thalidomide", "Skleromyxödem", "no ", "dysphagia", "was stopped", ", "),
                *("failed", "except", ". ", "; but ", "İ", "😀", "e\u0301", "CO(2) laser", "(MP)"),
                *(
                    "treated with ",
                    "neither ",
                    " nor ",
                    "All were ineffective. ",
                    "\n\n",
                    "45-year",
                ),
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=25,
).map("".join)


@given(SCRAPS, SCRAPS, st.sampled_from(["", "RESULTS", "CONCLUSION", "BACKGROUND"]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_tagged_without_fail_and_every_tag_is_proved(
    title: str, text: str, label: str
) -> None:
    article = Article(
        "1",
        title=title,
        abstract=(AbstractSection(label, text),),
        keywords=(title,),
        mesh=(MeshHeading(title, (text,)),),
        chemicals=(text,),
    )
    findings = classify(article, RULESET)
    assert unproved(article, findings) == []
    assert {found.role for found in findings.treatments} <= set(TREATMENT_ROLES)
    assert {found.role for found in findings.organs} <= set(ORGAN_ROLES)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not beside this checkout")
def test_every_tag_of_real_records_is_proved() -> None:
    content = gzip.decompress((SHARED / "pubmed_xml" / "dev.xml.gz").read_bytes())
    articles = parse(content).articles
    tagged = [(article, classify(article, RULESET)) for article in articles]
    assert [unproved(article, findings) for article, findings in tagged] == [[]] * len(articles)
    assert sum(bool(findings.treatments or findings.organs) for _, findings in tagged) > 200
