"""Words that stand for treatments named before: "both failed", "the latter was stopped", "it".

Such a word is read as if it were a treatment itself: what its clause says of it is said of those it
stands for. "Neither" and "none" turn what is said round. All positions count in the normalised
sentence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from litwatch.classify.clauses import Verdict

_THINGS = (
    r"(?:treatments?|therap(?:y|ies)|drugs?|agents?|measures?|regimens?|modalit(?:y|ies)|"
    r"medications?|combinations?|attempts?|courses?)"
)
_VERBS = (
    r"(?:was|were|is|are|had|has|have|did|does|could|failed|proved|remained|brought|led|gave|"
    r"helped|worked|improved|produced|made|left|fared|came|resulted|achieved|cleared|softened|"
    r"changed|relieved|influenced|altered|affected|stopped|ended)"
)
_OF_PATIENTS = r"(?:cleared|improved|died|relapsed|recovered|responded|softened)"
_ANAPHOR = re.compile(
    r"(?:^|[;:,] |\b(?:but|and|in whom|where|although|though|because|since|as) )"
    r"(?:(?:and|but|yet|however|unfortunately|again),? )*(?P<word>"
    rf"(?P<plural>(?P<negative>(?:none|neither)(?! {_OF_PATIENTS}\b))|all|both|each|these|they)"
    rf"(?: of (?:them|these|the {_THINGS}))?(?: (?:the )?(?:two |three |four )?{_THINGS})?|"
    rf"(?P<first>the (?:former|first))|the (?:latter|second)|it|this|(?:the|this) {_THINGS})"
    rf"(?= (?:\w+ly |also |all |both |only |soon )?{_VERBS}\b)"
)
_HEAD = re.compile(r"[;:] ")
_OF_THINGS = ("certain", "failed", "withdrawn", "considered")


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of treatments named before `start`: of all, of the last, or the one before."""

    start: int
    verdict: Verdict
    is_plural: bool = False
    is_first: bool = False

    def meant(self, before: Sequence[str]) -> Sequence[str]:
        """Those of the treatments named before, in reading order, that are meant."""
        if self.is_plural:
            return before
        return before[-2:-1] if self.is_first and len(before) > 1 else before[-1:]


@dataclass(frozen=True, slots=True)
class Anaphor:
    """A word that stands for one or several treatments, and where it stands."""

    start: int
    end: int
    is_plural: bool
    is_negative: bool
    is_first: bool

    def told(self, verdict: Verdict) -> Told | None:
        """What a verdict on the word says of the treatments; None where it says nothing.

        That "it was given" is no news; that "neither helped" is a failure.
        """
        cue = verdict.cue
        if cue is None:
            return None
        if self.is_negative and verdict.sense == "given":
            verdict = replace(verdict, sense="failed" if cue.effect else "considered")
        elif verdict.sense not in _OF_THINGS and not (verdict.sense == "given" and cue.effect):
            return None
        return Told(self.start, verdict, self.is_plural, self.is_first)


def clause_heads(text: str) -> tuple[int, ...]:
    """Where the clauses of a normalised sentence begin that could speak of what stands before."""
    return (0, *(found.end() for found in _HEAD.finditer(text)))


def anaphors(text: str, first: int | None = 0) -> Iterator[Anaphor]:
    """The words of a normalised sentence that stand for treatments, at the heads of clauses.

    Only from `first` on is there a treatment that they could stand for; None: nowhere.
    """
    if first is None:
        return
    for found in _ANAPHOR.finditer(text):
        start, end = found.span("word")
        if start < first:
            continue
        is_negative = found["negative"] is not None  # itself a part of what is said
        yield Anaphor(
            start,
            start if is_negative else end,
            is_plural=found["plural"] is not None,
            is_negative=is_negative,
            is_first=found["first"] is not None,
        )
