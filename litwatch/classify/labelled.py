"""A labelled record of JSON Lines -> an article and what a person says of it.

`{"id": ..., "record": {...}, "expected": {...}}`: the record is what `litwatch tag` takes, the
expectation has the form of what it prints, evidence left out. A key of the expectation that is
missing was not labelled, and is not scored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from litwatch.classify.jsonl import from_json
from litwatch.errors import MalformedRecord
from litwatch.models import ORGAN_ROLES, TREATMENT_ROLES, Article

FACTS = ("study_type", "patients", "outcome")
"""The facts of an article that have one value."""
Value = str | int | None


@dataclass(frozen=True, slots=True)
class Labels:
    """What is said of one record: the role by tag, the topics, the facts; None: not labelled."""

    treatments: Mapping[str, str] | None = None
    organs: Mapping[str, str] | None = None
    topics: frozenset[str] | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record with its labels."""

    id: str
    article: Article
    labels: Labels


def from_labelled(document: object) -> Labelled:
    """The labelled record of a decoded line; raises MalformedRecord where it cannot be one."""
    if not isinstance(document, Mapping):
        raise MalformedRecord('not {"id": ..., "record": {...}, "expected": {...}}')
    record, expected = document.get("record"), document.get("expected")
    if not isinstance(record, Mapping) or not isinstance(expected, Mapping):
        raise MalformedRecord("the keys record and expected must each hold an object")
    article = from_json({"id": document.get("id"), **record})
    uid = article.uid
    return Labelled(
        uid,
        article,
        Labels(
            treatments=_roles(expected, "treatments", TREATMENT_ROLES, uid),
            organs=_roles(expected, "organs", ORGAN_ROLES, uid),
            topics=_topics(expected, uid),
            facts={key: _value(expected, key, uid) for key in FACTS if key in expected},
        ),
    )


def _roles(
    expected: Mapping[str, object], key: str, known: tuple[str, ...], uid: str
) -> Mapping[str, str] | None:
    if key not in expected:
        return None
    items = expected[key]
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise MalformedRecord(f'{uid}: {key} must be a list of {{"id": ..., "role": ...}}', uid)
    roles: dict[str, str] = {}
    for item in items:
        tag, role = item.get("id"), item.get("role")
        if not isinstance(tag, str) or tag in roles:
            raise MalformedRecord(f"{uid}: {key}: an id is missing or given twice: {tag}", uid)
        if role not in known:
            choices = ", ".join(known)
            raise MalformedRecord(f"{uid}: {key} {tag}: role {role!r} is none of {choices}", uid)
        roles[tag] = str(role)
    return roles


def _topics(expected: Mapping[str, object], uid: str) -> frozenset[str] | None:
    if "topics" not in expected:
        return None
    topics = expected["topics"]
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise MalformedRecord(f"{uid}: topics must be a list of texts", uid)
    return frozenset(topics)


def _value(expected: Mapping[str, object], key: str, uid: str) -> Value:
    value = expected[key]
    wanted = int if key == "patients" else str
    if value is not None and (isinstance(value, bool) or not isinstance(value, wanted)):
        shape = "a number" if key == "patients" else "a text"
        raise MalformedRecord(f"{uid}: {key} must be {shape} or null", uid)
    return value if isinstance(value, (str, int)) else None
