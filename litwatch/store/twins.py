"""The records of one paper that PubMed has under two numbers, or had: nothing in either says so."""

from collections.abc import Mapping
from itertools import combinations, groupby

from sqlalchemy import func, select

from litwatch.models import Article, Stored
from litwatch.store.changes import is_twin
from litwatch.store.codec import from_plain
from litwatch.store.database import Database
from litwatch.store.schema import articles
from litwatch.store.stored import load


class Twins:
    """The twins among the articles of one store, the withdrawn ones among them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, article: Article) -> tuple[Stored, ...]:
        """The other records on file of the same paper."""
        if not article.doi:
            return ()
        same_doi = articles.c.doi == article.doi.lower(), articles.c.uid != article.uid
        uids = self._database.column(
            select(articles.c.uid).where(*same_doi).order_by(articles.c.uid)
        )
        found = load(self._database, uids)
        return tuple(stored for stored in found if is_twin(stored.article, article))

    def all(self) -> Mapping[str, frozenset[str]]:
        """By uid the twins of each record that has any."""
        shared = (
            select(articles.c.doi)
            .where(articles.c.doi != "")
            .group_by(articles.c.doi)
            .having(func.count() > 1)
        )
        query = select(articles.c.doi, articles.c.record).where(articles.c.doi.in_(shared))
        twins: dict[str, frozenset[str]] = {}
        rows = self._database.rows(query.order_by(articles.c.doi))
        for _, same_doi in groupby(rows, key=lambda row: row.doi):
            records = [from_plain(Article, row.record) for row in same_doi]
            for one, other in combinations(records, 2):
                if is_twin(one, other):
                    twins[one.uid] = twins.get(one.uid, frozenset()) | {other.uid}
                    twins[other.uid] = twins.get(other.uid, frozenset()) | {one.uid}
        return twins
