"""What a subscriber is owed: the papers, and what happened to papers that they were sent.

News is what a run stored for the first time after the history of its topic was filed; the store
says so by topic. Here the reader's filters decide, and what is only filed is counted, never lost.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from litwatch.digest.issue import CorrectionEntry
from litwatch.models import (
    ORGAN_ROLES,
    TAKEN_BACK_BY,
    TREATMENT_ROLES,
    Article,
    Change,
    Finding,
    Stored,
    standing,
)
from litwatch.settings import Filters

CORRECTION_KINDS = (
    "retraction",
    "withdrawn",
    "partial_retraction",
    "concern",
    "reinstated",
    "restored",
    "erratum",
    "republication",
    "update",
    "final",
)
"""What a reader of the paper is told, gravest first; `final` comes with volume and pages."""
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


def follows(filters: Filters, topic_id: str) -> bool:
    """Whether the reader follows the topic."""
    return _passes(filters.topics, [topic_id])


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
    """One change for each event of which a reader must still hear, as it stands now.

    `changes` are all that are on file, in their order, `delivered_in` the runs whose digests held
    the papers. What was known by then stands in the digest, and what came in a later run does not,
    even if it came before the mail went out. What was taken back before it was told is not told.
    """
    histories: dict[str, list[Change]] = {}
    for change in changes:
        if change.kind in CORRECTION_KINDS and change.uid in delivered_in:
            histories.setdefault(change.uid, []).append(change)
    return tuple(
        change
        for uid, history in histories.items()
        for change in _untold(
            history,
            {
                change.id
                for change in history
                if change.id in delivered_changes or change.run_id <= delivered_in[uid]
            },
        )
    )


def _untold(history: Sequence[Change], told: Collection[int]) -> Iterator[Change]:
    """What is to be told of one paper, of which the reader was told these changes."""
    believed = {
        kind: by for kind, by in TAKEN_BACK_BY.items() if _believes(history, told, kind, by)
    }
    for event in _events(standing(history)):
        is_known = event[0].kind == "retraction" and "retraction" in believed
        if not is_known and not any(change.id in told for change in event):
            yield event[0]
    for kind, by in believed.items():
        last = [change for change in history if change.kind in (kind, by)][-1]
        if last.kind == by:
            yield last


def _believes(history: Sequence[Change], told: Collection[int], kind: str, by: str) -> bool:
    """Whether the reader was told last that it is so, and not that it was taken back.

    Where nothing of it was told, what is taken back first was so when the paper was sent.
    """
    both = [change for change in history if change.kind in (kind, by)]
    heard = [change for change in both if change.id in told]
    return heard[-1].kind == kind if heard else bool(both) and both[0].kind == by


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
