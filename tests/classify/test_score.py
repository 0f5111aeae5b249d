"""Scores: what counts as right, the intervals, and the misses with their sentence."""

from collections.abc import Mapping

import pytest

from litwatch.classify.compare import differences
from litwatch.classify.labelled import from_labelled
from litwatch.classify.score import Case, Found, Share, score, wilson
from litwatch.errors import MalformedRecord
from litwatch.models import Evidence, Fact, Facts, Finding, Findings, Tag


def proof(sentence: str) -> tuple[Evidence, ...]:
    return (Evidence("title", 0, 0, 1, sentence[0], sentence, "rule"),)


def findings(
    treatments: dict[str, str] | None = None,
    organs: dict[str, str] | None = None,
    facts: Facts | None = None,
) -> Findings:
    return Findings(
        treatments=tuple(
            Finding(Tag("treatment", tag, tag), role, proof(f"{tag} said."))
            for tag, role in (treatments or {}).items()
        ),
        organs=tuple(
            Finding(Tag("organ", tag, tag), role, proof(f"{tag} said."))
            for tag, role in (organs or {}).items()
        ),
        facts=facts or Facts(),
    )


def case(expected: Mapping[str, object], found: Findings) -> Case:
    document = {"id": "1", "record": {"title": "A title"}, "expected": expected}
    return from_labelled(document), found


def roles(**tags: str) -> list[dict[str, str]]:
    return [{"id": tag, "role": role} for tag, role in tags.items()]


def counts(figure: Found | Share) -> tuple[int, ...]:
    if isinstance(figure, Share):
        return figure.right, figure.of
    return figure.right, figure.extra, figure.missed


def test_a_tag_is_found_and_its_role_is_judged_apart() -> None:
    labels = {"treatments": roles(ivig="given", puva="failed", acid="given")}

    figures = score([case(labels, findings({"ivig": "given", "puva": "given", "soap": "given"}))])

    assert counts(figures.sums["treatments"]) == (2, 1, 1)
    assert counts(figures.sums["treatment_role"]) == (1, 2)
    assert counts(figures.treatments["soap"]) == (0, 1, 0)
    assert counts(figures.treatment_roles["given"]) == (1, 2, 1)
    assert counts(figures.treatment_roles["failed"]) == (0, 0, 1)


def test_an_organ_that_is_excluded_is_not_involved_or_mentioned() -> None:
    labels = {"organs": roles(renal="excluded", skin="involved", ocular="mentioned")}

    figures = score(
        [case(labels, findings({}, {"renal": "mentioned", "skin": "mentioned", "eye": "excluded"}))]
    )

    assert counts(figures.sums["organs"]) == (1, 1, 1)
    assert counts(figures.sums["involved"]) == (0, 0, 1)
    assert counts(figures.sums["excluded"]) == (0, 1, 1)


def test_what_was_not_labelled_is_not_scored() -> None:
    figures = score([case({"patients": None}, findings({"ivig": "given"}))])

    assert counts(figures.sums["treatments"]) == (0, 0, 0)
    assert figures.sums["treatments"] == Found(None, None, None, 0, 0, 0)
    assert counts(figures.sums["patients"]) == (1, 1)
    assert counts(figures.sums["outcome"]) == (0, 0)
    assert figures.misses == ()


def test_a_miss_shows_the_sentence_or_of_what_was_not_found_the_title() -> None:
    labels = {
        "treatments": roles(ivig="given", puva="failed"),
        "organs": roles(skin="involved"),
        "topics": ["rem"],
        "study_type": "letter",
        "patients": 2,
        "outcome": None,
    }
    facts = Facts(
        topics=(Fact("scleredema", proof("Scleredema.")),), patients=Fact(1, proof("One man."))
    )

    figures = score([case(labels, findings({"ivig": "failed"}, {"skin": "involved"}, facts))])

    assert [
        (miss.what, miss.tag, miss.expected, miss.got, miss.sentence) for miss in figures.misses
    ] == [
        ("treatment", "ivig", "given", "failed", "ivig said."),
        ("treatment", "puva", "failed", None, "A title"),
        ("topic", "rem", "rem", None, "A title"),
        ("topic", "scleredema", None, "scleredema", "Scleredema."),
        ("study_type", "", "letter", None, "A title"),
        ("patients", "", 2, 1, "One man."),
    ]
    assert counts(figures.sums["topics"]) == (0, 1, 1)
    assert counts(figures.sums["outcome"]) == (1, 1)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8
        (15, 148, 0.0624, 0.1605),  # the same
    ],
)
def test_wilsons_interval_is_the_published_one(
    right: int, of: int, low: float, high: float
) -> None:
    estimate = wilson(right, of)

    assert estimate is not None
    assert estimate.value == right / of
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (low, high)


def test_of_nothing_there_is_no_proportion() -> None:
    assert wilson(0, 0) is None


def test_the_interval_of_f1_holds_it_narrows_with_the_records_and_stays_the_same() -> None:
    right = case({"treatments": roles(a="given")}, findings({"a": "given"}))
    wrong = case({"treatments": roles(a="given")}, findings({}))
    few, many = score([right, right, wrong] * 5), score([right, right, wrong] * 50)

    narrow, wide = many.sums["treatments"], few.sums["treatments"]
    assert isinstance(narrow, Found)
    assert isinstance(wide, Found)
    assert narrow.f1 is not None
    assert wide.f1 is not None
    assert narrow.f1.value == wide.f1.value == pytest.approx(0.8)
    assert wide.f1.low < narrow.f1.low < 0.8 < narrow.f1.high < wide.f1.high
    assert score([right, right, wrong] * 5) == few


def test_no_record_is_no_figure() -> None:
    figures = score([])

    assert figures.records == 0
    assert counts(figures.sums["treatments"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "not {"),
        ({"id": "1", "record": {}}, "the keys record and expected"),
        ({"record": {}, "expected": {}}, "the key id is missing"),
        ({"id": "1", "record": {"title": 1}, "expected": {}}, "title must be a text"),
        ({"treatments": {"ivig": "given"}}, "treatments must be a list"),
        ({"treatments": ["ivig"]}, "treatments must be a list"),
        ({"treatments": roles(ivig="worked")}, "role 'worked' is none of given, failed"),
        ({"organs": roles(skin="given")}, "role 'given' is none of involved"),
        ({"treatments": roles(a="given") * 2}, "given twice: a"),
        ({"treatments": [{"role": "given"}]}, "an id is missing"),
        ({"topics": "rem"}, "topics must be a list"),
        ({"patients": "two"}, "patients must be a number or null"),
        ({"patients": True}, "patients must be a number or null"),
        ({"study_type": 3}, "study_type must be a text or null"),
    ],
)
def test_a_wrong_label_is_told(document: object, fault: str) -> None:
    if isinstance(document, dict) and not document.keys() & {"record", "expected"}:
        document = {"id": "1", "record": {}, "expected": document}
    with pytest.raises(MalformedRecord, match=fault):
        from_labelled(document)


# ---- what two sets of rules say of one article ---------------------------------------------------


def test_tags_topics_and_facts_are_gained_lost_or_changed() -> None:
    old = findings({"ivig": "given", "puva": "failed", "same": "given"}, {"skin": "involved"})
    facts = Facts(topics=(Fact("rem", proof("REM.")),), patients=Fact(2, proof("Two men.")))
    new = findings({"ivig": "failed", "acid": "given", "same": "given"}, {}, facts)

    told = differences(old, new)

    assert [(one.kind, one.what, one.tag, one.before, one.after) for one in told] == [
        ("changed", "treatment", "ivig", "given", "failed"),
        ("gained", "treatment", "acid", "", "given"),
        ("gained", "topic", "rem", "", "named"),
        ("gained", "patients", "", "", "2"),
        ("lost", "treatment", "puva", "failed", ""),
        ("lost", "organ", "skin", "involved", ""),
    ]
    assert [one.sentence for one in told][:2] == ["ivig said.", "acid said."]
    assert told[-1].sentence == "skin said."
