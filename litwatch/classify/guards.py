"""Regular expressions that are tried only on texts that hold a word they need.

Each cue needs some words: `(?:refractory|resistant) to` matches nothing without "refractory to" or
"resistant to". One automaton finds the words of all cues in one pass over a text, and a cue of
which none is there is not tried: hundreds of cues cost what the few cost that may match.

The words are read from the pattern as Python's own parser sees it, which is private: the tests hold
what is relied on. A pattern whose words cannot be told is always tried.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick

MOST = 6
"""So many strings at most are spelt out of one piece of a pattern."""
REMEMBERED = 64
"""Texts whose words are remembered: a sentence is asked for by one cue after the other."""
ADVANTAGE = 6.0
"""By so much a word with one letter more is thought to be rarer."""

Words = frozenset[str]
_NOTHING: Words = frozenset({""})
_WITHOUT_WIDTH = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)


class Guard:
    """The automaton of the words that a set of patterns needs.

    `is_lower` where it is asked for texts in lower case only, so that the case does not count.
    """

    def __init__(self, *, is_lower: bool = False) -> None:
        self._is_lower = is_lower
        self._patterns: list[tuple[str, int]] = []
        self._needed: list[Words] = []
        self._automaton: Any = None
        self._always = 0
        self.possible = lru_cache(REMEMBERED)(self._possible)

    def add(self, pattern: str | re.Pattern[str]) -> "Guarded":
        """The pattern, tried from now on only where it can match, and compiled at the latest then.

        One in words is taken without flags.
        """
        written = (pattern, 0) if isinstance(pattern, str) else (pattern.pattern, pattern.flags)
        self._patterns.append(written)
        self._automaton = None
        self.possible.cache_clear()
        return Guarded(self, pattern, 1 << (len(self._patterns) - 1))

    def _possible(self, text: str) -> int:
        """The bits of the patterns that can match in the text."""
        if self._automaton is None:
            self._build()
        bits = self._always
        for _, bit in self._automaton.iter(text):
            bits |= bit
        return bits

    def _build(self) -> None:
        for pattern in self._patterns[len(self._needed) :]:
            self._needed.append(needed_words(*pattern, is_lower=self._is_lower))
        words: dict[str, int] = {"\0": 0}  # an automaton of no word cannot be asked
        self._always = 0
        for number, needed in enumerate(self._needed):
            self._always |= 0 if needed else 1 << number
            for word in needed:
                words[word] = words.get(word, 0) | 1 << number
        self._automaton = ahocorasick.Automaton()
        for word, bits in words.items():
            self._automaton.add_word(word, bits)
        self._automaton.make_automaton()


class Guarded:
    """A pattern with its guard; finds what the pattern finds."""

    def __init__(self, guard: Guard, pattern: str | re.Pattern[str], bit: int) -> None:
        self._possible = guard.possible
        self._bit = bit
        self._given = pattern
        self.pattern = pattern if isinstance(pattern, str) else pattern.pattern

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._given)

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """As `re.Pattern.search`."""
        if not self._possible(text) & self._bit:
            return None
        return self._compiled.search(text, start, end)

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """As `re.Pattern.match`."""
        if not self._possible(text) & self._bit:
            return None
        return self._compiled.match(text, start, end)

    def finditer(
        self, text: str, start: int = 0, end: int = sys.maxsize
    ) -> Iterator[re.Match[str]]:
        """As `re.Pattern.finditer`."""
        if not self._possible(text) & self._bit:
            return iter(())
        return self._compiled.finditer(text, start, end)


# ---- the words of a pattern ----------------------------------------------------------------------


def needed_words(pattern: str, flags: int = 0, *, is_lower: bool = False) -> Words:
    """Strings of which at least one stands in every text that the pattern matches.

    There are none where that cannot be told, or where the case does not count but for texts that
    are in lower case.
    """
    parsed = parser.parse(pattern, flags)
    ignores_case = parsed.state.flags & re.IGNORECASE
    if parsed.state.flags & re.VERBOSE or (ignores_case and not is_lower):
        return frozenset()
    needed = _needed(parsed)
    return frozenset(word.lower() for word in needed) if ignores_case else needed


def _needed(sequence: Iterable[tuple[Any, Any]]) -> Words:
    """The rarest words that a sequence needs: of each piece, and of pieces that stand together."""
    found: list[Words] = []
    together: Words = _NOTHING
    for spelt, code, value in _pieces(sequence):
        if spelt is not None and len(spelt) * len(together) <= MOST:
            together = _joined(together, spelt)
            continue
        found.append(together)
        if spelt is None:
            found.append(_inside(code, value))
        together = _NOTHING if spelt is None else spelt
    found.append(together)
    return min((words for words in found if words and all(words)), key=_chance, default=frozenset())


def _pieces(sequence: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Words | None, Any, Any]]:
    """Each piece of a sequence with what it is spelt out; letters in a row are one piece."""
    letters = ""
    for code, value in sequence:
        if code is codes.LITERAL:
            letters += chr(value)
        elif code not in _WITHOUT_WIDTH:
            if letters:
                yield frozenset({letters}), codes.LITERAL, None
                letters = ""
            yield _spelt(code, value), code, value
    if letters:
        yield frozenset({letters}), codes.LITERAL, None


def _joined(before: Words, after: Words) -> Words:
    return after if before is _NOTHING else frozenset(one + two for one in before for two in after)


def _chance(words: Words) -> float:
    """How likely a text holds one of the words, as a figure to compare with others."""
    return sum(ADVANTAGE ** -len(word) for word in words)


def _inside(code: Any, value: Any) -> Words:
    """What a piece of a pattern needs that cannot be spelt out."""
    if code is codes.SUBPATTERN:
        return frozenset() if value[1] else _needed(value[3])
    if code is codes.ATOMIC_GROUP:
        return _needed(value)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return _needed(value[2]) if value[0] else frozenset()
    if code is codes.BRANCH:
        branches = [_needed(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    return frozenset()


def _spelt(code: Any, value: Any) -> Words | None:
    """All strings that a piece of a pattern matches, if they are few."""
    if code is codes.IN and all(kind is codes.LITERAL for kind, _ in value):
        return frozenset(chr(letter) for _, letter in value)
    if code is codes.SUBPATTERN:  # (group, flags set, flags unset, what is inside)
        return None if value[1] else _all(value[3])
    if code is codes.BRANCH:
        return _all_of(value[1])
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and (value[0], value[1]) == (0, 1):
        once = _all(value[2])
        return once | {""} if once is not None else None
    return None


def _all(sequence: Iterable[tuple[Any, Any]]) -> Words | None:
    """All strings that a sequence matches, if they are few."""
    found: Words = _NOTHING
    for spelt, _, _ in _pieces(sequence):
        if spelt is None or len(spelt) * len(found) > MOST:
            return None
        found = _joined(found, spelt)
    return found


def _all_of(branches: Sequence[Iterable[tuple[Any, Any]]]) -> Words | None:
    """All strings that one of the branches matches, if they are few."""
    found: set[str] = set()
    for branch in branches:
        spelt = _all(branch)
        if spelt is None or len(found) + len(spelt) > MOST:
            return None
        found |= spelt
    return frozenset(found)
