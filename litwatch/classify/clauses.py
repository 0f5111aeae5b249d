"""What a mention means in its sentence: cues, clauses, coordinated lists, order of strength.

A cue before a mention governs every mention that follows in the clause, until another cue; a cue
after it governs the list it ends. Cues that stand together are weighed by strength ("no response to
treatment with X": failed), but a new predicate ends what was said before it ("without response to
A, was treated with B": B is given). All positions count in the normalised sentence.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from litwatch.classify.rules import SENSES, Cue

_BORDER = re.compile(
    r"[;:](?= )|\b(?:but|whereas|while|however|although|though|until|thus|"
    r"then(?! (?:with|by|to|on|an?)\b)|jedoch|aber|wahrend|"
    r"obwohl|mais|cependant|tandis que|pero|aunque|mientras)\b"
)
_CONJUNCTION = re.compile(r"\b(?:and|or|plus|with|nor|und|oder|mit|et|ou|avec|y|o|e|con)\b|[/+&]")
_NEW_SUBJECT = re.compile(r", (?:[\w-]+ ){0,3}$")
_NEW_PREDICATE = re.compile(r"^(?: [^,;]*\w)?, (?:and|but|so) (?:[\w-]+ ){0,2}$")
_OTHER_SUBJECT = re.compile(
    r", (?:and|but|while) (?:the|his|her|their|its|an?|no|all) |"
    r"\b(?:after|when|once|because|since|as|where|if|before) (?:[\w-]+ ){0,3}?(?:treatments?|"
    r"therap(?:y|ies)|drugs?|agents?|measures|options|regimens?|everything|all|others?) "
)
_ORGANS_OTHER_SUBJECT = re.compile(
    r", (?:and|but|while) (?:the|his|her|their|its|an?|no|all) |, (?:in whom|in which|whose) "
)
_NEW_CLAUSE = re.compile(
    r", (?:and|but|so) (?:(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+|he|she|it|they|"
    r"others?|all|both|none)\b(?! or\b)|(?:the|an?|his|her|its|their) (?:[\w-]+ ){1,3}?"
    r"(?:was|were|is|are|had|has|did|\w{3,}ed)\b)"
)
"""Where a comma begins a clause with a subject of its own ("..., and one died")."""
_DATE = re.compile(r"\b(?:before|prior to|until|preceded)(?: the| starting| beginning)? $")
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|can|could|may|did|does|do|which|who)\b")
_BRACKET = re.compile(r"\([^()]*\)")
_PREDICATE = re.compile(_VERB.pattern + r"|\b[a-z]{2,}ed\b")
_NO_LIST = re.compile(
    r"\b(?:after|before|instead|following|despite|because|which|who|whom|that)\b|"
    r", (?:as|since|for) "
)
_GOING_ON = ("given", "mentioned")
_IN_LISTS = ("given", "abnormal")  # "A and, later, treatment with B"; "dyspnea and raised enzymes"
_LIST_HEAD = re.compile(r": (?:[\w-]+ ){0,3}$")
_LIST_STEP = re.compile(
    r"[^a-z]*;(?: (?:and|then|finally|later|lastly|also|next))*(?: [\w-]+){0,2} $"
)
"""The words between a colon and the list it announces, and between two steps of such a list."""
_LIST_GAP = 60  # characters between two mentions of one list
_LOOK_AHEAD = 80  # characters behind the last mention that a cue before it may look at
_FLIPPED = {"given": "failed", "failed": "given", "involved": "excluded", "excluded": "involved"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mention means, and the cue that says so; empty where nothing says anything."""

    sense: str = ""
    cue: Cue | None = None


@dataclass(frozen=True, slots=True)
class _Sign:
    """A place where a cue matched."""

    start: int
    end: int
    cue: Cue


Span = tuple[int, int]


def verdicts(text: str, mentions: Sequence[Span], cues: Iterable[Cue]) -> tuple[Verdict, ...]:
    """What each mention (sorted, of one kind) means in the normalised sentence."""
    if not mentions:
        return ()
    clause = _Clause(text, mentions, tuple(cues))
    return tuple(clause.verdict(number) for number in range(len(mentions)))


class _Clause:
    """One sentence taken apart: its signs, its borders, its mentions in lists."""

    def __init__(self, text: str, mentions: Sequence[Span], cues: tuple[Cue, ...]) -> None:
        self.text = text
        self.mentions = mentions
        self.strength = SENSES[cues[0].about] if cues else ()
        self.is_of_organs = bool(cues) and cues[0].about == "organ"
        signs = _signs(text, cues, mentions)
        self.before = [sign for sign in signs if sign.cue.direction == "before"]
        self.after = [sign for sign in signs if sign.cue.direction == "after"]
        self.around = [sign for sign in signs if sign.cue.direction == "around"]
        self.touching = tuple(cue for cue in cues if cue.direction == "touching")
        inside = [(sign.start, sign.end) for sign in signs]
        listed = self._listed()
        self.borders = [
            border.start()
            for border in _BORDER.finditer(text)
            if not any(start < border.start() < end for start, end in inside)
            and not any(start <= border.start() < end for start, end in listed)
        ]
        self.list_borders = [
            at
            for at in self.borders
            if not (text.startswith("then", at) and text[:at].endswith("and "))
        ]

    def _listed(self) -> list[Span]:
        """The colon that announces a list of mentions, and what parts its steps ("A; B and C")."""
        if ":" not in self.text and ";" not in self.text:
            return []
        head = _LIST_HEAD.search(self.text, 0, self.mentions[0][0])
        gaps = [(one[1], other[0]) for one, other in pairwise(self.mentions)]
        steps = [gap for gap in gaps if _LIST_STEP.fullmatch(self.text, *gap)]
        return [head.span(), *steps] if head else steps if len(steps) > 1 else []

    def verdict(self, number: int) -> Verdict:
        """What one mention means."""
        start = self.mentions[number][0]
        ahead = self._forward(number)
        behind = self._backward(number)
        if ahead and behind and self._is_new_subject(number, ahead):
            ahead = None
        found = [sign for sign in (ahead, behind) if sign]
        found.extend(self._touched(number))
        if not any(sign.cue.role in ("excluded", "adverse") for sign in found):
            clause = self._clause(start)
            found.extend(sign for sign in self.around if self._clause(sign.start) == clause)
        if not found:
            return Verdict()
        strongest = self._strongest(found)
        if strongest.cue.role == "same":
            before = [at for at in range(number) if self.mentions[at][1] <= strongest.start]
            return self.verdict(before[-1]) if before else Verdict("same", strongest.cue)
        return Verdict(self._flipped(number, strongest), strongest.cue)

    def _touched(self, number: int) -> Iterator[_Sign]:
        """The cues that follow the mention at once; a disease "for" which a list is, is of all."""
        last = self._last_of_list(number)
        for cue in self.touching:
            end = self.mentions[last if cue.role == "background" else number][1]
            if match := cue.pattern.match(self.text, end):
                yield _Sign(end, match.end(), cue)

    def _last_of_list(self, number: int) -> int:
        """The last mention of the list that the mention stands in."""
        while number + 1 < len(self.mentions) and self._is_list(number, number + 1):
            number += 1
        return number

    def _clause(self, place: int) -> int:
        return bisect_right(self.borders, place)

    def _strongest(self, signs: Sequence[_Sign]) -> _Sign:
        return min(
            signs, key=lambda sign: (self.strength.index(sign.cue.role), not sign.cue.effect)
        )

    # ---- cues before the mention ----

    def _forward(self, number: int) -> _Sign | None:
        """The cue before the mention that governs it; its list shares the cue of the first.

        What goes on behind a new subject is treatment ("..., and nine also had B"), not failure.
        """
        goes_on = is_listed = True
        while number >= 0:
            fresh = self._fresh(number)
            if fresh:
                sign = self._nearest_predicate(fresh)
                if sign.cue.role == "abnormal" and number and self._same_scope(number - 1, number):
                    scope = self._forward(number - 1)  # "no heart failure or abnormal valves"
                    return scope if scope and scope.cue.role == "excluded" else sign
                is_reached = is_listed or sign.cue.role != "withdrawn"
                return sign if is_reached and (goes_on or sign.cue.role in _GOING_ON) else None
            if number == 0 or not self._same_scope(number - 1, number):
                return None
            is_listed = is_listed and self._is_list(number - 1, number)
            start, end = self.mentions[number - 1][1], self.mentions[number][0]
            goes_on = goes_on and not self._begins_clause(start, end)
            number -= 1
        return None

    def _fresh(self, number: int) -> list[_Sign]:
        """The cues between the mention before and this one that reach it from within its clause."""
        start = self.mentions[number][0]
        floor = self.mentions[number - 1][1] if number else 0
        clause = self._clause(start)
        return [
            sign
            for sign in self.before
            if floor < sign.end <= start
            and self._clause(sign.end - 1) == clause
            and (not sign.cue.reach or self._is_reached(sign, start))
            and sign.cue.role != "except"
        ]

    def _is_reached(self, sign: _Sign, start: int) -> bool:
        """Whether a cue of short reach extends to the mention: near, and no verb in between."""
        near = start - sign.end <= sign.cue.reach
        return near and not (
            _VERB.search(self.text, sign.end, start) or self._begins_clause(sign.end, start)
        )

    def _begins_clause(self, start: int, end: int) -> bool:
        """Whether a new subject stands between two places; its verb may follow them."""
        found = _NEW_CLAUSE.search(self.text, start)
        return found is not None and found.start() < end

    def _nearest_predicate(self, fresh: list[_Sign]) -> _Sign:
        """The strongest of the cues that stand together; a new predicate ends what stood before."""
        live: list[_Sign] = []
        for sign in sorted(fresh, key=lambda sign: sign.start):
            separated = live and "," in self.text[live[-1].end : sign.start]
            if sign.cue.finite or (separated and sign.cue.role == "given"):
                live = []
            live.append(sign)
        return self._strongest(live)

    def _same_scope(self, first: int, second: int) -> bool:
        """Whether what governs one mention from before still governs the next."""
        return self._clause(self.mentions[first][0]) == self._clause(self.mentions[second][0])

    def _is_new_subject(self, number: int, ahead: _Sign) -> bool:
        """Whether a comma ends the phrase of the cue before ("Despite A, B was started")."""
        if ahead.cue.role in ("given", "involved"):
            return False
        start = self.mentions[number][0]
        floor = max(ahead.end, self.mentions[number - 1][1] if number else 0)
        between = self.text[floor:start]
        if floor == ahead.end and _NEW_PREDICATE.search(between):
            return True
        return bool(_NEW_SUBJECT.search(between)) and not _CONJUNCTION.search(between)

    # ---- cues after the mention ----

    def _backward(self, number: int) -> _Sign | None:
        """The cue after the list that the mention stands in; a mere date has none ("before A")."""
        last = self._last_of_list(number)
        if _DATE.search(self.text, 0, self.mentions[number][0]):
            return None
        end, ceiling = self.mentions[last][1], len(self.text)
        if last + 1 < len(self.mentions):
            predicates = (sign.start for sign in self._fresh(last + 1) if sign.cue.finite)
            ceiling = min(predicates, default=self.mentions[last + 1][0])
        found = [
            sign
            for sign in self.after
            if end <= sign.start <= ceiling
            and (not sign.cue.reach or self._is_first_verb(end, sign))
            and not self._parts(self.text[end : sign.start])
        ]
        return self._strongest(found) if found else None

    def _is_first_verb(self, end: int, sign: _Sign) -> bool:
        """Whether a cue of short reach is the predicate of what ends here: near, the first verb."""
        is_near = sign.start - end <= sign.cue.reach
        between = _BRACKET.sub("", self.text[end : sign.start])
        return is_near and (sign.cue.about == "organ" or not _PREDICATE.search(between))

    def _is_list(self, first: int, second: int) -> bool:
        """Whether two neighbouring mentions stand in one list: no predicate parts them."""
        start, end = self.mentions[first][1], self.mentions[second][0]
        if (
            end - start > _LIST_GAP
            or (self.is_of_organs and _VERB.search(self.text, start, end))
            or _NO_LIST.search(self.text, start, end)
            or self._begins_clause(start, end)
        ):
            return False
        if bisect_left(self.list_borders, start) != bisect_right(self.list_borders, end):
            return False
        if any(start <= sign.start < end for sign in self.after):
            return False
        between = [sign for sign in self.before if start <= sign.start < end]
        return all(not sign.cue.finite and sign.cue.role in _IN_LISTS for sign in between)

    def _parts(self, between: str) -> bool:
        """Whether the words between a mention and a cue after it give the cue another subject."""
        other = _ORGANS_OTHER_SUBJECT if self.is_of_organs else _OTHER_SUBJECT
        return ";" in between or other.search(between) is not None

    # ---- except ----

    def _flipped(self, number: int, sign: _Sign) -> str:
        """The role the cue gives, turned round behind an "except"."""
        start = self.mentions[number][0]
        floor = self.mentions[number - 1][1] if number else 0
        if sign.end <= start:
            floor = min(floor, sign.end) if number else sign.end
        if self.text.startswith(", which", self.mentions[number][1]) and sign.start > start:
            return sign.cue.role  # its own relative clause
        turned = any(
            other.cue.role == "except" and floor <= other.start and other.end <= start
            for other in self.before
        )
        return _FLIPPED.get(sign.cue.role, sign.cue.role) if turned else sign.cue.role


def _signs(text: str, cues: Iterable[Cue], mentions: Sequence[Span]) -> list[_Sign]:
    """Every match of every cue, without those that lie wholly inside a longer one.

    "Did not respond to" before B holds "did not respond", which would govern the A before it; with
    no B to come, the longer one says nothing.
    """
    first, last = mentions[0][1], mentions[-1][0]
    ahead = mentions[-1][1] + _LOOK_AHEAD
    reach = {"before": (0, ahead), "after": (first, len(text)), "around": (0, len(text))}
    found = [
        _Sign(match.start(), match.end(), cue)
        for cue in cues
        if cue.direction in reach
        for match in cue.pattern.finditer(text, *reach[cue.direction])
    ]
    return [
        sign
        for sign in found
        if sign.cue.direction == "around"
        or not any(
            other.start <= sign.start
            and sign.end <= other.end
            and other.end - other.start > sign.end - sign.start
            and (
                other.cue.direction == sign.cue.direction
                or (other.cue.direction == "before" and other.end <= last)
            )
            for other in found
        )
    ]
