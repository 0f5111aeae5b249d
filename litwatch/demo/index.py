"""Which revisions hold a word, a phrase, an item or a day: postings, built when first asked for."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from litwatch.demo.document import Document
from litwatch.demo.words import GAP

_NONE: frozenset[int] = frozenset()


class _Postings:
    """Terms of one field to the numbers of the documents that hold them."""

    def __init__(self, rows: Iterable[tuple[int, Iterable[str]]]) -> None:
        numbers: defaultdict[str, set[int]] = defaultdict(set)
        for number, terms in rows:
            for term in terms:
                numbers[term].add(number)
        self._numbers = dict(numbers)
        self.terms: Sequence[str] = sorted(self._numbers)

    def of(self, term: str) -> set[int] | frozenset[int]:
        return self._numbers.get(term, _NONE)

    def starting(self, prefix: str) -> set[int]:
        start = bisect_left(self.terms, prefix)
        end = bisect_left(self.terms, prefix + "\U0010ffff")
        return set().union(*(self._numbers[term] for term in self.terms[start:end]))


class Index:
    """The postings of every field over numbered documents."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._words: dict[str, _Postings] = {}
        self._items: dict[str, _Postings] = {}
        self._days: dict[str, list[tuple[date, int]]] = {}

    def _of_words(self, code: str) -> _Postings:
        if code not in self._words:
            texts = ((n, d.words.get(code, "")) for n, d in enumerate(self._documents))
            self._words[code] = _Postings((n, set(text.split()) - {GAP}) for n, text in texts)
        return self._words[code]

    def _of_items(self, code: str) -> _Postings:
        if code not in self._items:
            self._items[code] = _Postings(
                (n, document.items.get(code, ())) for n, document in enumerate(self._documents)
            )
        return self._items[code]

    def words(self, code: str) -> Sequence[str]:
        """Every word of a field, sorted."""
        return self._of_words(code).terms

    def with_words(self, code: str, words: Sequence[str], *, truncated: bool) -> set[int]:
        """The documents that hold every one of these words; the last one as a beginning."""
        postings = self._of_words(code)
        last = postings.starting(words[-1]) if truncated else postings.of(words[-1])
        return set(last).intersection(*(postings.of(word) for word in words[:-1]))

    def with_phrase(self, code: str, words: Sequence[str], *, truncated: bool) -> set[int]:
        """The documents that hold these words one after the other."""
        candidates = self.with_words(code, words, truncated=truncated)
        if len(words) == 1:
            return candidates
        sought = f" {' '.join(words)}" + ("" if truncated else " ")
        return {n for n in candidates if sought in self._documents[n].words[code]}

    def with_near(self, code: str, words: Sequence[str], distance: int) -> set[int]:
        """The documents that hold these words, in any order, at most `distance` others between."""
        candidates = self.with_words(code, words, truncated=False)
        sought = frozenset(words)
        return {
            n
            for n in candidates
            if any(
                _is_near(zone.split(), sought, distance)
                for zone in self._documents[n].words[code].split(GAP)
            )
        }

    def with_item(self, code: str, value: str) -> set[int] | frozenset[int]:
        """The documents that carry an item."""
        return self._of_items(code).of(value)

    def with_item_starting(self, code: str, prefix: str) -> set[int]:
        """The documents that carry an item with this beginning."""
        return self._of_items(code).starting(prefix)

    def with_day(self, code: str, first: date, last: date) -> set[int]:
        """The documents with a date of this kind from one day to another, both included."""
        if code not in self._days:
            self._days[code] = sorted(
                (day, n) for n, d in enumerate(self._documents) for day in d.dates.get(code, ())
            )
        days = self._days[code]
        start = bisect_left(days, (first, -1))
        return {n for _, n in days[start : bisect_right(days, (last, len(self._documents)))]}


def _is_near(zone: Sequence[str], sought: frozenset[str], distance: int) -> bool:
    """Whether a window of the zone holds all the words with at most `distance` others."""
    longest = len(sought) + distance
    seen: list[tuple[int, str]] = []
    for position, word in enumerate(zone):
        if word not in sought:
            continue
        seen = [(at, other) for at, other in seen if other != word and position - at < longest]
        seen.append((position, word))
        if len(seen) == len(sought):
            return True
    return False
