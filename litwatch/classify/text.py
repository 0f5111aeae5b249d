"""Text made comparable without losing its place: normalisation that keeps offsets, and sentences.

Rules are matched on a normalised text (lower case, no accents, one kind of dash), but a tag quotes
the record as it stands. So every normalised character remembers the code points it came from, and a
span of the normalised text can always be turned back into a span of the original.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")  # U+2010-2015, minus, small and full width
_QUOTES = dict.fromkeys("‘’‚‛′´`", "'") | dict.fromkeys("“”„‟″«»", '"')
_LETTERS = {"Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ß": "ss", "ẞ": "SS", "Þ": "TH", "þ": "th"}
_LETTERS |= dict(zip("ØøŁłĐđÐðı", "OoLlDdDdi", strict=True))
_SIGNS = {"™": " ", "℠": " ", "⁄": "/", "\u2028": " ", "\u2029": " "}
_DROPPED = dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")  # soft hyphen, zero width
_REPLACED = _DASHES | _QUOTES | _LETTERS | _SIGNS | _DROPPED

# PubMed writes sub- and superscripts in brackets: CO(2), J/cm(2), mg/m(2), vitamin D(3).
_SPECIAL = re.compile(
    r"(?P<script>(?<![^\W\d_])(?P<base>CO|[SP][ap]?O|[ckm]?m|[OTDB])\((?P<digits>\d{1,2})\))"
    r"|[^\x00-\x7f]|`|[\t\n\v\f\r]"
)
_MICRO = re.compile(r"[gmlLM]")


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text; `cased` is the same, character by character, before lower-casing.

    `starts[i]` and `ends[i]` bound the code points of the original that gave character `i`; both
    are empty where the original needed no more than lower-casing.
    """

    text: str
    cased: str
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that gave `text[start:end]`."""
        if not self.starts:
            return start, end
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else self.ends[-1]
            return at, at
        return self.starts[start], self.ends[end - 1]

    def find(self, start: int, end: int) -> tuple[int, int]:
        """The span of `text` that came from this span of the original."""
        if not self.starts:
            return start, end
        return bisect_right(self.ends, start), bisect_left(self.starts, end)


def normalise(string: str) -> Normal:
    """The string in lower case, accents stripped, dashes unified, Greek spelt out, CO(2) as co2."""
    if string.isascii() and not _SPECIAL.search(string):
        return Normal(string.lower(), string)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0

    def keep(start: int, end: int) -> None:
        pieces.append(string[start:end])
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))

    for special in _SPECIAL.finditer(string):
        keep(done, special.start())
        done = special.end()
        if special["script"]:
            keep(*special.span("base"))
            replacement, start = special["digits"], special.end("base")
        else:
            replacement, start = _replacement(string, special.start()), special.start()
        pieces.append(replacement)
        starts.extend([start] * len(replacement))
        ends.extend([done] * len(replacement))
        if not replacement and ends:
            ends[-1] = done  # a combining mark belongs to the letter it stands on
    keep(done, len(string))
    cased = "".join(pieces)
    return Normal(_lower(cased), cased, tuple(starts), tuple(ends))


def _replacement(string: str, at: int) -> str:
    """What the one character at this place is normalised to."""
    character = string[at]
    if character in "µμ" and _MICRO.match(string, at + 1):
        return "u"  # a unit: µg, µmol
    return _folded(character)


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """One character without accents and compatibility forms; a combining mark gives nothing."""
    if (replaced := _REPLACED.get(character)) is not None:
        return replaced
    if character.isspace():
        return " "
    parts = (part for part in unicodedata.normalize("NFKD", character) if _is_kept(part))
    return "".join(_REPLACED.get(part, _greek(part)) for part in parts)


def _is_kept(part: str) -> bool:
    return not unicodedata.combining(part) and unicodedata.category(part) not in ("Mn", "Cf")


def _greek(character: str) -> str:
    """The name of a Greek letter (λ -> lambda, Λ -> LAMBDA); any other character unchanged."""
    words = unicodedata.name(character, "").split()
    if words[:1] != ["GREEK"] or "LETTER" not in words:
        return character
    name = words[-1] if "FINAL" not in words else "SIGMA"
    name = "LAMBDA" if name == "LAMDA" else name
    return name if "CAPITAL" in words else name.lower()


def _lower(cased: str) -> str:
    """Lower case of the same length: the rare letter that would grow stays as it is."""
    lowered = cased.lower()
    if len(lowered) == len(cased):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in cased)


# ---- sentences ---------------------------------------------------------------------------------

_STOP = re.compile(
    r"""(?P<mark>[.!?]+)(?P<close>["'”’»)\]]*)(?P<gap>\s+)(?=["'“‘„«(\[¿¡]*[^\W_a-z])"""  # ". The"
    r"|(?<=[a-z]{2})(?P<joint>[.!?])(?=[A-Z][a-z])"  # "skin.We": a blank lost in the record
    r"|(?P<wide>[。！？]+)"
    r"|(?P<blank>\n[^\S\n]*\n)"
)
_LAST_WORD = re.compile(r"[^\W_]+(?:\.\s?[^\W_])*$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘„«(\[¿¡]*([^\W_]+)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABBREVIATIONS = _words(
    """approx ca cf cp dr e.g eg fig figs i.e ie incl mr mrs ms nr prof resp ref refs sp spp ssp
    subsp st tab var vgl viz vol vs v.s z.b d.h u.a u.u bzw ggf evtl sog inkl bspw usw hr frau
    dra sra p.ex par.ex p.ej"""
)
"""A full stop after these never ends a sentence."""
_DOUBTFUL = _words("al co etc inc ltd no")
"""After these, initials ("J.") and dotted words ("i.v.") it does before a word that begins one."""
_OPENERS = _words(
    """a after all although an as at both case conclusion conclusions despite during each five for
    four from he her his however in it its no none of on one our patients results she since six skin
    some such the their then there therefore these they this three thus to treatment two we when
    while with die der das ein eine es im wir nach le la les un une nous el los las se en"""
)


def sentences(string: str) -> tuple[tuple[int, int], ...]:
    """The spans of the sentences, without blanks around them; together they hold every word."""
    spans: list[tuple[int, int]] = []
    begin = 0
    for stop in _STOP.finditer(string):
        if stop["mark"] == "." and not stop["close"] and not _ends_here(string, stop):
            continue
        end = stop.start("gap") if stop["mark"] else stop.start() if stop["blank"] else stop.end()
        _append_trimmed(spans, string, begin, end)
        begin = end
    _append_trimmed(spans, string, begin, len(string))
    return tuple(spans)


def _ends_here(string: str, stop: re.Match[str]) -> bool:
    """Whether a full stop ends its sentence, rather than an abbreviation or an initial."""
    last = _LAST_WORD.search(string, max(0, stop.start() - 24), stop.start())
    if last is None:
        return True
    word = "".join(last[0].split())
    if len(word) == 1 and string[last.start() - 1 : last.start()] == "/":
        return True  # a unit: 6 g/L
    if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.islower()):
        return False
    is_initial = len(word) == 1 and not word.isdigit()
    if word.lower() not in _DOUBTFUL and not is_initial and "." not in word:
        return True
    following = _NEXT_WORD.match(string, stop.end("mark"))
    return following is not None and following[1].lower() in _OPENERS


def _append_trimmed(spans: list[tuple[int, int]], string: str, begin: int, end: int) -> None:
    """The span without the blanks around it, unless nothing is left."""
    piece = string[begin:end]
    if stripped := piece.strip():
        start = begin + len(piece) - len(piece.lstrip())
        spans.append((start, start + len(stripped)))


def enclosing(spans: tuple[tuple[int, int], ...], start: int, end: int) -> tuple[int, int]:
    """The sentence that holds `start:end`; where that crosses a border, all that it touches."""
    touched = [span for span in spans if span[0] < end and start < span[1]]
    if not touched:
        return start, end
    return min(touched[0][0], start), max(touched[-1][1], end)
