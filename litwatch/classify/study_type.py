"""What kind of study an article is: publication types first, then its own words.

A letter is a letter whatever it holds; a guideline, a trial and a review are what PubMed or the
title calls them. The rest is weighed with the number of patients: one described case is a case
report, two or more are a series, and the study of a defined group (a registry, a retrospective
look at all patients of a hospital) is a cohort. What nothing speaks for is `other`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from litwatch.classify.fact_cues import FactCue, fact_cues
from litwatch.classify.passages import Sentence
from litwatch.classify.patients import Count
from litwatch.models import Evidence, Fact

_FILE = "study_types.toml"
UNSPECIFIC = "type_unspecific"
"""The rule of a study type that rests on nothing but "Journal Article" and its like."""
_LARGE = 10
"""From so many patients on, a group counted without a word on its making is a cohort."""


@dataclass(frozen=True, slots=True)
class _Hints:
    """The hints of an article: the evidence for each (value, field), the first of each."""

    found: Mapping[tuple[str, str], Evidence]

    def first(self, value: str, *fields: str) -> Evidence | None:
        """The evidence of the first of these fields that gives this hint; of any field if none."""
        for (hinted, field), evidence in self.found.items():
            if hinted == value and (not fields or field in fields):
                return evidence
        return None


def find_study_type(sentences: Sequence[Sentence], count: Count | None) -> Fact | None:
    """The study type with its proof, or None for a record that tells nothing at all."""
    for cue in fact_cues(_FILE, "decisive"):
        if evidence := next(_evidence(cue, sentences), None):
            return Fact(cue.value, (evidence,))
    if animals := _animals_only(sentences):
        return Fact("basic_science", (animals,))
    hints = _hints(sentences)
    for weigh in (_laboratory, _comment, _review, _cases):
        if fact := weigh(hints, count):
            return fact
    types = (item for item in sentences if item.field == "publication_types" and item.text.strip())
    unspecific = (item.evidence(0, len(item.text), UNSPECIFIC) for item in types)
    return _fact("other", next(unspecific, None))


def _evidence(cue: FactCue, sentences: Sequence[Sentence]) -> Iterator[Evidence]:
    """Every place where the cue is found, in reading order."""
    for sentence in sentences:
        if sentence.field in cue.fields and (match := cue.pattern.search(sentence.text)):
            yield sentence.evidence(match.start(), match.end(), cue.id)


def _hints(sentences: Sequence[Sentence]) -> _Hints:
    found: dict[tuple[str, str], Evidence] = {}
    for cue in fact_cues(_FILE, "hint"):
        for evidence in _evidence(cue, sentences):
            found.setdefault((cue.value, evidence.field), evidence)
    return _Hints(found)


def _fact(value: str, *evidence: Evidence | None) -> Fact | None:
    """The fact with what evidence there is; none without any."""
    proof = tuple(piece for piece in evidence if piece)
    return Fact(value, proof) if proof else None


def _animals_only(sentences: Sequence[Sentence]) -> Evidence | None:
    """The heading `Animals` where `Humans` is missing: how NLM marks animal studies."""
    headings = {item.text: item for item in sentences if item.field == "mesh"}
    if "humans" in headings or "animals" not in headings:
        return None
    return headings["animals"].evidence(0, len("animals"), "mesh_animals")


def _laboratory(hints: _Hints, count: Count | None) -> Fact | None:
    """A laboratory study: named so by its title or indexing, and no report of patients."""
    if hints.first("case_report", "publication_types") or (count and count.is_announced):
        return None
    if titled := hints.first("basic_science", "title", "vernacular_title"):
        return Fact("basic_science", (titled,))
    if expression := hints.first("molecular", "title"):
        measured = hints.first("molecular", "abstract", "other_abstract")
        return Fact("basic_science", (expression, measured)) if measured else None
    indexed = hints.first("basic_science", "mesh")
    if indexed and (count is None or count.number < _LARGE):
        return Fact("basic_science", (indexed,))
    if count or hints.first("cohort") or hints.first("review"):
        return None
    return _fact("basic_science", hints.first("basic_science"))


def _comment(hints: _Hints, count: Count | None) -> Fact | None:
    """An editorial, a comment, a piece of history that presents no patients of its own."""
    if hints.first("case_report") or (count and count.is_announced):
        return None
    return _fact("other", hints.first("other"))


def _review(hints: _Hints, count: Count | None) -> Fact | None:
    """A review that calls itself one and reports no patients of its own."""
    if hints.first("case_report") or hints.first("case_series") or (count and count.is_announced):
        return None
    if titled := hints.first("review", "title", "vernacular_title"):
        return Fact("review", (titled,))
    return None if count or hints.first("cohort") else _fact("review", hints.first("review"))


def _cases(hints: _Hints, count: Count | None) -> Fact | None:
    """A case report, a case series or a cohort, by the number of patients and the words used."""
    titles = ("title", "vernacular_title")
    counted = count.evidence if count else ()
    series = hints.first("case_series", *titles, "publication_types")
    cohort = hints.first("cohort", *titles, "publication_types")
    case = hints.first("case_report", "publication_types")
    if count is None:
        return (
            _fact("case_series", series)
            or _fact("case_report", case or hints.first("case_report"))
            or _fact("cohort", cohort or hints.first("cohort"))
            or _fact("case_series", hints.first("case_series"))
        )
    if count.number == 1:
        if cohort and not (case or count.is_announced):
            return Fact("cohort", (cohort,))
        return _fact("case_report", case, *counted)
    if series or (case and not _is_group(count, cohort or hints.first("cohort"))):
        return _fact("case_series", series, case, *counted)
    if group := cohort or hints.first("cohort"):
        if cohort is None and (several := hints.first("case_series")):
            return _fact("case_series", several, *counted)
        return _fact("cohort", group, *counted)
    if several := hints.first("series"):
        return _fact("case_series", several, *counted)
    if count.number >= _LARGE and not count.is_announced:
        return Fact("cohort", counted)
    return _fact("case_series", hints.first("case_series"), *counted)


def _is_group(count: Count, cohort: Evidence | None) -> bool:
    """Whether cases that PubMed calls case reports are in truth a studied group."""
    return cohort is not None and count.number >= _LARGE
