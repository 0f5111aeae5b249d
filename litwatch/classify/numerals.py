"""Numbers as articles write them: 34, 1,234, thirty-four, vierunddreissig, trente-quatre.

Everything is read from normalised text (lower case, no accents). English words are read up to
999, German, French and Spanish ones up to 99: more is written in digits everywhere.
"""

import re
from itertools import product


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_UNITS = _words("one two three four five six seven eight nine")
_TEENS = _words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")

_GERMAN = _words("zwei drei vier funf sechs sieben acht neun")
_GERMAN_TEENS = _words(
    "zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn"
)
_GERMAN_TENS = _words("zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig")

_FRENCH = _words(
    "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
)
_FRENCH_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60}

_SPANISH = _words("dos tres cuatro cinco seis siete ocho nueve diez")
_SPANISH_TEENS = _words(
    "doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte"
)
_SPANISH_TENS = _words("treinta cuarenta cincuenta sesenta setenta ochenta noventa")


def _english() -> dict[str, int]:
    """The words below a hundred; hyphens are written as blanks."""
    words = {word: number for number, word in enumerate((*_UNITS, *_TEENS), 1)}
    for ten, word in zip(range(20, 100, 10), _TENS, strict=True):
        words[word] = ten
        words.update({f"{word} {unit}": ten + words[unit] for unit in _UNITS})
    return words | {"a couple of": 2, "a dozen": 12, "two dozen": 24}


def _german() -> dict[str, int]:
    words = {word: number for number, word in enumerate(_GERMAN, 2)}
    words |= {word: number for number, word in enumerate(_GERMAN_TEENS, 10)}
    for (number, unit), (ten, word) in product(
        enumerate(("ein", *_GERMAN), 1), zip(range(20, 100, 10), _GERMAN_TENS, strict=True)
    ):
        words[word] = ten
        words[f"{unit}und{word}"] = ten + number
    return words | {"zweier": 2, "dreier": 3}


def _french() -> dict[str, int]:
    low = {word: number for number, word in enumerate(_FRENCH, 2)}
    low |= {f"dix {word}": 10 + low[word] for word in ("sept", "huit", "neuf")}
    words = dict(low)
    for word, ten in _FRENCH_TENS.items():
        words[word] = ten
        words[f"{word} et un"] = words[f"{word} et une"] = ten + 1
        reach = 20 if ten == 60 else 10
        words |= {f"{word} {unit}": ten + n for unit, n in low.items() if n < reach}
    words |= {f"quatre vingt {unit}": 80 + number for unit, number in low.items()}
    return words | {"soixante et onze": 71, "quatre vingt": 80, "quatre vingts": 80}


def _spanish() -> dict[str, int]:
    """Without `once`: what is eleven in Spanish is too often an English adverb."""
    words = {word: number for number, word in enumerate(_SPANISH, 2)}
    words |= {word: number for number, word in enumerate(_SPANISH_TEENS, 12)}
    units = _SPANISH[:8]
    words |= {f"veinti{unit}": 20 + number for number, unit in enumerate(("uno", *units), 1)}
    for ten, word in zip(range(30, 100, 10), _SPANISH_TENS, strict=True):
        words[word] = ten
        words |= {f"{word} y {unit}": ten + number for number, unit in enumerate(units, 2)}
        words[f"{word} y un"] = words[f"{word} y una"] = ten + 1
    return words


_WORDS = _spanish() | _french() | _german() | _english()
_HUNDREDS = re.compile(
    rf"(?P<hundreds>a|one|{'|'.join(_UNITS[1:])}) hundred(?: and)?(?: (?P<rest>.+))?"
)


def _alternatives() -> str:
    """The words below a hundred as one alternation, the longer first, blank or hyphen inside."""
    longest_first = sorted(_WORDS, key=lambda word: (-len(word), word))
    return "|".join(word.replace(" ", "[- ]") for word in longest_first)


_BELOW_HUNDRED = _alternatives()
_NUMBER = re.compile(
    r"(?<![\w.,-])(?:"
    r"\d{1,3}(?:[., ]\d{3})+(?! ?%| per ?cent|\w|[.,]\d)|\d{1,6}(?! ?%| per ?cent|\w|[.,-]\d)"
    rf"|(?:a|{'|'.join(_UNITS)})[- ]hundred(?:(?:[- ]and)?[- ](?:{_BELOW_HUNDRED}))?\b"
    rf"|(?:{_BELOW_HUNDRED})\b)"
)
MARK = "#"


def marked(text: str) -> str:
    """The normalised text with every number blotted out by as many marks, so that offsets hold.

    >>> marked("we saw thirty-four of 1,234 patients")
    'we saw ########### of ##### patients'
    """
    return _NUMBER.sub(lambda found: MARK * len(found[0]), text.replace(MARK, " "))


def value_of(text: str) -> int | None:
    """The number that the normalised text spells, or None if it spells none.

    >>> value_of("one hundred and twelve"), value_of("1,234"), value_of("thirty-four")
    (112, 1234, 34)
    """
    digits = re.sub(r"(?<=\d)[., ](?=\d{3})", "", text)
    if digits.isascii() and digits.isdigit():
        return int(digits)
    words = text.replace("-", " ")
    if words in ("a", "an"):
        return 1
    if (found := _HUNDREDS.fullmatch(words)) is None:
        return _WORDS.get(words)
    rest = _WORDS.get(found["rest"]) if found["rest"] else 0
    if rest is None:
        return None
    return (_WORDS.get(found["hundreds"]) or 1) * 100 + rest
