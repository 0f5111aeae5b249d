"""The issue that is made of what a subscriber is owed: pure, from values to a Digest.

New papers stand under the treatment that was given, then under their topic; old ones that PubMed
lists late, reviews and notices stand apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from litwatch.digest.issue import (
    CorrectionEntry,
    Coverage,
    Digest,
    Section,
    SectionKind,
    TopicCoverage,
)
from litwatch.digest.owed import follows
from litwatch.digest.table import Reported, reported, tabulate
from litwatch.models import TREATMENT_ROLES, Article, Finding, Period, Stored
from litwatch.settings import Filters, Subscriber, Topic

NEWEST = 5
"""Papers that a first issue shows of what is on file."""
LATE_AFTER = timedelta(days=365)
"""A paper that PubMed creates so long after its publication is old, not new."""
NOTICE_TYPES = frozenset(
    {
        "Retraction of Publication",
        "Retraction Notice",
        "Expression of Concern",
        "Published Erratum",
    }
)
"""Publication types of a record that is about another paper."""
REVIEW_TYPES = ("review", "guideline")
"""Types of study that report no patients of their own."""
USED_ROLES = ("given", "failed", "withdrawn")
"""Roles under which a paper stands under the treatment; otherwise it stands under its topic."""


def build(
    subscriber: Subscriber,
    period: Period,
    topics: Sequence[Topic],
    papers: Sequence[Stored],
    corrections: Sequence[CorrectionEntry],
    coverage: Coverage,
    *,
    kind: Literal["issue", "first"] = "issue",
    on_file: int = 0,
    on_file_reports: Sequence[Reported] = (),
    per_year: Mapping[int, int] | None = None,
    filed_only: int = 0,
    filtered: Sequence[str] = (),
    rules_version: str,
) -> Digest:
    """One issue for one reader: the papers grouped by treatment, newest first, each paper once.

    A first issue shows the newest few of `papers`, which are on file and none of them news. What
    papers on file report and their number by year are those of all the reader's topics.
    """
    if kind == "first":
        sections = _section("The newest papers on file", newest(papers), "newest")
    else:
        groups = _by_kind(_newest_first(papers))
        sections = (
            *_by_treatment(groups["current"]),
            *_by_topic(groups["current"], topics, subscriber.filters),
            *_section("Older papers new to PubMed", groups["late"], "late"),
            *_section("Reviews and guidelines", groups["review"], "review"),
            *_section("Notices about other papers", groups["notice"], "notice"),
        )
    return Digest(
        kind=kind,
        period=period,
        timezone=subscriber.timezone,
        sections=sections,
        corrections=tuple(corrections),
        coverage=replace(coverage, topics=_followed(coverage, subscriber.filters)),
        on_file=on_file,
        table=tabulate(reported(papers) if kind == "issue" else on_file_reports, on_file_reports),
        per_year=per_year or {},
        filed_only=filed_only,
        filtered=tuple(filtered),
        rules_version=rules_version,
        filters=subscriber.filters.in_words(),
    )


def newest(papers: Sequence[Stored]) -> tuple[Stored, ...]:
    """The few papers that a first issue shows of these, the newest first."""
    return tuple(_newest_first(papers)[:NEWEST])


def _newest_first(papers: Sequence[Stored]) -> list[Stored]:
    return sorted(papers, key=_newness, reverse=True)


def _by_kind(papers: Sequence[Stored]) -> dict[str, list[Stored]]:
    """The papers that stand by treatment and topic, and those that stand apart."""
    groups: dict[str, list[Stored]] = {"current": [], "late": [], "review": [], "notice": []}
    for stored in papers:
        study_type = stored.findings.facts.study_type
        if not NOTICE_TYPES.isdisjoint(stored.article.publication_types):
            kind = "notice"
        elif is_late(stored.article):
            kind = "late"
        elif study_type and study_type.value in REVIEW_TYPES:
            kind = "review"
        else:
            kind = "current"
        groups[kind].append(stored)
    return groups


def is_late(article: Article) -> bool:
    """Whether PubMed created the record long after the paper was published.

    A paper that is dated by its year alone counts from the end of that year.
    """
    published = article.published_on
    if published is None or article.created_on is None:
        return False
    if article.published.strip().isdecimal():
        published = date(published.year, 12, 31)
    return article.created_on - published > LATE_AFTER


def _newness(stored: Stored) -> tuple[date, int, str]:
    """Papers sort by the day PubMed had them, old ones by their publication, then by uid."""
    article = stored.article
    day = article.published_on if is_late(article) else article.created_on or article.published_on
    return day or date.min, len(article.uid), article.uid


def _main_treatment(stored: Stored) -> Finding | None:
    """The treatment that a paper stands under: the strongest role, best the title's own."""
    used = [finding for finding in stored.findings.treatments if finding.role in USED_ROLES]
    return min(used, key=_strength, default=None)


def _strength(finding: Finding) -> tuple[int, bool]:
    in_title = any(evidence.field == "title" for evidence in finding.evidence)
    return TREATMENT_ROLES.index(finding.role), not in_title


def _by_treatment(papers: Sequence[Stored]) -> tuple[Section, ...]:
    """A section a treatment: those that were given first, then the fullest."""
    groups: dict[str, list[Stored]] = {}
    roles: dict[str, int] = {}
    labels: dict[str, str] = {}
    for stored in papers:
        main = _main_treatment(stored)
        if main:
            tag, role = main.tag, TREATMENT_ROLES.index(main.role)
            groups.setdefault(tag.id, []).append(stored)
            roles[tag.id] = min(role, roles.get(tag.id, role))
            labels[tag.id] = tag.label
    order = sorted(groups, key=lambda tag_id: (roles[tag_id], -len(groups[tag_id]), labels[tag_id]))
    return tuple(Section(labels[id_], tuple(groups[id_]), "treatment") for id_ in order)


def _by_topic(
    papers: Sequence[Stored], topics: Sequence[Topic], filters: Filters
) -> tuple[Section, ...]:
    """A section a topic for papers in which no treatment was used, in the order of the topics."""
    labels = {topic.id: topic.label for topic in topics if follows(filters, topic.id)}
    groups: dict[str, list[Stored]] = {topic_id: [] for topic_id in labels}
    for stored in papers:
        if _main_treatment(stored) is None:
            own = (topic_id for topic_id in labels if topic_id in stored.topics)
            other = stored.topics[0] if stored.topics else ""
            groups.setdefault(next(own, other), []).append(stored)
    return tuple(
        Section(labels.get(topic_id) or topic_id or "Other papers", tuple(group), "topic")
        for topic_id, group in groups.items()
        if group
    )


def _followed(coverage: Coverage, filters: Filters) -> tuple[TopicCoverage, ...]:
    return tuple(topic for topic in coverage.topics if follows(filters, topic.id))


def _section(title: str, papers: Sequence[Stored], kind: SectionKind) -> tuple[Section, ...]:
    return (Section(title, tuple(papers), kind),) if papers else ()
