"""The values that travel through litwatch: frozen, plain, and importing nothing of ours.

Collections are tuples, text is plain text, moments are aware UTC datetimes, and a `uid` names a
record together with its source (`pubmed:30232531`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Kind = Literal["article", "book", "preprint", "trial"]
Category = Literal["treatment", "organ"]
TreatmentRole = Literal["given", "failed", "withdrawn", "cause", "considered", "mentioned"]
OrganRole = Literal["involved", "excluded", "mentioned"]
Field = Literal[
    "title",
    "vernacular_title",
    "abstract",
    "other_abstract",
    "mesh",
    "chemicals",
    "keywords",
    "publication_types",
]

TREATMENT_ROLES: tuple[str, ...] = (
    "given",
    "failed",
    "withdrawn",
    "cause",
    "considered",
    "mentioned",
)
"""Strongest first: per article the strongest role of an agent wins."""
ORGAN_ROLES: tuple[str, ...] = ("involved", "excluded", "mentioned")
"""Strongest first, as for treatments."""

RETRACTED_IN = ("RetractionIn", "RetractedandRepublishedIn")
"""NLM's RefTypes of a link from a retracted paper to its notice, or to what replaces it."""


def bare_uid(uid: str) -> str:
    """The identifier without its source: `pubmed:30232531` -> `30232531`."""
    return uid.partition(":")[2] or uid


# ---- records ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AbstractSection:
    """One section of an abstract; `label` is empty where the journal gave none."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class OtherAbstract:
    """An abstract in another language, or of another kind (plain language, publisher's)."""

    language: str
    sections: tuple[AbstractSection, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or a group (`collective`)."""

    last: str = ""
    fore: str = ""
    initials: str = ""
    collective: str = ""
    orcid: str = ""
    affiliations: tuple[str, ...] = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as NLM writes it; `abbreviation` is the ISO one."""

    title: str = ""
    abbreviation: str = ""
    issn: str = ""


@dataclass(frozen=True, slots=True)
class MeshHeading:
    """A MeSH heading with its qualifiers; `major` where either is a major topic."""

    heading: str
    qualifiers: tuple[str, ...] = ()
    major: bool = False

    @property
    def text(self) -> str:
        """`Heading/qualifier/qualifier`, the string that offsets of the field `mesh` count in."""
        return "/".join((self.heading, *self.qualifiers))


@dataclass(frozen=True, slots=True)
class Correction:
    """A link to a notice or a later version, by NLM's RefType (`RetractionIn`, `ErratumIn` …).

    `uid` is empty where the record names no PMID.
    """

    kind: str
    uid: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One record of the literature, complete.

    `published` is the date as printed ("2018 Nov-Dec"), `published_on` the best day that can be
    read from it. `created_on` is PubMed's create date ([crdt], PubStatus entrez), `entered_on` its
    Entrez date ([edat], PubStatus pubmed), `revised_on` DateRevised ([mdat]).
    """

    uid: str
    kind: Kind = "article"
    version: int = 1
    title: str = ""
    vernacular_title: str = ""
    abstract: tuple[AbstractSection, ...] = ()
    other_abstracts: tuple[OtherAbstract, ...] = ()
    authors: tuple[Author, ...] = ()
    journal: Journal = Journal()
    volume: str = ""
    issue: str = ""
    pages: str = ""
    book_title: str = ""
    publisher: str = ""
    published: str = ""
    published_on: date | None = None
    created_on: date | None = None
    entered_on: date | None = None
    revised_on: date | None = None
    languages: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[MeshHeading, ...] = ()
    chemicals: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    doi: str = ""
    pmcid: str = ""
    corrections: tuple[Correction, ...] = ()
    status: str = ""

    @property
    def is_retracted(self) -> bool:
        """The paper was retracted, by NLM's two signs; a notice of retraction is not retracted.

        https://www.nlm.nih.gov/bsd/policy/errata.html
        """
        return "Retracted Publication" in self.publication_types or any(
            correction.kind in RETRACTED_IN for correction in self.corrections
        )

    def strings(self) -> Iterator[tuple[Field, int, str]]:
        """Every string that a tag may rest on, as (field, index, string), in reading order.

        `index` counts the sections of all abstracts of that field, or the items of the list.
        """
        yield "title", 0, self.title
        if self.vernacular_title:
            yield "vernacular_title", 0, self.vernacular_title
        for index, section in enumerate(self.abstract):
            yield "abstract", index, section.text
        others = (section for other in self.other_abstracts for section in other.sections)
        for index, section in enumerate(others):
            yield "other_abstract", index, section.text
        for index, heading in enumerate(self.mesh):
            yield "mesh", index, heading.text
        for index, chemical in enumerate(self.chemicals):
            yield "chemicals", index, chemical
        for index, keyword in enumerate(self.keywords):
            yield "keywords", index, keyword
        for index, publication_type in enumerate(self.publication_types):
            yield "publication_types", index, publication_type


# ---- what the rules found ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """A treatment or an organ system; `group` is the treatment's class (empty for organs)."""

    category: Category
    id: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The proof of a tag: `string[start:end] == text`, in code points of that string of the record.

    `sentence` holds `text`; `rule` is the id of the rule that matched.
    """

    field: Field
    index: int
    start: int
    end: int
    text: str
    sentence: str
    rule: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A tag with its role; the first evidence is the one that earned the role."""

    tag: Tag
    role: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about the article with its proof."""

    value: str | int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the article is: None rather than a guess; `conclusion` is the authors' own sentence."""

    topics: tuple[Fact, ...] = ()
    study_type: Fact | None = None
    patients: Fact | None = None
    outcome: Fact | None = None
    conclusion: Fact | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the rules found in one article; at most one Finding a tag."""

    treatments: tuple[Finding, ...] = ()
    organs: tuple[Finding, ...] = ()
    facts: Facts = Facts()


# ---- what a source answers ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """A named warning of the guard: its code and one sentence for a person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Search:
    """What a source answered to a topic's whole query; `count` is the source's own total."""

    uids: tuple[str, ...]
    count: int
    query_translation: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """One fetched batch, accounted for: asked = articles + missing + malformed, by uid."""

    asked: tuple[str, ...]
    articles: tuple[Article, ...]
    missing: tuple[str, ...] = ()
    malformed: tuple[tuple[str, str], ...] = ()
    """(uid, reason) of each record that could not be read."""


# ---- what is on file ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an article, by its own record, its notice or a twin's record.

    `kind` is `retraction`, `partial_retraction`, `concern`, `erratum`, `republication`, `update`,
    `final`, `withdrawn`; `reinstated` takes a retraction back, and `restored` says that a withdrawn
    record is there again. `notice_uid` is the notice's, or the record's under which PubMed has a
    withdrawn paper now.
    """

    id: int
    uid: str
    kind: str
    run_id: int
    at: datetime
    notice_uid: str = ""
    citation: str = ""


TAKEN_BACK_BY = {"retraction": "reinstated", "withdrawn": "restored"}
"""The kind of a change -> the kind of the later one that takes it back."""


def standing(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of one article, in their order, that still hold: no later one took them back."""
    last = {change.kind: number for number, change in enumerate(changes)}
    return tuple(
        change
        for number, change in enumerate(changes)
        if change.kind not in TAKEN_BACK_BY.values()
        and number > last.get(TAKEN_BACK_BY.get(change.kind, ""), -1)
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """An article on file, with what the rules found and the topics whose query found it."""

    article: Article
    findings: Findings
    topics: tuple[str, ...]
    first_run: int
    news_topics: tuple[str, ...] = ()
    """The topics for which the article is news: stored after their first complete run."""
    withdrawn: bool = False
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """The span that one digest of one subscriber stands for; `key` names it (`2026-W47`)."""

    key: str
    start: datetime
    end: datetime
