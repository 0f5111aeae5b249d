"""What the whole tagger makes of short synthetic articles, each with a trap of context."""

import tomllib
from pathlib import Path
from typing import cast

import pytest

from litwatch.classify import classify
from litwatch.classify.rules import load_ruleset
from litwatch.models import AbstractSection, Article, Fact, Finding, Findings, MeshHeading

RULESET = load_ruleset()
TRAPS = tomllib.loads((Path(__file__).parent / "traps.toml").read_text(encoding="utf-8"))["trap"]

Trap = dict[str, object]


def article_of(trap: Trap) -> Article:
    sections = cast("list[list[str]]", trap.get("sections", [["", trap.get("text", "")]]))
    headings = (heading.split("/") for heading in cast("list[str]", trap.get("mesh", [])))
    return Article(
        "1",
        title=str(trap.get("title", "")),
        abstract=tuple(AbstractSection(label, text) for label, text in sections if text),
        mesh=tuple(MeshHeading(heading, tuple(rest)) for heading, *rest in headings),
        publication_types=tuple(cast("list[str]", trap.get("types", []))),
    )


def told(trap: Trap, findings: Findings) -> Trap:
    """What the tagger says of all that the trap names, in the trap's own form."""
    facts = findings.facts
    single = {"study_type": facts.study_type, "outcome": facts.outcome, "patients": facts.patients}
    said: Trap = {name: _value(name, fact) for name, fact in single.items() if name in trap}
    for name, found in (("treatments", findings.treatments), ("organs", findings.organs)):
        if name in trap:
            said[name] = _roles(found, cast("dict[str, str]", trap[name]))
    if "topics" in trap:
        said["topics"] = sorted(str(topic.value) for topic in facts.topics)
    return said


def _value(name: str, fact: Fact | None) -> str | int:
    if fact is None:
        return 0 if name == "patients" else ""
    return fact.value


def _roles(found: tuple[Finding, ...], named: dict[str, str]) -> dict[str, str]:
    roles = {finding.tag.id: finding.role for finding in found}
    return {tag: roles.get(tag, "") for tag in named}


def expected(trap: Trap) -> Trap:
    kept = ("treatments", "organs", "study_type", "outcome", "patients")
    wanted = {key: value for key, value in trap.items() if key in kept}
    if "topics" in trap:
        wanted["topics"] = sorted(cast("list[str]", trap["topics"]))
    return wanted


@pytest.mark.parametrize("trap", [pytest.param(trap, id=trap["id"]) for trap in TRAPS])
def test_the_tagger_steps_into_no_trap(trap: Trap) -> None:
    assert told(trap, classify(article_of(trap), RULESET)) == expected(trap)


def test_every_trap_names_what_it_tests() -> None:
    assert [trap["id"] for trap in TRAPS if not expected(trap)] == []
