"""An Article as a search sees it: its fields folded into words, each when it is first asked for.

Which part of a record feeds which field: PubMed User Guide, "Search field descriptions and tags".
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from litwatch.fetch.words import GAP, fold
from litwatch.models import Article, Author, MeshHeading, bare_uid


class Reading:
    """The fields of one article, by their codes (`fields.toml`)."""

    __slots__ = ("_headings", "_texts", "_words", "article")

    def __init__(self, article: Article) -> None:
        self.article = article
        self._texts: dict[str, str] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._headings: dict[str, tuple[MeshHeading, ...]] | None = None

    def text(self, code: str) -> str:
        """The folded texts of a field, padded, so that ` word ` finds a whole word."""
        text = self._texts.get(code)
        if text is None:
            parts = filter(None, _TEXTS[code](self))
            text = self._texts[code] = f" {GAP.join(parts)} "
        return text

    def words(self, code: str) -> frozenset[str]:
        """The different words of a field."""
        words = self._words.get(code)
        if words is None:
            words = self._words[code] = frozenset(self.text(code).split())
        return words

    @property
    def headings(self) -> Mapping[str, tuple[MeshHeading, ...]]:
        """The MeSH headings by their folded names; a heading may stand there twice."""
        if self._headings is None:
            self._headings = {}
            for heading in self.article.mesh:
                key = fold(heading.heading)
                self._headings[key] = (*self._headings.get(key, ()), heading)
        return self._headings

    def values(self, code: str) -> frozenset[str]:
        """The folded whole values of a field."""
        return frozenset(map(fold, _VALUES[code](self.article)))

    def authors(self, code: str) -> tuple[str, ...]:
        """The names of the authors with their initials: of all, the first or the last one."""
        return tuple(fold(_name(author)) for author in self._chosen(code))

    def full_names(self, code: str) -> tuple[str, ...]:
        """The same with whole first names, which [au] finds too (User Guide, "Author")."""
        return tuple(fold(f"{author.last} {author.fore}") for author in self._chosen(code))

    def _chosen(self, code: str) -> list[Author]:
        people = [author for author in self.article.authors if author.last]
        return {"FAUT": people[:1], "LAUT": people[-1:]}.get(code, people)

    def day(self, code: str) -> date | None:
        """The day of a date field, None where the record does not tell.

        A record without a create date takes its Entrez date, and the other way round.
        """
        article = self.article
        match code:
            case "CRDT":
                return article.created_on or article.entered_on
            case "EDAT":
                return article.entered_on or article.created_on
            case "MDAT":
                return article.revised_on
        return None

    # What stands under each code, in words.

    def title(self) -> Iterator[str]:
        """Title, and the title of the whole book."""
        yield fold(self.article.title)
        if self.article.book_title != self.article.title:
            yield fold(self.article.book_title)

    def title_abstract(self) -> Iterator[str]:
        """Title, abstracts in any language, and the authors' keywords."""
        yield from self.title()
        yield from (fold(section.text) for section in self.article.abstract)
        for other in self.article.other_abstracts:
            yield from (fold(section.text) for section in other.sections)
        yield from self.keywords()

    def keywords(self) -> Iterator[str]:
        """The authors' keywords."""
        return map(fold, self.article.keywords)

    def vernacular(self) -> Iterator[str]:
        """The title in its own language."""
        yield fold(self.article.vernacular_title)

    def affiliations(self) -> Iterator[str]:
        """Where the authors work."""
        for author in self.article.authors:
            yield from map(fold, author.affiliations)

    def groups(self) -> Iterator[str]:
        """The groups among the authors."""
        return (fold(author.collective) for author in self.article.authors)

    def text_words(self) -> Iterator[str]:
        """Title and abstract, vernacular title, and what indexers added."""
        yield self.text("TIAB").strip()
        yield from self.vernacular()
        for heading in self.article.mesh:
            yield fold(heading.heading)
            yield from map(fold, heading.qualifiers)
        yield from map(fold, self.article.publication_types)
        yield from map(fold, self.article.chemicals)

    def everything(self) -> Iterator[str]:
        """All words that are kept of the record."""
        article, journal = self.article, self.article.journal
        yield self.text("WORD").strip()
        for author in article.authors:
            yield fold(_name(author))
        yield from self.groups()
        yield from self.affiliations()
        yield from map(fold, (journal.title, journal.abbreviation, journal.issn))
        yield from map(fold, (article.doi, article.pmcid, bare_uid(article.uid)))


Predicate = Callable[[Reading], bool | None]
"""A question to an article; None where it cannot be told."""


def _name(author: Author) -> str:
    return f"{author.last} {author.initials} {author.suffix}"


_TEXTS: Mapping[str, Callable[[Reading], Iterator[str]]] = {
    "TITL": Reading.title,
    "TIAB": Reading.title_abstract,
    "OTRM": Reading.keywords,
    "TT": Reading.vernacular,
    "AFFL": Reading.affiliations,
    "COLN": Reading.groups,
    "WORD": Reading.text_words,
    "ALL": Reading.everything,
}
_VALUES: Mapping[str, Callable[[Article], tuple[str, ...]]] = {
    "VOL": lambda article: (article.volume,),
    "ISS": lambda article: (article.issue,),
    "PAGE": lambda article: (article.pages,),
    "SUBS": lambda article: article.chemicals,
    "PTYP": lambda article: article.publication_types,
}
