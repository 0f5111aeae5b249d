"""Automatic term mapping: what PubMed makes of words without quotes, tag, hyphen or asterisk.

In the manual's order: subject (MeSH headings and entry terms), journal, author; the longest run of
words that is known counts, and what is left is searched word by word in All Fields (User Guide;
recorded translations). PubMed also adds plurals and British spellings from
tables of its own, which the stand-in does not have.
"""

from collections.abc import Iterator, Sequence

from litwatch.demo.fields import ALL, FIELDS, Tag
from litwatch.demo.mesh import Heading
from litwatch.demo.outcome import Outcome, join
from litwatch.demo.query import Term
from litwatch.demo.terms import Lookup
from litwatch.demo.words import STOP_WORDS, phrase, words

LONGEST = 8
"""Words of the longest run that is looked up as one subject, journal or author."""


def expand(text: str, lookup: Lookup) -> Outcome | None:
    """What a run of untagged words finds; None where PubMed drops all of it."""
    outcomes = [outcome for outcome in _parts(text.split(), lookup) if outcome]
    return join("AND", outcomes)


def _parts(run: Sequence[str], lookup: Lookup) -> Iterator[Outcome | None]:
    start = 0
    while start < len(run):
        longest = min(len(run), start + LONGEST)
        for end in range(longest, start, -1):
            part = run[start:end]
            if _is_mappable(part) and (outcome := _mapped(" ".join(part), lookup)):
                yield outcome
                start = end
                break
        else:
            yield _word(run[start], lookup)
            start += 1


def _is_mappable(part: Sequence[str]) -> bool:
    return not any("*" in word or "-" in word for word in part) and not (
        len(part) == 1 and part[0].lower() in STOP_WORDS
    )


def _mapped(text: str, lookup: Lookup) -> Outcome | None:
    if heading := lookup.headings.get(phrase(text)):
        return _subject(text, heading, lookup)
    if lookup.view.item("JOUR", phrase(text)):
        return _journal(text, lookup)
    return _author(text, lookup)


def _subject(text: str, heading: Heading, lookup: Lookup) -> Outcome | None:
    found = [lookup.mesh(Term(heading.name), Tag(FIELDS["mh"]))]
    for spoken in dict.fromkeys((heading.natural, phrase(text))):
        found += _all_fields(words(spoken), lookup)
    outcome = join("OR", found)
    if outcome:
        lookup.notes.translations.append((text, outcome.text))
    return outcome


def _all_fields(spoken: Sequence[str], lookup: Lookup) -> Iterator[Outcome]:
    """The words ANDed, and the phrase: both stand in a recorded translation."""
    single = [
        Outcome(lookup.view.phrase("ALL", (word,)), f'"{word}"[{ALL.name}]') for word in spoken
    ]
    anded = join("AND", single)
    if anded and anded.compound:
        yield anded
    yield Outcome(lookup.view.phrase("ALL", spoken), f'"{" ".join(spoken)}"[{ALL.name}]')


def _journal(text: str, lookup: Lookup) -> Outcome | None:
    journal = lookup.journal(Term(text), Tag(FIELDS["ta"]))
    return join("OR", [each for each in (journal, *_all_fields(words(text), lookup)) if each])


def _author(text: str, lookup: Lookup) -> Outcome | None:
    """`altman r`: a surname and one or two initials that some record's author has."""
    name, _, initials = phrase(text).rpartition(" ")
    if not name or not 1 <= len(initials) <= 2 or not initials.isalpha():
        return None
    if not lookup.view.item_starting("AUTH", f"{name} {initials}"):
        return None
    outcome = lookup.author(Term(text), Tag(FIELDS["au"]))
    if outcome:
        lookup.notes.translations.append((text, outcome.text))
    return outcome


def _word(word: str, lookup: Lookup) -> Outcome | None:
    if word.isdecimal() and (hits := lookup.view.item("UID", word.lstrip("0"))):
        return Outcome(hits, f"{word.lstrip('0')}[UID]")
    return lookup.term(Term(word), ALL)
