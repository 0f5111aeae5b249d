"""What a subscriber is owed, and the issue that is made of it: pure, from values to a Digest.

News is what a run stored for the first time after the history of its topic was filed; the store
says so by topic. Here the reader's filters decide, and what is only filed is counted, never lost.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from litwatch.digest.issue import (
    CorrectionEntry,
    Coverage,
    Digest,
    Section,
    SectionKind,
    TopicCoverage,
)
from litwatch.digest.table import Reported, reported, tabulate
from litwatch.models import ORGAN_ROLES, TREATMENT_ROLES, Article, Change, Finding, Period, Stored
from litwatch.settings import Filters, Subscriber, Topic

NEWEST = 5
"""Papers that a first issue shows of what is on file."""
LATE_AFTER = timedelta(days=365)
"""A paper that PubMed creates so long after its publication is old, not new."""
CORRECTION_KINDS = (
    "retraction",
    "withdrawn",
    "partial_retraction",
    "concern",
    "erratum",
    "republication",
    "update",
    "final",
)
"""What a reader of the paper is told, gravest first; `final` comes with volume and pages."""
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
USED_ROLES = ("given", "failed", "withdrawn", "cause")
"""Roles under which a paper stands under the treatment; otherwise it stands under its topic."""

Twins = Mapping[str, Collection[str]]
"""By uid, the uids of the other records of the same paper, where there are any."""
NO_TWINS: Twins = {}


@dataclass(frozen=True, slots=True)
class Owed:
    """The papers a subscriber is to read, and those that are only filed and counted.

    `again` are the uids of further records of what they read now, or have read.
    """

    papers: tuple[Stored, ...] = ()
    filed_only: tuple[Stored, ...] = ()
    again: tuple[str, ...] = ()


# ---- what a subscriber is owed ---------------------------------------------------------------


def matches(stored: Stored, filters: Filters) -> bool:
    """Whether a paper passes every filter; an empty filter passes all.

    With `treatments` and `roles` both given, a chosen treatment must carry a chosen role; so with
    `organs`. `roles` alone asks for any treatment or organ in one of them.
    """
    return not failed_filters(stored, filters)


def failed_filters(stored: Stored, filters: Filters) -> tuple[str, ...]:
    """The names of the filters that a paper does not pass."""
    treatments, organs = stored.findings.treatments, stored.findings.organs
    study_type = stored.findings.facts.study_type
    passed = {
        "topics": _passes(filters.topics, stored.topics),
        "treatments": _passes_tags(filters.treatments, filters.roles, treatments, TREATMENT_ROLES),
        "organs": _passes_tags(filters.organs, filters.roles, organs, ORGAN_ROLES),
        "roles": _passes(filters.roles, [finding.role for finding in (*treatments, *organs)]),
        "study_types": _passes(filters.study_types, [study_type.value] if study_type else []),
        "languages": _passes(filters.languages, stored.article.languages),
    }
    return tuple(name for name, is_passed in passed.items() if not is_passed)


def owed(
    candidates: Sequence[Stored],
    filters: Filters,
    *,
    promised: Collection[str],
    delivered: Collection[str],
    held: Collection[str] = (),
    twins: Twins = NO_TWINS,
) -> Owed:
    """What of the candidates goes into an issue, and what is only filed and counted.

    `promised` are the uids that runs have written down as owed to the reader, each under the
    filters of its time; what the filters of today let through besides them is older, and filed.
    """
    passing = [
        stored
        for stored in candidates
        if stored.article.uid not in delivered
        and stored.article.uid not in held
        and matches(stored, filters)
    ]
    due = [stored for stored in passing if stored.article.uid in promised]
    papers = each_once(due, twins, delivered)
    kept = {stored.article.uid for stored in papers}
    return Owed(
        papers,
        filed_only=tuple(stored for stored in passing if stored.article.uid not in promised),
        again=tuple(stored.article.uid for stored in due if stored.article.uid not in kept),
    )


def each_once(
    records: Sequence[Stored], twins: Twins, delivered: Collection[str] = ()
) -> tuple[Stored, ...]:
    """One record of each paper of which none is delivered, best one that PubMed still has."""
    taken = set(delivered)
    kept = []
    for stored in sorted(records, key=lambda stored: stored.withdrawn):
        if taken.isdisjoint(twins.get(stored.article.uid, ())):
            taken.add(stored.article.uid)
            kept.append(stored)
    return tuple(kept)


def news(candidates: Sequence[Stored], filters: Filters) -> tuple[str, ...]:
    """The uids among what has just become news that the reader is owed from now on."""
    return tuple(
        stored.article.uid
        for stored in candidates
        if stored.news_topics
        and _passes(filters.topics, stored.news_topics)
        and matches(stored, filters)
    )


def untold(
    changes: Sequence[Change],
    delivered_in: Mapping[str, int],
    delivered_changes: Collection[int],
) -> tuple[Change, ...]:
    """One change for each event of which a reader must still hear.

    `changes` are all that are on file, `delivered_in` the runs whose digests held the papers. What
    was known by then stands in the digest, and what came in a later run does not, even if it came
    before the mail went out.
    """
    concerned = [
        change
        for change in changes
        if change.kind in CORRECTION_KINDS and change.uid in delivered_in
    ]
    return tuple(
        event[0]
        for event in _events(concerned)
        if not any(
            change.id in delivered_changes or change.run_id <= delivered_in[change.uid]
            for change in event
        )
    )


def corrections(
    changes: Sequence[Change],
    articles: Mapping[str, Stored],
    delivered_on: Mapping[str, datetime],
    notices: Mapping[str, Article],
) -> tuple[CorrectionEntry, ...]:
    """The entries for these changes, the gravest kind first, then the newest."""
    newest_first = sorted(changes, key=lambda change: (change.at, change.id), reverse=True)
    return tuple(
        CorrectionEntry(
            change, articles[change.uid], delivered_on[change.uid], notices.get(change.notice_uid)
        )
        for change in sorted(newest_first, key=lambda change: CORRECTION_KINDS.index(change.kind))
        if change.uid in articles
    )


def _events(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes by what they tell of: the record of a paper and its notices tell of one event."""
    events: dict[tuple[str, str], list[list[Change]]] = {}
    for change in sorted(changes, key=lambda change: (not change.notice_uid, change.id)):
        of_the_kind = events.setdefault((change.uid, change.kind), [])
        same = (event for event in of_the_kind if _is_one(event, change))
        if event := next(same, None):
            event.append(change)
        else:
            of_the_kind.append([change])
    return [event for of_the_kind in events.values() for event in of_the_kind]


def _is_one(event: Sequence[Change], change: Change) -> bool:
    """Whether a change tells of that event, by the paper, the kind and the notice.

    A paper is retracted once, however many notices there are. A record that names no notice may
    speak of one that only the notice has told of so far: that is where no citation is known.
    """
    if change.kind in ("retraction", "withdrawn"):
        return change.kind == "retraction" or change.notice_uid == event[0].notice_uid != ""
    if change.notice_uid:
        return change.notice_uid == event[0].notice_uid
    return all(other.notice_uid and not other.citation for other in event)


def _passes(wanted: Sequence[str], found: Sequence[str | int]) -> bool:
    return not wanted or any(value in wanted for value in found)


def _passes_tags(
    wanted: Sequence[str], roles: Sequence[str], found: Sequence[Finding], known: Sequence[str]
) -> bool:
    """A chosen tag must carry a chosen role, where one of its own kind of roles is chosen."""
    fitting = [role for role in roles if role in known]
    return not wanted or any(
        finding.tag.id in wanted and _passes(fitting, [finding.role]) for finding in found
    )


# ---- the issue -------------------------------------------------------------------------------


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
    rules_version: str,
) -> Digest:
    """One issue for one reader: the papers grouped by treatment, newest first, each paper once.

    A first issue shows the newest few of `papers`, which are on file and none of them news. What
    papers on file report and their number by year are those of all the reader's topics.
    """
    ordered = sorted(papers, key=_newness, reverse=True)
    if kind == "first":
        sections = _section("The newest papers on file", ordered[:NEWEST], "newest")
    else:
        groups = _by_kind(ordered)
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
        rules_version=rules_version,
        filters=subscriber.filters.in_words(),
    )


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


def trim(digest: Digest, keep: int) -> Digest:
    """The digest with its first `keep` corrections and papers; the rest is named in `overflow`."""
    corrections = digest.corrections[:keep]
    left = keep - len(corrections)
    sections, cut = [], [entry.paper for entry in digest.corrections[keep:]]
    for section in digest.sections:
        kept, dropped = section.papers[:left], section.papers[left:]
        left -= len(kept)
        cut.extend(dropped)
        if kept:
            sections.append(replace(section, papers=kept))
    overflow = tuple(dict.fromkeys(stored.article.uid for stored in cut))
    return replace(digest, corrections=corrections, sections=tuple(sections), overflow=overflow)


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
    labels = {topic.id: topic.label for topic in topics if _passes(filters.topics, [topic.id])}
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
    return tuple(topic for topic in coverage.topics if _passes(filters.topics, [topic.id]))


def _section(title: str, papers: Sequence[Stored], kind: SectionKind) -> tuple[Section, ...]:
    return (Section(title, tuple(papers), kind),) if papers else ()
