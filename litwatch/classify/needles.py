"""The words a cue cannot match without, so that most cues need not be tried on most sentences.

A regular expression is taken apart as `re` itself does; of what must stand in every match, the
longest literal words are kept. One automaton over the words of all cues then says, in one pass over
a sentence, which cues can match in it at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick

_SHORTEST = 2  # characters; a shorter word stands in every sentence
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def needles(pattern: str) -> frozenset[str]:
    """Words of which at least one stands in every match of the pattern; empty if there are none."""
    best = _of_sequence(list(_parser.parse(pattern)))
    return frozenset(best) if best and min(map(len, best)) >= _SHORTEST else frozenset()


def _of_sequence(items: Sequence[Any]) -> set[str]:
    """The best words of a sequence: the set whose shortest word is the longest."""
    candidates: list[set[str]] = []
    run = ""
    for name, value in ((str(op), value) for op, value in items):
        if name == "LITERAL":
            run += chr(value)
            continue
        if name in ("AT", "ASSERT", "ASSERT_NOT"):
            continue
        inner = _inner(name, value)
        if run:
            candidates.append({run + head for head in map(_head, inner)} if inner else {run})
        found = [_of_sequence(branch) for branch in inner]
        if found and all(found):
            candidates.append(set().union(*found))
        run = ""
    if run:
        candidates.append({run})
    return max(candidates, key=lambda words: min(map(len, words)), default=set())


def _inner(name: str, value: Any) -> list[list[Any]]:
    """The alternatives of an item of which one must match; none where it may be missing."""
    if name == "BRANCH":
        return [list(branch) for branch in value[1]]
    if name == "SUBPATTERN":
        return _alternatives(list(value[3]))
    if name == "ATOMIC_GROUP":
        return _alternatives(list(value))
    if name in _REPEATS and value[0] > 0:
        return _alternatives(list(value[2]))
    return []


def _alternatives(items: list[Any]) -> list[list[Any]]:
    """The branches of a group that is nothing but a choice; else the group itself."""
    if len(items) == 1 and str(items[0][0]) == "BRANCH":
        return [list(branch) for branch in items[0][1][1]]
    return [items]


def _head(items: Sequence[Any]) -> str:
    """The literal characters that a sequence begins with."""
    head = ""
    for op, value in items:
        if str(op) != "LITERAL":
            break
        head += chr(value)
    return head


class Sieve:
    """The patterns that can match in a text, by their numbers."""

    def __init__(self, patterns: Iterable[str]) -> None:
        owners: dict[str, set[int]] = defaultdict(set)
        always: set[int] = set()
        for number, pattern in enumerate(patterns):
            words = needles(pattern)
            for word in words:
                owners[word].add(number)
            if not words:
                always.add(number)
        self._always = frozenset(always)
        self._automaton = ahocorasick.Automaton()
        for word, numbers in owners.items():
            self._automaton.add_word(word, tuple(numbers))
        if owners:
            self._automaton.make_automaton()

    def passed(self, text: str) -> list[int]:
        """The numbers of the patterns worth trying on the text, in order."""
        found = set(self._always)
        if len(self._automaton):
            for _, numbers in self._automaton.iter(text):
                found.update(numbers)
        return sorted(found)
