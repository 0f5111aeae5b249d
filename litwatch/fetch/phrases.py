"""Words of a query as questions to an article: single ones, phrases, words near each other.

The answer is None, and not False, where PubMed may find the article all the same:

- a phrase whose words are there, but apart: PubMed takes the words singly where its phrase index
  does not hold the phrase;
- a field of which only a part is kept, and of a book the title of its series;
- untagged words: PubMed's term mapping finds more than what holds them.

A word that PubMed does not hold at all drops out of a query, with a warning that the guard sees;
from one record that cannot be told, and the word is taken to be known.

The rules: PubMed User Guide, "Searching for a phrase", "Proximity searching", "Stopwords".
"""

from collections.abc import Sequence

from litwatch.fetch.fields import STOP_WORDS, Tag
from litwatch.fetch.query import Term
from litwatch.fetch.reading import Predicate, Reading
from litwatch.fetch.words import GAP, fold, words

SHORTEST_STEM = 4
"""Letters that must stand before an asterisk."""


def is_stem_too_short(text: str) -> bool:
    """Whether fewer letters than PubMed wants stand before the asterisk at the end."""
    return text.endswith("*") and len((words(text) or ("",))[-1]) < SHORTEST_STEM


def untold(_: Reading) -> None:
    """The question that no record answers."""


def text_question(term: Term, tag: Tag) -> Predicate | None:
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


def mapped_question(text: str) -> Predicate | None:
    """Untagged words: what PubMed's term mapping makes of them is not known here.

    Whatever it is, it finds a record that holds all the words; only a number may be taken for a
    PMID, and a name with initials for an author.
    """
    run = [word for word in text.split() if fold(word) and not is_stem_too_short(word)]
    folded = [each for word in run for each in words(word)]
    if STOP_WORDS.issuperset(folded):
        return None
    needles = [f" {fold(word)}" + ("" if word.endswith("*") else " ") for word in run]
    may_be_a_number = any(map(str.isdecimal, folded))
    may_be_an_author = any(word.isalpha() and len(word) <= 2 for word in folded[1:])
    if may_be_a_number or may_be_an_author:
        return untold

    def holds(reading: Reading) -> bool | None:
        text = reading.text("ALL")
        return True if all(needle in text for needle in needles) else None

    return holds
