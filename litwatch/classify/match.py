"""Every place where a rule's words stand in an article: one pass of one automaton over each string.

Forms and text are compared after `text.normalise`, with hyphens and blanks made one blank. A hit is
a whole word (by Unicode's notion of letters and digits), with a plural -s or -es allowed; of two
hits of one category the longer wins; a hit inside an `exclude` of its rule is dropped. Ambiguous
abbreviations count only in their exact case, and where the article spells them out or a `context`
of the rule stands in it. MeSH headings and substances are compared whole; a heading that
no organ lists is searched for the words of organs if it names a disease.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import ahocorasick

from litwatch.classify.headings import names_disease, spoken
from litwatch.classify.rules import Rule, RuleCategory, Ruleset
from litwatch.classify.text import Normal, normalise
from litwatch.models import Article, Field

_SEPARATORS = re.compile(r"[ -]{2,}")
_ENDINGS = ("", "e", "n", "s", "a", "o", "en", "er", "es", "em", "as", "os")  # for "*" mid-term
_VARIABLE = re.compile(r"(-|\*(?=.)|\([aou]\))")  # the pieces of a form that vary
_UNSPACED = re.compile(r"[぀-ヿ㐀-鿿]")  # kana and Han: words without blanks between them
_DEFINED_WITHIN = 60  # characters between a long form and its "(ABBR)"


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule's form stands: `string[start:end]` of that field and index.

    `tags` are the ids that the rule stands for (see `Rule`); an `examination` of an organ says
    something of it only where it was normal.
    """

    rule: str
    category: RuleCategory
    field: Field
    index: int
    start: int
    end: int
    tags: tuple[str, ...]
    examination: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """One string of an article, normalised."""

    field: Field
    index: int
    normal: Normal


@dataclass(frozen=True, slots=True)
class _Form:
    """One searchable spelling; `cased` where the case counts, `open` where a `*` ended it."""

    rule: int
    cased: str = ""
    ambiguous: bool = False
    open: bool = False
    examination: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    """A candidate in one text, in characters of the normalised text."""

    rule: int
    start: int
    end: int
    ambiguous: bool
    examination: bool = False


class _Matcher:
    """The automaton and the look-ups made from one ruleset."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        forms: dict[str, list[_Form]] = defaultdict(list)
        self.headings: dict[str, list[int]] = defaultdict(list)
        self.substances: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for spelling, form in _forms(number, rule):
                if form not in forms[spelling]:
                    forms[spelling].append(form)
            for heading in rule.headings:
                self.headings[heading.casefold()].append(number)
            for substance in dict.fromkeys((*rule.headings, *rule.substances)):
                self.substances[substance.casefold()].append(number)
        self.automaton = ahocorasick.Automaton()
        for spelling, spelled in forms.items():
            self.automaton.add_word(spelling, (len(spelling), tuple(spelled)))
        self.automaton.make_automaton()


@lru_cache(maxsize=8)
def _matcher(ruleset: Ruleset) -> _Matcher:
    return _Matcher(ruleset.rules)


def find_hits(article: Article, ruleset: Ruleset) -> tuple[Hit, ...]:
    """All hits of all rules in the article, in reading order."""
    matcher = _matcher(ruleset)
    texts = _texts(article)
    spans = [
        _longest(matcher.rules, _excluded(matcher, text, _spans(matcher, text))) for text in texts
    ]
    found = [
        _hit(matcher.rules[span.rule], text, span)
        for text, in_text in zip(texts, _settled(matcher.rules, texts, spans), strict=True)
        for span in sorted(in_text, key=lambda span: (span.start, span.rule))
    ]
    return (*found, *_indexed(article, matcher))


def _texts(article: Article) -> tuple[_Text, ...]:
    """The strings of the article in which rules look for words, normalised once."""
    return tuple(
        _Text(field, index, normalise(string))
        for field, index, string in article.strings()
        if field not in ("mesh", "chemicals", "publication_types")
    )


def _hit(rule: Rule, text: _Text, span: _Span) -> Hit:
    start, end = text.normal.span(span.start, span.end)
    place = (text.field, text.index, start, end)
    return Hit(rule.id, rule.category, *place, rule.tags, span.examination)


# ---- the forms of a rule -------------------------------------------------------------------------


def _forms(number: int, rule: Rule) -> Iterator[tuple[str, _Form]]:
    """Every spelling to be searched, lower-cased, with what must hold where it is found."""
    for examination, terms in ((False, rule.terms), (True, rule.examinations)):
        for term in terms:
            for spelling in _spellings(normalise(term).text):
                form = _Form(number, open=spelling.endswith("*"), examination=examination)
                yield spelling.removesuffix("*"), form
    for ambiguous, exact in ((False, rule.case_sensitive), (True, rule.abbreviations)):
        for term in exact:
            for spelling in _spellings(normalise(term).cased):
                yield spelling.lower(), _Form(number, cased=spelling, ambiguous=ambiguous)


def _spellings(term: str) -> Iterator[str]:
    """The spellings of a normalised term: with and without hyphens, endings, -y as -ies.

    A hyphen may be a blank or missing, a letter in brackets too ("an(a)emia"); a `*` inside the
    term stands for an ending, one at its end for the rest of the word.
    """
    pieces_of = {
        "-": (" ", ""),
        "*": _ENDINGS,
        "(a)": ("a", ""),
        "(o)": ("o", ""),
        "(u)": ("u", ""),
    }
    choices = [pieces_of.get(piece, (piece,)) for piece in _VARIABLE.split(term)]
    for pieces in product(*choices):
        spelling = _SEPARATORS.sub(" ", "".join(pieces))
        yield spelling
        if re.search(r"[^aeiou]y$", spelling):
            yield spelling[:-1] + "ies"


# ---- spans in one text ---------------------------------------------------------------------------


def _folded(text: str) -> tuple[str, list[int] | None]:
    """The text with hyphens and runs of blanks as one blank, and where each character stood."""
    folded = text.replace("-", " ")
    if "  " not in folded:
        return folded, None
    kept = [at for at, letter in enumerate(folded) if letter != " " or folded[at - 1 : at] != " "]
    return "".join(folded[at] for at in kept), kept


def _spans(matcher: _Matcher, text: _Text) -> list[_Span]:
    """Every whole-word occurrence of every form."""
    folded, places = _folded(text.normal.text)
    found: list[_Span] = []
    for last, (length, forms) in matcher.automaton.iter(folded):
        start = last + 1 - length
        if start and folded[start - 1].isalnum() and not _joined(folded, start):
            continue
        for form in forms:
            end = _word_end(folded, last + 1, form)
            if end is None:
                continue
            first, stop = (start, end) if places is None else (places[start], places[end - 1] + 1)
            if form.cased and not _same_case(text.normal.cased[first:stop], form.cased):
                continue
            found.append(_Span(form.rule, first, stop, form.ambiguous, form.examination))
    return found


def _joined(folded: str, at: int) -> bool:
    """Whether a word may begin or end here although letters stand on both sides."""
    return bool(_UNSPACED.match(folded[at - 1]) or _UNSPACED.match(folded[at]))


def _word_end(folded: str, end: int, form: _Form) -> int | None:
    """Where the word ends that the form begins to spell; None if the form ends inside a word."""
    if end == len(folded) or not folded[end].isalnum() or _joined(folded, end):
        return end
    if form.open:
        while end < len(folded) and folded[end].isalnum():
            end += 1
        return end
    for plural in ("s", "es"):
        stop = end + len(plural)
        if folded.startswith(plural, end) and not folded[stop : stop + 1].isalnum():
            return stop
    return None


def _same_case(cased: str, form: str) -> bool:
    """Whether the text has the form's very case, a lower-case plural apart."""
    spelled = _folded(cased)[0]
    return spelled.startswith(form) and spelled[len(form) :] in ("", "s")


def _excluded(matcher: _Matcher, text: _Text, spans: Iterable[_Span]) -> list[_Span]:
    """The spans that lie inside no `exclude` of their rule."""
    barred: dict[int, list[tuple[int, int]]] = {}
    kept: list[_Span] = []
    for span in spans:
        if span.rule not in barred:
            patterns = matcher.rules[span.rule].exclude
            barred[span.rule] = [
                found.span() for pattern in patterns for found in pattern.finditer(text.normal.text)
            ]
        if not any(start <= span.start and span.end <= end for start, end in barred[span.rule]):
            kept.append(span)
    return kept


def _longest(rules: tuple[Rule, ...], spans: list[_Span]) -> list[_Span]:
    """The spans that stand in no longer one of their category; each rule once a place.

    A regimen spelt out in full does not hide its agents.
    """
    widest: dict[tuple[int, int], _Span] = {}
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.ambiguous)):
        widest.setdefault((span.rule, span.start), span)
    kept: list[_Span] = []
    for span in widest.values():
        category = rules[span.rule].category
        if not any(
            other.start <= span.start
            and span.end <= other.end
            and other.end - other.start > span.end - span.start
            and rules[other.rule].category == category
            and (len(rules[other.rule].tags) == 1 or category != "treatment")
            for other in widest.values()
        ):
            kept.append(span)
    return kept


# ---- ambiguous abbreviations ---------------------------------------------------------------------


def _settled(
    rules: tuple[Rule, ...], texts: tuple[_Text, ...], spans: list[list[_Span]]
) -> list[list[_Span]]:
    """The spans without the ambiguous abbreviations that mean something else here."""
    meant: dict[tuple[int, str], bool] = {}
    kept: list[list[_Span]] = []
    for text, in_text in zip(texts, spans, strict=True):
        sure = []
        for span in in_text:
            if span.ambiguous:
                key = (span.rule, text.normal.cased[span.start : span.end])
                if key not in meant:
                    meant[key] = _is_meant(rules[span.rule], key, texts, spans)
                if not meant[key]:
                    continue
            sure.append(span)
        kept.append(sure)
    return kept


def _is_meant(
    rule: Rule, key: tuple[int, str], texts: tuple[_Text, ...], spans: list[list[_Span]]
) -> bool:
    """Whether an ambiguous abbreviation stands for this rule in this article.

    Its definition decides where there is one ("extracorporeal photopheresis (ECP)"): a long form of
    the rule just before the bracket, or words with the same initials that are none. Otherwise one
    of the rule's contexts must stand somewhere in the article.
    """
    number, abbreviation = key
    bracket = re.compile(rf"[(\[]{re.escape(abbreviation)}s?[)\],;]")
    for text, in_text in zip(texts, spans, strict=True):
        for found in bracket.finditer(text.normal.cased):
            near = range(found.start() - _DEFINED_WITHIN, found.start() + 1)
            long_forms = (span for span in in_text if span.rule == number and not span.ambiguous)
            if any(span.end in near for span in long_forms):
                return True
            if len(rule.tags) == 1 and any(
                span.end == found.start() - 1 and not span.ambiguous for span in in_text
            ):
                return False  # another rule's long form: "radiotherapy (RTX)"
            if _spells(text.normal.cased[: found.start()], abbreviation):
                return False
        if meant := _spelt_behind(text, in_text, key):
            return meant == "own"
    return any(context.search(text.normal.text) for context in rule.context for text in texts)


def _spelt_behind(text: _Text, in_text: list[_Span], key: tuple[int, str]) -> str:
    """Whose words follow an abbreviation ("ASCT, for allogeneic ..."): "own", "other" or none's."""
    number, abbreviation = key
    for found in re.finditer(
        rf"\b{re.escape(abbreviation)},? (?:for|meaning|i\.e\.,?) ", text.normal.cased
    ):
        if any(span.start == found.end() and span.rule == number for span in in_text):
            return "own"
        words = re.findall(r"[^\W_]+", text.normal.text[found.end() : found.end() + 80])
        if [word[0] for word in words[: len(abbreviation)]] == list(abbreviation.lower()):
            return "other"
    return ""


def _spells(before: str, abbreviation: str) -> bool:
    """Whether the words before a bracket have the abbreviation's letters.

    As initials ("eosinophil cationic protein (ECP)"), or within the last word ("mitoxantrone
    (MTX)").
    """
    letters = [letter.lower() for letter in abbreviation if letter.isalnum()]
    words = [word.lower() for word in re.findall(r"[^\W_]+", before[-120:])]
    if len(letters) < 2 or not words:
        return False
    within = iter(words[-1])
    return [word[0] for word in words[-len(letters) :]] == letters or (
        words[-1][0] == letters[0] and all(letter in within for letter in letters)
    )


# ---- headings and substances ---------------------------------------------------------------------


def _indexed(article: Article, matcher: _Matcher) -> Iterator[Hit]:
    """The MeSH headings and substances of the record that belong to a rule.

    A heading that no organ lists is read like text, in the order of speech: of "Heart Failure,
    Diastolic" the words of the heart's failure are found.
    """
    for index, mesh in enumerate(article.mesh):
        listed = tuple(_whole(matcher, matcher.headings, "mesh", index, mesh.heading))
        yield from listed
        if all(hit.category != "organ" for hit in listed):
            yield from _read(matcher, index, mesh.heading)
    for index, substance in enumerate(article.chemicals):
        yield from _whole(matcher, matcher.substances, "chemicals", index, substance)


def _read(matcher: _Matcher, index: int, heading: str) -> Iterator[Hit]:
    """The whole heading as a hit of each organ of which it names a disease."""
    text = _Text("mesh", index, normalise(spoken(heading)))
    spans = [span for span in _spans(matcher, text) if _is_finding(matcher.rules, span)]
    kept = _longest(matcher.rules, _excluded(matcher, text, spans))
    words = text.normal.text
    named = (one for one in kept if names_disease(words) or one.end == len(words))
    for number in sorted({one.rule for one in named}):
        rule = matcher.rules[number]
        yield Hit(rule.id, rule.category, "mesh", index, 0, len(heading), rule.tags)


def _is_finding(rules: tuple[Rule, ...], span: _Span) -> bool:
    """Whether plain words name what an organ can have, not an examination of it."""
    return rules[span.rule].category == "organ" and not (span.ambiguous or span.examination)


def _whole(
    matcher: _Matcher, known: Mapping[str, list[int]], field: Field, index: int, name: str
) -> Iterator[Hit]:
    for number in known.get(name.casefold(), ()):
        rule = matcher.rules[number]
        yield Hit(rule.id, rule.category, field, index, 0, len(name), rule.tags)
