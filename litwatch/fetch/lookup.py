"""A term of a query as a question to an article: True, False, or None where it cannot be told.

Each kind of field has its own rule (PubMed User Guide). None stands wherever PubMed may find the
article by what is not kept of it or not known here:

- a phrase whose words are there, but apart: PubMed takes the words singly where its phrase index
  does not hold the phrase;
- untagged words, and fields of which only a part is kept, where the words are not found;
- a MeSH heading that the article does not carry, while it carries others: an unknown heading may
  have narrower ones, and an unknown name may be another name of a heading. Not so where `mesh.toml`
  knows the name and all below it; and an article without any MeSH is found by no heading;
- a publication date that is later than those kept: the other one, of print or of the web, may fit;
- of a book, what its series, its editors and its dates decide.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date

from litwatch.fetch import dates
from litwatch.fetch.fields import ALL, LANGUAGES, STATUSES, STOP_WORDS, Tag, find
from litwatch.fetch.mesh import HEADINGS, TYPES
from litwatch.fetch.query import Range, Term
from litwatch.fetch.reading import Reading
from litwatch.fetch.spans import Span, is_relative, span
from litwatch.fetch.words import GAP, fold, words
from litwatch.models import MeshHeading

Predicate = Callable[[Reading], bool | None]

SHORTEST_STEM = 4
"""Letters that must stand before an asterisk."""

_CODES = {name: code for code, name in LANGUAGES.items()}


def question(term: Term | Range) -> Predicate | None:
    """The question that a term asks; None where PubMed drops it from the query."""
    tag = find(term.tag) if term.tag else None
    if isinstance(term, Range):
        is_date = tag is not None and tag.field.kind == "date"
        return _dated(tag, f"{term.low}:{term.high}") if tag and is_date else _untold
    if is_stem_too_short(term.text):
        return None
    if tag is None:
        return _text(term, ALL) if term.quoted else _mapped(term.text)
    return _RULES[tag.field.kind](term, tag)


def is_stem_too_short(text: str) -> bool:
    """Whether fewer letters than PubMed wants stand before the asterisk at the end."""
    return text.endswith("*") and len((words(text) or ("",))[-1]) < SHORTEST_STEM


def _untold(_: Reading) -> None:
    """The question that no record answers."""


# ---- words -----------------------------------------------------------------------------------


def _text(term: Term, tag: Tag) -> Predicate | None:
    """A word, a phrase, or words near each other."""
    sought = words(term.text)
    if not sought or (not term.quoted and STOP_WORDS.issuperset(sought)):
        return None
    code, is_whole = tag.field.code, tag.field.whole
    if tag.distance is not None:
        return _near(code, frozenset(sought), tag.distance, is_whole=is_whole)
    if len(sought) == 1 and not term.text.endswith("*"):
        return _word(code, sought[0], is_whole=is_whole)
    return _phrase(code, sought, is_whole=is_whole, is_start=term.text.endswith("*"))


def _absent(reading: Reading, *, is_whole: bool) -> bool | None:
    """The answer where words are not found; of a book the title of its series is not kept."""
    return False if is_whole and reading.article.kind != "book" else None


def _word(code: str, word: str, *, is_whole: bool) -> Predicate:
    def holds(reading: Reading) -> bool | None:
        return word in reading.words(code) or _absent(reading, is_whole=is_whole)

    return holds


def _phrase(code: str, sought: Sequence[str], *, is_whole: bool, is_start: bool) -> Predicate:
    """Words one after the other, the last of them perhaps truncated."""
    needle = f" {' '.join(sought)}" + ("" if is_start else " ")
    singly = frozenset(sought[:-1] if is_start else sought) - STOP_WORDS
    stem = f" {sought[-1]}" if is_start else ""

    def holds(reading: Reading) -> bool | None:
        text = reading.text(code)
        if needle in text:
            return True
        if len(sought) > 1 and singly <= reading.words(code) and stem in text:
            return None
        return _absent(reading, is_whole=is_whole)

    return holds


def _near(code: str, sought: frozenset[str], distance: int, *, is_whole: bool) -> Predicate:
    """All the words in any order, with at most so many others between them."""
    longest = len(sought) + distance

    def holds(reading: Reading) -> bool | None:
        if sought <= reading.words(code):
            zones = (zone.split() for zone in reading.text(code).split(GAP))
            if any(_is_near(zone, sought, longest) for zone in zones):
                return True
        return _absent(reading, is_whole=is_whole)

    return holds


def _is_near(zone: list[str], sought: frozenset[str], longest: int) -> bool:
    """Whether so many words in a row hold all those that are sought."""
    last: dict[str, int] = {}
    for place, word in enumerate(zone):
        if word in sought:
            last[word] = place
            if len(last) == len(sought) and place - min(last.values()) < longest:
                return True
    return False


def _mapped(text: str) -> Predicate | None:
    """Untagged words: what PubMed's term mapping makes of them is not known here.

    Whatever it is, it finds a record that holds all the words; only a number may be taken for a
    PMID, and a name with initials for an author.
    """
    run = [word for word in text.split() if not is_stem_too_short(word)]
    folded = [each for word in run for each in words(word)]
    if STOP_WORDS.issuperset(folded):
        return None
    needles = [f" {fold(word)}" + ("" if word.endswith("*") else " ") for word in run]
    may_be_a_number = any(map(str.isdecimal, folded))
    may_be_an_author = any(word.isalpha() and len(word) <= 2 for word in folded[1:])
    if may_be_a_number or may_be_an_author:
        return _untold

    def holds(reading: Reading) -> bool | None:
        text = reading.text("ALL")
        return True if all(needle in text for needle in needles) else None

    return holds


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
        return _untold if is_relative(text) else lambda _: False
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
    "text": _text,
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
    "unkept": lambda _, __: _untold,
}
