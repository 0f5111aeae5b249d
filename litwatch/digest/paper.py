"""One paper as the templates show it: a citation, what kind of study it is, and tags with proofs.

Everything here is words: the first three authors and the last, and each tag with the sentence that
earned it. Tags that one sentence earned stand over it together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from litwatch.digest.words import (
    CHANGE_MARKS,
    CORRECTION_WORDS,
    FIELD_WORDS,
    GRAVE_MARKS,
    LANGUAGES,
    LINK_MARKS,
    ORGAN_WORDS,
    OUTCOME_WORDS,
    PLAIN_TYPES,
    STUDY_WORDS,
    TOPIC_WORDS,
    TREATMENT_WORDS,
    TYPE_MARKS,
)
from litwatch.models import (
    ORGAN_ROLES,
    TREATMENT_ROLES,
    Article,
    Author,
    Evidence,
    Field,
    Finding,
    Findings,
    Stored,
    bare_uid,
    standing,
)

FIRST_AUTHORS = 3
_LABEL = re.compile(r"(?i)^conclusions?\s*:\s*")
USUAL_LANGUAGES = ("eng", "und")
"""English, and what MEDLINE calls undetermined."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Tags in words, as (label, role), and the sentence that earned them, its words at `spans`."""

    tags: tuple[tuple[str, str], ...]
    source: str
    sentence: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper in words; `marks` are what a reader must know first, such as a retraction."""

    title: str
    original_title: str
    original_language: str
    marks: tuple[str, ...]
    authors: str
    journal: str
    imprint: str
    about: tuple[str, ...]
    conclusion: str
    proofs: tuple[Proof, ...]
    links: tuple[tuple[str, str], ...]

    @property
    def is_grave(self) -> bool:
        """Whether a mark warns against relying on the paper."""
        return not GRAVE_MARKS.isdisjoint(self.marks)

    @property
    def url(self) -> str:
        """Where the title leads: the record, or else the first link there is."""
        return self.links[0][1] if self.links else ""


def show(stored: Stored, topics: Mapping[str, str]) -> Paper:
    """A stored paper in words; `topics` are the labels to name, empty where there is but one."""
    article = stored.article
    code = next(iter(article.languages), "")
    return Paper(
        title=article.title or article.vernacular_title or "[no title]",
        original_title=article.vernacular_title if article.title else "",
        original_language=LANGUAGES.get(code, ("", ""))[1],
        marks=marks(stored),
        authors=_authors(article.authors),
        journal=article.journal.abbreviation or article.journal.title or article.book_title,
        imprint=_imprint(article),
        about=_about(stored, topics),
        conclusion=_conclusion(stored.findings),
        proofs=_proofs(article, stored.findings),
        links=_links(stored),
    )


def marks(stored: Stored) -> tuple[str, ...]:
    """How a paper stands: retracted, corrected, a preprint, gone from PubMed; empty: as usual.

    What is on file of it counts as well: a notice may be there before the record says so.
    """
    article = stored.article
    types = [TYPE_MARKS.get(publication_type, "") for publication_type in article.publication_types]
    linked = [LINK_MARKS.get(correction.kind, "") for correction in article.corrections]
    noted = [CHANGE_MARKS.get(change.kind, "") for change in standing(stored.changes)]
    mark, _ = CORRECTION_WORDS["moved" if heir(stored) else "withdrawn"]
    gone = [mark] if stored.withdrawn else []
    return tuple(dict.fromkeys(mark for mark in (*types, *linked, *noted, *gone) if mark))


def heir(stored: Stored) -> str:
    """The uid under which PubMed has a withdrawn paper now; empty where none is known."""
    moves = [change.notice_uid for change in standing(stored.changes) if change.kind == "withdrawn"]
    return moves[-1] if stored.withdrawn and moves else ""


def treated(findings: Findings) -> tuple[tuple[str, str], ...]:
    """The treatments of a paper as (label, role in words), the strongest role first."""
    return tuple(
        (finding.tag.label, TREATMENT_WORDS[finding.role])
        for finding in _strongest_first(findings.treatments, TREATMENT_ROLES)
    )


def record_url(uid: str) -> str:
    """The page of a record at PubMed, empty for a record of another source."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{bare_uid(uid)}/" if uid.startswith("pubmed:") else ""


def list_url(uids: Sequence[str]) -> str:
    """One PubMed page that lists many records."""
    return f"https://pubmed.ncbi.nlm.nih.gov/?term={'+'.join(bare_uid(uid) for uid in uids)}"


# ---- the citation ------------------------------------------------------------------------------


def _authors(authors: Sequence[Author]) -> str:
    names = [
        author.collective
        or " ".join(filter(None, (author.last, author.initials, author.suffix)))
        or author.fore
        for author in authors
    ]
    if len(names) <= FIRST_AUTHORS + 1:
        return ", ".join(names)
    return f"{', '.join(names[:FIRST_AUTHORS])} … {names[-1]}"


def _imprint(article: Article) -> str:
    """Date, volume, issue and pages as NLM cites them: `2026 Nov;12(3):45-50`."""
    issue = f"({article.issue})" if article.issue else ""
    pages = f":{article.pages}" if article.pages else ""
    date = article.published or (article.published_on.isoformat() if article.published_on else "")
    place = f"{article.volume}{issue}{pages}"
    publisher = f"{article.publisher}. " if article.kind == "book" and article.publisher else ""
    return publisher + (f"{date};{place}" if date and place else date or place)


def _links(stored: Stored) -> tuple[tuple[str, str], ...]:
    article = stored.article
    uid = heir(stored) or article.uid
    record = record_url(uid)
    links = [(f"PubMed {bare_uid(uid)}", record)] if record else []
    if article.doi:
        doi = quote(article.doi, safe="/:;()", errors="replace")
        links.append((f"doi:{article.doi}", f"https://doi.org/{doi}"))
    if article.pmcid:
        number = quote(article.pmcid, safe="", errors="replace")
        links.append(("Free full text", f"https://pmc.ncbi.nlm.nih.gov/articles/{number}/"))
    return tuple(links)


def _about(stored: Stored, topics: Mapping[str, str]) -> tuple[str, ...]:
    """What kind of paper it is: study, patients, language, topics; what is usual is left unsaid."""
    article, facts = stored.article, stored.findings.facts
    said = [STUDY_WORDS.get(str(facts.study_type.value), "")] if facts.study_type else []
    if not any(said):
        said = [
            name
            for name in article.publication_types
            if name not in PLAIN_TYPES
            and name not in TYPE_MARKS
            and not name.startswith("Research Support")
        ]
    if facts.patients:
        said.append(f"{facts.patients.value} patient" + "s" * (facts.patients.value != 1))
    said.extend(
        f"in {LANGUAGES.get(code, (code,))[0]}"
        for code in article.languages
        if code not in USUAL_LANGUAGES
    )
    if not article.abstract:
        said.append("no abstract")
    said.extend(_diseases(stored, topics))
    return tuple(said)


def _diseases(stored: Stored, topics: Mapping[str, str]) -> list[str]:
    """What the paper is about, where the rules could tell; else whose search has found it."""
    about = [str(fact.value) for fact in stored.findings.facts.topics] if topics else []
    if about:
        return [TOPIC_WORDS.get(name, name.replace("_", " ")) for name in about]
    return [label for topic_id, label in topics.items() if topic_id in stored.topics]


# ---- tags and their proofs ---------------------------------------------------------------------


def _conclusion(findings: Findings) -> str:
    """The authors' concluding sentence, without the label it may open with."""
    fact = findings.facts.conclusion
    return _LABEL.sub("", str(fact.value)) if fact else ""


def _proofs(article: Article, findings: Findings) -> tuple[Proof, ...]:
    """Each tag with its first proof, the strongest roles first, one entry a sentence."""
    strings = {(field, index): string for field, index, string in article.strings()}
    gathered: dict[tuple[Field, int, str], tuple[list[tuple[str, str]], list[tuple[int, int]]]] = {}
    for label, words, evidence in _tags(findings):
        key = (evidence.field, evidence.index, evidence.sentence)
        tags, spans = gathered.setdefault(key, ([], []))
        tags.append((label, words))
        spans.append(_span(strings.get((evidence.field, evidence.index), ""), evidence))
    return tuple(
        Proof(tuple(tags), FIELD_WORDS.get(field, ""), sentence, tuple(sorted(set(spans))))
        for (field, _, sentence), (tags, spans) in gathered.items()
    )


def _tags(findings: Findings) -> list[tuple[str, str, Evidence]]:
    """Label, role in words and proof of every tag, the outcome among them.

    Where just one treatment was given, the outcome is said with it too: `given, response`.
    """
    treatments = _strongest_first(findings.treatments, TREATMENT_ROLES)
    organs = _strongest_first(findings.organs, ORGAN_ROLES)
    outcome = findings.facts.outcome
    result = OUTCOME_WORDS.get(str(outcome.value), "") if outcome and outcome.evidence else ""
    is_single = sum(finding.role == "given" for finding in treatments) == 1
    said: list[tuple[str, str, Evidence]] = []
    for finding in treatments:
        words = TREATMENT_WORDS[finding.role]
        is_the_one = is_single and finding.role == "given" and result
        said += _proved(finding, f"{words}, {result}" if is_the_one else words)
    if outcome and result:
        said.append(("Outcome", result, outcome.evidence[0]))
    for finding in organs:
        said += _proved(finding, ORGAN_WORDS[finding.role])
    return said


def _strongest_first(findings: Sequence[Finding], roles: Sequence[str]) -> list[Finding]:
    return sorted(findings, key=lambda finding: roles.index(finding.role))


def _proved(finding: Finding, words: str) -> list[tuple[str, str, Evidence]]:
    return [(finding.tag.label, words, evidence) for evidence in finding.evidence[:1]]


def _span(string: str, evidence: Evidence) -> tuple[int, int]:
    """Where the words of a proof stand in its sentence, by their place in the record's string."""
    position = string.find(evidence.sentence)
    while position >= 0:
        if position <= evidence.start and evidence.end <= position + len(evidence.sentence):
            return evidence.start - position, evidence.end - position
        position = string.find(evidence.sentence, position + 1)
    start = max(evidence.sentence.find(evidence.text), 0)
    return start, start + len(evidence.text)
