"""Every stored evidence is a verbatim slice of the stored text, whatever Unicode that holds.

The texts are sentences in which the rules find something (their own examples), disguised: letters
with combining marks, ligatures, compatibility forms that grow when they are normalised, İ, letters
of other planes, odd blanks and dashes, soft hyphens inside of words.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litwatch.classify import classify
from litwatch.classify.fact_cues import fact_cues, fact_files, tables
from litwatch.classify.rules import load_ruleset
from litwatch.models import AbstractSection, Article, Evidence, Findings, MeshHeading, OtherAbstract
from litwatch.store import Store, open_store

RULESET = load_ruleset()
AT = datetime(2026, 11, 23, tzinfo=UTC)
LABELS = ("", "BACKGROUND", "CASE REPORT", "RESULTS", "CONCLUSIONS", "Fallbericht")

SENTENCES = tuple(
    re.sub(r"[\[\]]", "", example)
    for part in (RULESET.rules, RULESET.cues)
    for rule in part
    for example in rule.matches
)
FACTS = tuple(
    example
    for file in fact_files()
    for table in tables(file)
    for cue in fact_cues(file, table)
    for example in cue.matches
)
MARKS = "\u0301\u0308\u0323\u0327\u0345\u20dd"  # above, below, through, an iota, an enclosing ring
DISGUISES = {
    "i": ("İ", "ı", "𝐢", "i\u0307"),
    "I": ("İ", "𝐈", "Ⅰ"),
    "fi": ("ﬁ",),
    "ff": ("ﬀ",),
    "ss": ("ß", "ẞ"),
    "ae": ("æ", "ǽ"),
    "oe": ("œ", "ö"),
    "mg": ("㎎",),
    "K": ("\u212a",),
    "-": ("‐", "–", "−", "－"),
    " ": ("\u00a0", "\u2009", "  ", "\n", "\u3000"),
    "e": ("é", "e\u0301\u0323", "ｅ"),
    "o": ("ø", "𝗼", "o\u200b"),
    "n": ("n\u00ad", "ñ"),
    ".": ("。", "…", "."),
    "2": ("₂", "²", "(2)"),
}
INSERTED = ("😀", "𝔊", "İ", "\u0301", "\ufeff", "ﷺ", "½", "각", "ǆ", "ŉ", "λ", "\u2028", "(", "`")


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """Some sentences, some of their letters written otherwise, with strangers between them."""
    pieces = draw(st.lists(st.sampled_from(SENTENCES + FACTS), min_size=1, max_size=4))
    text = draw(st.sampled_from(("", "İ", "😀 ", "\u0301", "ﬁ"))) + " ".join(pieces)
    for plain, others in DISGUISES.items():
        if plain in text and draw(st.booleans()):
            text = text.replace(plain, draw(st.sampled_from(others)), draw(st.integers(1, 6)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        strangers = st.one_of(
            st.sampled_from(INSERTED), st.sampled_from(MARKS), st.text(max_size=3)
        )
        text = text[:at] + draw(strangers) + text[at:]
    return text


articles = st.builds(
    partial(Article, "pubmed:99000001"),
    title=disguised(),
    vernacular_title=st.one_of(st.just(""), disguised()),
    abstract=st.lists(
        st.builds(AbstractSection, st.sampled_from(LABELS), disguised()), max_size=3
    ).map(tuple),
    other_abstracts=st.lists(
        st.builds(
            OtherAbstract,
            st.just("ger"),
            st.tuples(st.builds(AbstractSection, st.just(""), disguised())),
        ),
        max_size=1,
    ).map(tuple),
    mesh=st.lists(
        st.builds(
            MeshHeading,
            st.sampled_from(["Scleromyxedema", "Thalidomide", "İ"]),
            st.just(("blood",)),
        ),
        max_size=2,
    ).map(tuple),
    chemicals=st.lists(st.sampled_from(["Melphalan", "ﬁ"]), max_size=1).map(tuple),
    keywords=st.lists(disguised(), max_size=2).map(tuple),
    publication_types=st.lists(
        st.sampled_from(["Case Reports", "Review", "Letter"]), max_size=1
    ).map(tuple),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("evidence") / "litwatch.db"
    with open_store(f"sqlite:///{path}") as opened:
        yield opened


def proofs(findings: Findings) -> Iterator[Evidence]:
    facts = findings.facts
    for finding in (*findings.treatments, *findings.organs):
        yield from finding.evidence
    for fact in (*facts.topics, facts.study_type, facts.patients, facts.outcome, facts.conclusion):
        if fact:
            yield from fact.evidence


def faults(article: Article, proof: Evidence) -> Iterator[str]:
    """What keeps the proof from being a verbatim slice, whole letters in a sentence of its own."""
    string = {(field, index): one for field, index, one in article.strings()}[
        proof.field, proof.index
    ]
    if not 0 <= proof.start < proof.end <= len(string):
        yield "it is empty, or stands outside of the text"
    elif string[proof.start : proof.end] != proof.text:
        yield "it is no slice of the text"
    elif not any(
        found.start() <= proof.start and proof.end <= found.start() + len(proof.sentence)
        for found in re.finditer(f"(?={re.escape(proof.sentence)})", string)
    ):
        yield "its sentence does not hold it"
    elif unicodedata.combining(string[proof.end : proof.end + 1] or " "):
        yield "its last letter has a mark that is left out"


@given(articles)
@settings(max_examples=150, deadline=None)
def test_every_stored_evidence_is_a_verbatim_slice_of_the_stored_text(
    store: Store, article: Article
) -> None:
    found = classify(article, RULESET)
    with store.transaction():
        run = store.runs.start(AT)
        store.articles.save(article, found, rules_version="1", run_id=run, at=AT)
        stored = store.articles.get(article.uid)

    assert stored is not None
    assert (stored.article, stored.findings) == (article, found)
    told = [
        (proof, fault)
        for proof in proofs(stored.findings)
        for fault in faults(stored.article, proof)
    ]
    assert told == []


def test_the_disguises_hide_nothing_but_themselves() -> None:
    """A tag is found behind each of them, and quotes the text as it is written."""
    for written in (
        "thali\u0301domide",
        "thal\u0131domide",
        "𝐭halidomide",
        "thalid\u00adomide",
        "THALİDOMİDE",
        "t\u200bhalidomide",
    ):
        article = Article("1", title=f"😀 {written} for İ scleromyxedema")
        (finding,) = classify(article, RULESET).treatments
        assert (finding.tag.id, finding.evidence[0].text) == ("thalidomide", written)
