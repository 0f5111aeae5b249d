"""What is on file, counted: for the table and the chart of an issue.

A withdrawn or retracted article is counted nowhere: what helped whom is read as evidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, and_, func, or_, select

from litwatch.models import Tag
from litwatch.store.database import Database
from litwatch.store.schema import articles, findings, links


class Counts:
    """The counts of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def per_year(self, topics: Sequence[str]) -> Mapping[int, int]:
        """By the year of publication how many articles of the topics there are, in order."""
        published = func.coalesce(articles.c.published_on, articles.c.created_on)
        year = func.extract("year", published).label("year")
        query = (
            select(year, func.count().label("number"))
            .where(*_counted(topics), published.is_not(None))
            .group_by(year)
            .order_by(year)
        )
        return {int(row.year): row.number for row in self._database.rows(query)}

    def given_and_involved(
        self, topics: Sequence[str]
    ) -> Iterator[tuple[tuple[Tag, ...], tuple[Tag, ...]]]:
        """Of each article of the topics the treatments that were given, and the organs involved.

        Articles in which no treatment was given are left out.
        """
        is_given = and_(findings.c.category == "treatment", findings.c.role == "given")
        is_involved = and_(findings.c.category == "organ", findings.c.role == "involved")
        query = (
            select(
                findings.c.uid,
                findings.c.category,
                findings.c.tag_id,
                findings.c.label,
                findings.c.tag_group,
            )
            .join(articles, articles.c.uid == findings.c.uid)
            .where(*_counted(topics), or_(is_given, is_involved))
            .order_by(findings.c.uid, findings.c.position)
        )
        for _, rows in groupby(self._database.rows(query), lambda row: row.uid):
            tags = [Tag(row.category, row.tag_id, row.label, row.tag_group) for row in rows]
            given = tuple(tag for tag in tags if tag.category == "treatment")
            if given:
                yield given, tuple(tag for tag in tags if tag.category == "organ")


def _counted(topics: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    found = select(links.c.uid).where(links.c.topic_id.in_(topics))
    return (
        articles.c.uid.in_(found),
        articles.c.withdrawn_at.is_(None),
        articles.c.retracted.is_(False),
    )
