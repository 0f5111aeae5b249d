"""Findings as the JSON document that `litwatch tag` prints, one a record."""

from dataclasses import asdict

from litwatch.models import Evidence, Fact, Facts, Finding, Findings

Json = dict[str, object]


def as_json(identifier: str, findings: Findings) -> Json:
    """The findings of one record, in the shape that people's scripts depend on."""
    facts = findings.facts
    return {
        "id": identifier,
        "treatments": [_treatment(finding) for finding in findings.treatments],
        "organs": [_finding(finding) for finding in findings.organs],
        "topics": [fact.value for fact in facts.topics],
        "study_type": _value(facts.study_type),
        "patients": _value(facts.patients),
        "outcome": _value(facts.outcome),
        "facts": _proofs(facts),
    }


def _treatment(finding: Finding) -> Json:
    """A treatment: as any finding, with its class."""
    plain = _finding(finding)
    return {"id": plain.pop("id"), "label": plain.pop("label"), "class": finding.tag.group} | plain


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.tag.id,
        "label": finding.tag.label,
        "role": finding.role,
        "evidence": _evidence(finding.evidence),
    }


def _evidence(evidence: tuple[Evidence, ...]) -> list[Json]:
    return [asdict(proof) for proof in evidence]


def _value(fact: Fact | None) -> str | int | None:
    return fact.value if fact else None


def _proofs(facts: Facts) -> Json:
    """The evidence of each fact; none where the fact is not known."""
    single = {
        "study_type": facts.study_type,
        "patients": facts.patients,
        "outcome": facts.outcome,
    }
    proofs: Json = {name: _evidence(fact.evidence) if fact else [] for name, fact in single.items()}
    proofs["topics"] = [proof for topic in facts.topics for proof in _evidence(topic.evidence)]
    return proofs
