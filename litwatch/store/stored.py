"""An article with its findings, as rows and back."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select

from litwatch.models import Article, Change, Evidence, Fact, Facts, Finding, Findings, Stored, Tag
from litwatch.store.codec import from_plain, to_plain
from litwatch.store.database import AnyRow, Database
from litwatch.store.schema import articles, changes, findings, links

BATCH = 500
"""So many uids are named in one statement; SQLite takes 32,766 at most."""

ARTICLES = select(
    articles.c.uid,
    articles.c.record,
    articles.c.facts,
    articles.c.first_run,
    articles.c.withdrawn_at,
).where(articles.c.uid.in_(bindparam("uids", expanding=True)))

FINDINGS = (
    select(findings)
    .where(findings.c.uid.in_(bindparam("uids", expanding=True)))
    .order_by(findings.c.uid, findings.c.position)
)

LINKS = (
    select(links.c.uid, links.c.topic_id, links.c.news)
    .where(links.c.uid.in_(bindparam("uids", expanding=True)))
    .order_by(links.c.topic_id)
)

CHANGES = (
    select(changes)
    .where(changes.c.uid.in_(bindparam("uids", expanding=True)))
    .order_by(changes.c.id)
)


def article_row(
    article: Article, found: Findings, *, content_hash: str, rules_version: str, at: datetime
) -> dict[str, Any]:
    """The columns of an article that a reading at that moment fills."""
    return {
        "kind": article.kind,
        "title": article.title,
        "doi": article.doi.lower(),
        "published_on": article.published_on,
        "created_on": article.created_on,
        "revised_on": article.revised_on,
        "retracted": article.is_retracted,
        "record": to_plain(article),
        "content_hash": content_hash,
        "last_read_at": at,
        "withdrawn_at": None,
        **tagged_columns(found, rules_version),
    }


def tagged_columns(found: Findings, rules_version: str) -> dict[str, Any]:
    """The columns of an article that the rules of that version fill."""
    return {
        "facts": to_plain(found.facts),
        "study_type": _value(found.facts.study_type),
        "patients": _value(found.facts.patients),
        "outcome": _value(found.facts.outcome),
        "rules_version": rules_version,
    }


def finding_rows(uid: str, found: Findings) -> list[dict[str, Any]]:
    """A row for each finding, numbered in the order in which the rules gave them."""
    return [
        {
            "uid": uid,
            "category": finding.tag.category,
            "tag_id": finding.tag.id,
            "position": position,
            "label": finding.tag.label,
            "tag_group": finding.tag.group,
            "role": finding.role,
            "evidence": to_plain(finding.evidence),
        }
        for position, finding in enumerate((*found.treatments, *found.organs))
    ]


def load(
    database: Database, uids: Sequence[str], news: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Stored, ...]:
    """The articles of those uids that are on file, in that order.

    `news` gives each one's `news_topics`; without it they are all topics for which it was news.
    """
    return tuple(
        stored for batch in _batches(uids) for stored in _load_batch(database, batch, news)
    )


def _load_batch(
    database: Database, uids: Sequence[str], news: Mapping[str, tuple[str, ...]] | None
) -> Iterator[Stored]:
    records = {row.uid: row for row in database.rows(ARTICLES, uids=uids)}
    found = _by_uid(database.rows(FINDINGS, uids=uids))
    linked = _by_uid(database.rows(LINKS, uids=uids))
    changed = _by_uid(database.rows(CHANGES, uids=uids))
    for uid in uids:
        if uid in records:
            row, topics = records[uid], linked[uid]
            was_news = tuple(link.topic_id for link in topics if link.news)
            yield Stored(
                article=from_plain(Article, row.record),
                findings=_findings(found[uid], row.facts),
                topics=tuple(link.topic_id for link in topics),
                first_run=row.first_run,
                news_topics=was_news if news is None else news[uid],
                withdrawn=row.withdrawn_at is not None,
                changes=tuple(change_of(change) for change in changed[uid]),
            )


def change_of(row: AnyRow) -> Change:
    """A row of the changes as the model."""
    return Change(row.id, row.uid, row.kind, row.run_id, row.at, row.notice_uid, row.citation)


def _findings(rows: Sequence[AnyRow], facts: object) -> Findings:
    found = tuple(
        Finding(
            tag=Tag(row.category, row.tag_id, row.label, row.tag_group),
            role=row.role,
            evidence=tuple(from_plain(Evidence, evidence) for evidence in row.evidence),
        )
        for row in rows
    )
    return Findings(
        treatments=tuple(finding for finding in found if finding.tag.category == "treatment"),
        organs=tuple(finding for finding in found if finding.tag.category == "organ"),
        facts=from_plain(Facts, facts),
    )


def _value(fact: Fact | None) -> str | int | None:
    return fact.value if fact else None


def _by_uid(rows: Sequence[AnyRow]) -> Mapping[str, list[AnyRow]]:
    grouped: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        grouped[row.uid].append(row)
    return grouped


def _batches(uids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    remaining = iter(uids)
    while batch := tuple(islice(remaining, BATCH)):
        yield batch
