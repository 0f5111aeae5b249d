"""A term of a query as a question to an article: True, False, or None where it cannot be told.

Each kind of field has its own rule (PubMed User Guide). None stands wherever PubMed may find the
article by what is not kept of it or not known here:

- words, as phrases.py tells;
- a MeSH heading that the article does not carry, while it carries others: an unknown heading may
  have narrower ones, and an unknown name may be another name of a heading. Not so where `mesh.toml`
  knows the name and all below it; and an article without any MeSH is found by no heading;
- a publication date that is later than those kept: the other one, of print or of the web, may fit;
- of a book, what its series, its editors and its dates decide.
"""

import re
from collections.abc import Callable, Collection
from datetime import date

from litwatch.fetch import dates
from litwatch.fetch.fields import ALL, LANGUAGES, STATUSES, Tag, find
from litwatch.fetch.mesh import HEADINGS, TYPES
from litwatch.fetch.phrases import is_stem_too_short, mapped_question, text_question, untold
from litwatch.fetch.query import Range, Term
from litwatch.fetch.reading import Predicate, Reading
from litwatch.fetch.spans import Span, is_relative, span
from litwatch.fetch.words import fold
from litwatch.models import MeshHeading

_CODES = {name: code for code, name in LANGUAGES.items()}


def question(term: Term | Range) -> Predicate | None:
    """The question that a term asks; None where PubMed drops it from the query."""
    tag = find(term.tag) if term.tag else None
    if isinstance(term, Range):
        is_date = tag is not None and tag.field.kind == "date"
        return _dated(tag, f"{term.low}:{term.high}") if tag and is_date else untold
    if is_stem_too_short(term.text):
        return None
    if tag is None:
        return text_question(term, ALL) if term.quoted else mapped_question(term.text)
    return _RULES[tag.field.kind](term, tag)


# ---- what indexers added -----------------------------------------------------------------------


def _heading(term: Term, tag: Tag) -> Predicate:
    """A heading with all that is narrower, alone with `:noexp`, or with a qualifier."""
    name, _, qualifier = term.text.removesuffix("*").partition("/")
    wanted, is_major = fold(qualifier), tag.field.code == "MAJR"
    if term.text.endswith("*"):
        return _starting(fold(name), wanted, is_major=is_major)
    known = HEADINGS.get(fold(name))
    keys = {known.key if known else fold(name)}
    is_certain = known is not None
    if known and tag.explode:
        keys |= known.narrower or frozenset()
        is_bare = not (is_major or wanted)
        is_certain = known.narrower is not None and (is_bare or not known.is_check_tag)

    def holds(reading: Reading) -> bool | None:
        carried = reading.headings
        found = [
            _carries(heading, wanted, is_major=is_major)
            for key in keys & carried.keys()
            for heading in carried[key]
        ]
        if True in found:
            return True
        return None if carried and (None in found or not is_certain) else False

    return holds


def _starting(start: str, qualifier: str, *, is_major: bool) -> Predicate:
    """A truncated heading, which does not explode; other names of headings are not known."""

    def holds(reading: Reading) -> bool | None:
        found = (
            _carries(heading, qualifier, is_major=is_major)
            for key, headings in reading.headings.items()
            if key.startswith(start)
            for heading in headings
        )
        return True if any(found) else None if reading.headings else False

    return holds


def _carries(heading: MeshHeading, qualifier: str, *, is_major: bool) -> bool | None:
    """Whether a heading is what is sought; qualifiers explode too, and share one star here."""
    if is_major and not heading.major:
        return False
    if not qualifier:
        return True
    if qualifier in map(fold, heading.qualifiers):
        return None if is_major else True
    return None if heading.qualifiers else False


def _subheading(term: Term, _: Tag) -> Predicate:
    wanted = fold(term.text)

    def holds(reading: Reading) -> bool | None:
        carried = {fold(each) for heading in reading.article.mesh for each in heading.qualifiers}
        return True if wanted in carried else None if carried else False

    return holds


def _substance(term: Term, tag: Tag) -> Predicate:
    """A chemical or another supplementary concept, which have many names."""
    wanted, code = fold(term.text), tag.field.code
    is_start = term.text.endswith("*")

    def holds(reading: Reading) -> bool | None:
        if _has(reading.values(code), wanted, is_start=is_start):
            return True
        return None if reading.article.chemicals or reading.article.mesh else False

    return holds


def _type(term: Term, tag: Tag) -> Predicate:
    """A publication type with all that is narrower."""
    wanted, code = fold(term.text), tag.field.code
    is_start = term.text.endswith("*")
    known = None if is_start else TYPES.get(wanted)
    keys = {wanted, *(known.narrower or () if known else ())}

    def holds(reading: Reading) -> bool | None:
        values = reading.values(code)
        if keys & values or (is_start and _has(values, wanted, is_start=True)):
            return True
        return False if known or not values else None

    return holds


def _has(values: Collection[str], wanted: str, *, is_start: bool) -> bool:
    return any(value.startswith(wanted) if is_start else value == wanted for value in values)


def _language(term: Term, _: Tag) -> Predicate:
    """A language by its name or its code of three letters."""
    wanted = fold(term.text)
    code = _CODES.get(wanted, wanted)
    is_known = code in LANGUAGES or re.fullmatch("[a-z]{3}", code) is not None

    def holds(reading: Reading) -> bool | None:
        languages = reading.article.languages
        return code in languages if is_known or not languages else None

    return holds


def _filter(term: Term, _: Tag) -> Predicate:
    """A subset, as far as a record's status and abstract tell."""
    wanted = fold(term.text)

    def holds(reading: Reading) -> bool | None:
        article = reading.article
        status = STATUSES.get(article.status.lower().replace(" ", "-"))
        if wanted == "all":
            return True
        if wanted == "hasabstract":
            return bool(article.abstract)
        return status == wanted if status and wanted in STATUSES.values() else None

    return holds


# ---- where it appeared -------------------------------------------------------------------------


def _value(term: Term, tag: Tag) -> Predicate:
    wanted, is_start = fold(term.text), term.text.endswith("*")
    code, absent = tag.field.code, False if tag.field.whole else None

    def holds(reading: Reading) -> bool | None:
        return _has(reading.values(code), wanted, is_start=is_start) or absent

    return holds


def _author(term: Term, tag: Tag) -> Predicate:
    """A surname with or without initials; without quotes further initials are free.

    Of a book the editors may be kept in place of its authors.
    """
    name, code = fold(term.text), tag.field.code
    has_initials = " " in name and len(name.split()[-1]) <= 2
    start = name if has_initials or term.text.endswith("*") else f"{name} "

    def holds(reading: Reading) -> bool | None:
        if reading.article.kind == "book":
            return None
        short = reading.authors(code) if code != "FULL" else ()
        full = reading.full_names(code)
        free = not term.quoted and any(each.startswith(start) for each in short)
        return name in short or name in full or free

    return holds


def _journal(term: Term, _: Tag) -> Predicate:
    """A journal by its title, abbreviation or ISSN; it has more names than a record holds."""
    wanted, is_start = fold(term.text), term.text.endswith("*")

    def holds(reading: Reading) -> bool | None:
        journal = reading.article.journal
        names = [fold(each) for each in (journal.title, journal.abbreviation, journal.issn) if each]
        names += [name.removeprefix("the ") for name in names]
        return True if _has(names, wanted, is_start=is_start) else None

    return holds


def _identifier(term: Term, tag: Tag) -> Predicate:
    """A DOI, a PMC number or an ORCID; a record has more identifiers than are kept."""
    wanted, is_person = fold(term.text), tag.field.code == "AUID"

    def holds(reading: Reading) -> bool | None:
        article = reading.article
        people = (author.orcid for author in article.authors)
        kept = people if is_person else iter((article.doi, article.pmcid))
        return True if wanted in map(fold, kept) else None

    return holds


def _uid(term: Term, _: Tag) -> Predicate:
    wanted = {part.lstrip("0") for part in term.text.replace(",", " ").split()}

    def holds(reading: Reading) -> bool | None:
        source, _, number = reading.article.uid.partition(":")
        return source == "pubmed" and number in wanted

    return holds


def _dated(tag: Tag, text: str) -> Predicate:
    """A day between two others; what is no date finds nothing."""
    days, code = span(text), tag.field.code
    if days is None:
        return untold if is_relative(text) else lambda _: False
    if code == "PDAT":
        return lambda reading: _published(reading, days)

    def holds(reading: Reading) -> bool | None:
        day = reading.day(code)
        return None if day is None else days.first <= day <= days.last

    return holds


def _published(reading: Reading, days: Span) -> bool | None:
    """A paper is found by its date of print and by that of the web; the earlier one is kept."""
    article = reading.article
    if article.kind == "book":
        return None
    kept = [day for day in (article.published_on, dates.free(article.published).day) if day]
    if any(days.first <= day <= days.last for day in kept):
        return True
    return False if kept and days.last < min(kept, default=date.max) else None


_RULES: dict[str, Callable[[Term, Tag], Predicate | None]] = {
    "text": text_question,
    "heading": _heading,
    "subheading": _subheading,
    "substance": _substance,
    "type": _type,
    "language": _language,
    "filter": _filter,
    "value": _value,
    "author": _author,
    "journal": _journal,
    "identifier": _identifier,
    "uid": _uid,
    "date": lambda term, tag: _dated(tag, term.text),
    "unkept": lambda _, __: untold,
}
