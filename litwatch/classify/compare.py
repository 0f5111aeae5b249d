"""What one set of rules finds in an article and another does not: tags, roles and facts."""

from collections.abc import Iterator
from dataclasses import dataclass

from litwatch.models import Evidence, Fact, Findings


@dataclass(frozen=True, slots=True)
class Difference:
    """A tag, topic or fact that was gained, lost or changed.

    `before` and `after` are its role, or the fact's value; empty where there is none. `sentence` is
    the one that says so: of what is lost, the one that said so before.
    """

    what: str
    tag: str
    label: str
    before: str
    after: str
    sentence: str
    rule: str

    @property
    def kind(self) -> str:
        """`gained`, `lost` or `changed`."""
        return "changed" if self.before and self.after else "gained" if self.after else "lost"


def differences(old: Findings, new: Findings) -> tuple[Difference, ...]:
    """What differs between two findings of one article, in the order of the new, then the old."""
    before, after = _said(old), _said(new)
    return tuple(
        _difference(key, before.get(key), after.get(key))
        for key in dict.fromkeys((*after, *before))
        if _role(before.get(key)) != _role(after.get(key))
    )


_Said = tuple[str, str, tuple[Evidence, ...]]
"""The label, the role or value, and the proofs."""


def _said(findings: Findings) -> dict[tuple[str, str], _Said]:
    return dict(_statements(findings))


def _statements(findings: Findings) -> Iterator[tuple[tuple[str, str], _Said]]:
    for finding in (*findings.treatments, *findings.organs):
        tag = finding.tag
        yield (tag.category, tag.id), (tag.label, finding.role, finding.evidence)
    for topic in findings.facts.topics:
        yield ("topic", str(topic.value)), ("", "named", topic.evidence)
    facts = findings.facts
    known = (("study_type", facts.study_type), ("patients", facts.patients))
    for name, fact in (*known, ("outcome", facts.outcome)):
        if isinstance(fact, Fact):
            yield (name, ""), ("", str(fact.value), fact.evidence)


def _role(said: _Said | None) -> str:
    return said[1] if said else ""


def _difference(key: tuple[str, str], before: _Said | None, after: _Said | None) -> Difference:
    label, _, evidence = after or before or ("", "", ())
    proof = evidence[0] if evidence else None
    return Difference(
        what=key[0],
        tag=key[1],
        label=label,
        before=_role(before),
        after=_role(after),
        sentence=proof.sentence if proof else "",
        rule=proof.rule if proof else "",
    )
