"""What a sentence comes to for an organ: involved, excluded, or only mentioned.

A treatment in the sentence matters by being one, not by its name ("thalidomide neuropathy"), so the
cues of organs see every letter of it as the same.
"""

from collections.abc import Iterable

from litwatch.classify.match import Hit
from litwatch.classify.passages import Part

_ROLES = {"involved": "involved", "abnormal": "involved", "excluded": "excluded"}
_TOLD = ("excluded", "abnormal")  # the results of an examination
_DRUG = "δ"
"""What the cues see of a treatment's letters: normalised text has no Greek ones itself."""


def blotted(text: str, drugs: Iterable[tuple[int, int]]) -> str:
    """The normalised text as the cues of organs see it, the treatments in it blotted out."""
    for start, end in drugs:
        text = text[:start] + _DRUG * (end - start) + text[end:]
    return text


def organ_role(hit: Hit, sense: str, part: Part, is_general: bool, is_cited: bool) -> str:
    """The role of an organ whose sentence gives it this sense; empty for a test without result.

    What is said of the disease at large, or of other authors' patients, is only mentioned, and so
    is what a conclusion names without saying more.
    """
    if hit.examination and sense not in _TOLD:
        return ""
    if (is_general and sense != "excluded") or is_cited:
        return "mentioned"
    if sense:
        return _ROLES.get(sense, "mentioned")
    return "mentioned" if part == "conclusion" else "involved"
