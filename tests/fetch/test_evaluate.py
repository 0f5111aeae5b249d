"""Whether a query finds an article, told from the article alone; and as the stand-in tells it."""

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from litwatch.config import template
from litwatch.demo import records as samples
from litwatch.demo.evaluate import Answer, Circumstances, answer
from litwatch.demo.library import Library, Snapshot
from litwatch.demo.view import PHRASES, View, Vocabulary
from litwatch.fetch import records
from litwatch.fetch.evaluate import matches, nearest, predicate
from litwatch.fetch.query import clauses, parse
from litwatch.fetch.reading import Reading
from litwatch.models import (
    AbstractSection,
    Article,
    Author,
    Journal,
    MeshHeading,
    OtherAbstract,
)

SHIPPED: dict[str, str] = {
    topic["id"]: topic["query"] for topic in tomllib.loads(template())["topics"]
}
NOW = datetime(2026, 11, 17, tzinfo=UTC)

ARTICLE = Article(
    uid="pubmed:99000001",
    title="Scleromyxœdema in Buschke's sister: a report, with TGF-β",
    vernacular_title="Sklerödem bei einer Schwester",
    abstract=(
        AbstractSection("", "Lichen, called myxedematosus, of the hands."),
        AbstractSection("RESULTS", "The skin became soft. Mucin was found"),
    ),
    other_abstracts=(OtherAbstract("ger", (AbstractSection("", "Die Haut wurde weich."),)),),
    authors=(
        Author("Muster", "Anna Berta", "AB", affiliations=("Sample Clinic, Springfield",)),
        Author("Beispiel", "Carl", "C", orcid="0000-0000-0000-0001"),
        Author(collective="Sample Study Group"),
    ),
    journal=Journal("The Archives of samples", "Arch Sample", "1111-2222"),
    volume="7",
    issue="2",
    pages="12-19",
    published="2025 Nov-Dec",
    published_on=date(2025, 11, 1),
    created_on=date(2025, 11, 20),
    entered_on=date(2025, 11, 21),
    revised_on=date(2026, 2, 3),
    languages=("eng", "ger"),
    publication_types=("Case Reports", "Randomized Controlled Trial"),
    mesh=(
        MeshHeading("Scleredema Adultorum", ("drug therapy",), major=True),
        MeshHeading("Humans"),
        MeshHeading("Facial Dermatoses", ("pathology",)),
    ),
    chemicals=("Thalidomide",),
    keywords=("self-healing papules",),
    doi="10.5555/sample.1",
    pmcid="PMC99",
    status="MEDLINE",
)
UNINDEXED = replace(ARTICLE, mesh=(), publication_types=(), chemicals=(), status="Publisher")


def holds(query: str, article: Article = ARTICLE) -> bool | None:
    return matches(parse(query), article)


# ---- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "SCLEROMYXOEDEMA[ti]",
        "scleromyxœdema[Title]",
        '"tgf beta"[ti]',
        '"tgf-β"[ti]',
        "buschke[ti]",
        '"buschke s sister"[ti]',
        "skin[tiab]",
        "haut[tiab]",
        "self-healing[tiab]",
        "self-healing[ot]",
        "sklerodem[tt]",
        "sklerödem[tt]",
        "scleromyx*[tiab]",
        '"the skin beca*"[tiab]',
        "soft[tw]",
        "dermatoses[tw]",
        "thalidomide[tw]",
        "springfield[ad]",
        '"sample study group"[cn]',
        "springfield[all]",
        "10.5555[all]",
        "skin mucin",
        '"skin became"',
        "skin mucin*",
    ],
)
def test_words_are_found_whole_folded_and_in_their_field(query: str) -> None:
    assert holds(query) is True


@pytest.mark.parametrize(
    "query",
    [
        "sclero[ti]",
        "skin[ti]",
        "sklerodem[tiab]",
        "mucinosis[tiab]",
        "myxo*[tiab]",
        '"soft mucin"[ti]',
        "springfield[tiab]",
        "dermatoses[tiab]",
    ],
)
def test_a_word_that_is_not_in_a_field_kept_whole_is_not_found(query: str) -> None:
    assert holds(query) is False


@pytest.mark.parametrize(
    "query",
    [
        "mucinosis",
        '"lichen planus"',
        "mucinosis[tw]",
        "elsewhere[ad]",
        "foreign[all]",
        "skin aspect",
    ],
)
def test_what_may_stand_in_a_part_that_is_not_kept_cannot_be_told(query: str) -> None:
    assert holds(query) is None


def test_a_phrase_whose_words_stand_apart_cannot_be_told() -> None:
    for query in ("lichen myxedematosus[tiab]", '"lichen myxedematosus"[tiab]'):
        assert holds(query) is None
    assert holds('"lichen planus"[tiab]') is False


def test_words_near_each_other_may_stand_in_any_order_within_the_distance() -> None:
    assert holds('"lichen myxedematosus"[tiab:~0]') is False
    assert holds('"lichen myxedematosus"[tiab:~1]') is True
    assert holds('"myxedematosus lichen"[tiab:~1]') is True
    assert holds('"hands lichen"[tiab:~3]') is False
    assert holds('"hands lichen"[tiab:~4]') is True


def test_a_stop_word_that_is_missing_does_not_decide_over_a_phrase() -> None:
    assert holds('"lichen of the"[ti]') is False
    assert holds('"skin mucin what"[tiab]') is None


def test_neither_phrase_nor_distance_reaches_from_one_text_into_the_next() -> None:
    assert holds('"hands the"[tiab]') is None
    assert holds('"hands skin"[tiab:~9]') is False
    assert holds('"beta lichen"[tiab:~5]') is False


def test_stop_words_and_short_stems_drop_out_with_their_operator() -> None:
    assert holds("skin[tiab] AND with") is True
    assert holds("scl*[ti] OR soft[tiab]") is True
    assert holds("scl*[ti]") is False
    assert holds("soft[tiab] NOT the[tiab]") is True
    assert holds("the NOT soft[tiab]") is False


def test_an_unknown_field_is_searched_as_no_field() -> None:
    assert holds("skin[nonsense]") is True
    assert holds("mucinosis[nonsense]") is None


def test_untagged_names_and_numbers_cannot_be_told() -> None:
    """PubMed may take them for an author, or for a PMID."""
    assert holds("report a") is None
    assert holds("skin 7") is None


# ---- MeSH ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"Scleredema Adultorum"[mh]', True),
        ('"scleredema adultorum"[MeSH Terms]', True),
        ('"Buschke\'s Scleredema"[mh]', True),
        ('"Mucinoses"[mh]', True),
        ('"Mucinoses"[mh:noexp]', False),
        ('"Mucinosis"[mh]', True),
        ('"Scleromyxedema"[mh]', False),
        ('"Animals"[mh] NOT "Humans"[mh]', False),
        ('"Animals"[majr]', None),
        ('"Scleredema Adultorum/drug therapy"[mh]', True),
        ('"Mucinoses/drug therapy"[mh]', True),
        ('"Scleredema Adultorum/therapy"[mh]', None),
        ('"Scleredema Adultorum"[majr]', True),
        ('"Facial Dermatoses"[majr]', False),
        ('"Scleredema Adultorum/drug therapy"[majr]', None),
        ('"Skin Diseases"[mh]', None),
        ('"Skin Diseases"[mh:noexp]', False),
        ('"Some Heading"[mh:noexp]', None),
        ("facial*[mh]", True),
        ("genital*[mh]", None),
        ("drug therapy[sh]", True),
        ("therapy[sh]", None),
        ("thalidomide[nm]", True),
        ("lenalidomide[nm]", None),
        ("case reports[pt]", True),
        ('"Clinical Trial"[pt]', True),
        ("letter[pt]", False),
        ("festschrift[pt]", None),
    ],
)
def test_headings_explode_as_far_as_they_are_known(query: str, expected: bool | None) -> None:
    assert holds(query) is expected


@pytest.mark.parametrize(
    "query",
    ['"Skin Diseases"[mh]', '"Whatever"[majr]', "x*y[mh]", "therapy[sh]", "any[nm]", "unheard[pt]"],
)
def test_a_record_without_indexing_is_found_by_none(query: str) -> None:
    assert holds(query, UNINDEXED) is False


# ---- the other fields --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("muster[au]", True),
        ("muster a[au]", True),
        ('"muster a"[au]', False),
        ('"muster ab"[au]', True),
        ("muster anna berta[fau]", True),
        ("must*[au]", True),
        ("musters[au]", False),
        ("muster[1au]", True),
        ("muster[lastau]", False),
        ("beispiel[lastau]", True),
        ("english[la]", True),
        ("ger[la]", True),
        ("french[la]", False),
        ("klingon[la]", None),
        ("arch sample[ta]", True),
        ("archives of samples[ta]", True),
        ("1111-2222[ta]", True),
        ("some other journal[ta]", None),
        ("7[vi]", True),
        ("8[vi]", False),
        ("12[pg]", None),
        ("99000001[uid]", True),
        ("1,099000001[pmid]", True),
        ("99000002[uid]", False),
        ("10.5555/SAMPLE.1[doi]", True),
        ("PMC99[aid]", True),
        ("10.5555/other[doi]", None),
        ("0000-0000-0000-0001[auid]", True),
        ("medline[sb]", True),
        ("publisher[sb]", False),
        ("hasabstract[sb]", True),
        ("free full text[sb]", None),
        ("R01[gr]", None),
        ("2025/11/20[crdt]", True),
        ("2025/11[crdt]", True),
        ("2025[crdt]", True),
        ("2026:3000[crdt]", False),
        ('"2025/11/21"[edat] : "3000"[edat]', True),
        ('"2026/02/04"[mdat] : "3000"[mdat]', False),
        ("2026[mhda]", None),
        ("last 30 days[crdt]", None),
        ("yesterday[crdt]", False),
        ("2025/11[dp]", True),
        ("2024:2025/10[dp]", False),
        ("2026[dp]", None),
        ("2024[epdt]", None),
        ('"1"[uid] : "9"[uid]', None),
    ],
)
def test_every_field_has_its_rule(query: str, expected: bool | None) -> None:
    assert holds(query) is expected


def test_of_a_book_neither_series_nor_editors_nor_dates_are_told() -> None:
    book = replace(ARTICLE, kind="book")

    for query in ("monographs[tiab]", "muster[au]", "2025[dp]"):
        assert holds(query, book) is None
    assert holds("skin[tiab]", book) is True


# ---- logic -------------------------------------------------------------------------------------

YES, NO, UNTOLD = "skin[tiab]", "mucinosis[tiab]", "mucinosis[tw]"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"{YES} AND {UNTOLD}", None),
        (f"{NO} AND {UNTOLD}", False),
        (f"{UNTOLD} AND {NO}", False),
        (f"{YES} OR {UNTOLD}", True),
        (f"{UNTOLD} OR {YES}", True),
        (f"{NO} OR {UNTOLD}", None),
        (f"{YES} NOT {UNTOLD}", None),
        (f"{NO} NOT {UNTOLD}", False),
        (f"{UNTOLD} NOT {YES}", False),
        (f"NOT {NO}", True),
        (f"NOT {UNTOLD}", None),
        (f"{YES} OR {YES} AND {NO}", False),
        (f"{YES} OR ({YES} AND {NO})", True),
        ("", False),
    ],
)
def test_what_cannot_be_told_matters_only_where_it_decides(
    query: str, expected: bool | None
) -> None:
    assert holds(query) is expected


# ---- the stand-in ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shelf:
    """The sample records as the stand-in searches them, and as litwatch reads them."""

    snapshot: Snapshot
    articles: Mapping[str, Article]

    @property
    def books(self) -> set[str]:
        """The PMIDs of books, of which less is kept."""
        return {pmid for pmid, article in self.articles.items() if article.kind == "book"}

    def ask(self, query: str) -> Answer:
        view = View(self.snapshot, Vocabulary(PHRASES))
        return answer(query, view, Circumstances(today=NOW.date()))

    def found(self, query: str) -> set[str]:
        return {self.snapshot.pmid(number) for number in self.ask(query).hits}

    def told(self, query: str, expected: bool | None) -> set[str]:
        """The PMIDs of which litwatch says that."""
        asked = predicate(parse(query))
        return {
            pmid for pmid, article in self.articles.items() if asked(Reading(article)) is expected
        }


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    snapshot = Library(samples.load()).at(NOW)
    answers = b"".join(xml for pmid in snapshot.current if (xml := snapshot.xml(pmid)))
    parsed = records.parse(b"<PubmedArticleSet>%b</PubmedArticleSet>" % answers)
    articles = {article.uid.removeprefix("pubmed:"): article for article in parsed.articles}
    assert articles.keys() == snapshot.current.keys()
    return Shelf(snapshot, articles)


@pytest.mark.parametrize("topic", SHIPPED)
def test_a_shipped_query_finds_what_the_stand_in_finds(topic: str, shelf: Shelf) -> None:
    hits = shelf.found(SHIPPED[topic])

    assert hits - shelf.books <= shelf.told(SHIPPED[topic], True) <= hits
    assert shelf.told(SHIPPED[topic], None) <= shelf.books
    assert not shelf.told(SHIPPED[topic], False) & hits
    assert len(hits) >= 5


@pytest.mark.parametrize("topic", SHIPPED)
def test_a_clause_of_a_shipped_query_finds_what_the_stand_in_finds(
    topic: str, shelf: Shelf
) -> None:
    for clause in clauses(parse(SHIPPED[topic])):
        assert shelf.told(clause.text, True) == shelf.found(clause.text), clause.text


WORDS = st.sampled_from(
    ["mucinosis", "skin", "scleromyxedema", "scleredema", "lichen", "papular", "immunoglobulin"]
)
STEMS = st.sampled_from(["scler*", "mucin*", "papul*", "lymph*", "scleroed*"])
TEXT = st.sampled_from(["ti", "tiab", "Title/Abstract", "Title"])
HEADINGS = st.sampled_from(
    ["Mucinoses", "Scleromyxedema", "Mucinosis, Follicular", "Scleredema Adultorum", "Humans"]
)
DATES = st.tuples(
    st.dates(date(1995, 1, 1), date(2027, 1, 1)), st.sampled_from(["crdt", "edat"])
).map(lambda pair: f'"{pair[0]:%Y/%m/%d}"[{pair[1]}] : "3000"[{pair[1]}]')
PAIRS = st.tuples(WORDS, WORDS)
TOLD = st.one_of(
    st.tuples(st.one_of(WORDS, STEMS), TEXT).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
    st.tuples(PAIRS, st.sampled_from(["ti", "tiab"]), st.integers(0, 9)).map(
        lambda each: f'"{each[0][0]} {each[0][1]}"[{each[1]}:~{each[2]}]'
    ),
    st.tuples(HEADINGS, st.sampled_from(["mh", "mh:noexp", "majr"])).map(
        lambda pair: f'"{pair[0]}"[{pair[1]}]'
    ),
    st.sampled_from(
        ["eng[la]", "german[la]", "skleromyx*[tt]", "mucinose[tt]", "case reports[pt]"]
    ),
    DATES,
)
"""Terms whose answer follows from the record alone."""
UNSURE = st.one_of(
    st.tuples(PAIRS, st.sampled_from(["ti", "tiab", "tw", "all"])).map(
        lambda each: f'"{each[0][0]} {each[0][1]}"[{each[1]}]'
    ),
    st.tuples(PAIRS, TEXT).map(lambda each: f"{each[0][0]} {each[0][1]}[{each[1]}]"),
    st.tuples(WORDS, st.sampled_from(["tw", "all", "ot", "ad", "nm", "sh"])).map(
        lambda pair: f"{pair[0]}[{pair[1]}]"
    ),
    WORDS,
    PAIRS.map(" ".join),
    st.sampled_from(
        [
            '"Skin Diseases"[mh]',
            '"Scleromyxedema/drug therapy"[mh]',
            '"Mucinoses"[majr]',
            "scler*[mh]",
            "review[pt]",
            "humans[mh]",
            "medline[sb]",
            "hasabstract[sb]",
            "2015:2020[dp]",
            "2026/11[mdat]",
            "drug therapy[sh]",
            "thalidomide[nm]",
            "99008011[uid]",
        ]
    ),
)


def combined(terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Terms under AND, OR and NOT, with and without parentheses."""

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        joined = st.tuples(st.sampled_from(["AND", "OR", "NOT"]), inner).map(" ".join)
        chain = st.tuples(inner, st.lists(joined, max_size=3)).map(
            lambda parts: " ".join((parts[0], *parts[1]))
        )
        return st.one_of(chain.map("({})".format), st.tuples(st.just("NOT"), inner).map(" ".join))

    return st.recursive(terms, grown, max_leaves=8)


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200)


@PATIENT
@given(combined(TOLD))
def test_what_follows_from_the_record_is_told_as_the_stand_in_tells_it(
    shelf: Shelf, query: str
) -> None:
    hits = shelf.found(query)

    assert hits - shelf.books <= shelf.told(query, True) <= hits
    assert shelf.told(query, None) <= shelf.books
    assert not shelf.told(query, False) & hits


@PATIENT
@given(combined(st.one_of(TOLD, UNSURE)))
def test_what_is_told_at_all_is_told_as_the_stand_in_tells_it(shelf: Shelf, query: str) -> None:
    notes = shelf.ask(query).notes
    assume(not notes.phrases_not_found)  # dropped by what all of PubMed holds, not by one record

    hits = shelf.found(query)

    assert shelf.told(query, True) <= hits
    assert not shelf.told(query, False) & hits


def test_authors_journals_and_identifiers_are_found_as_the_stand_in_finds_them(
    shelf: Shelf,
) -> None:
    signed = [
        article for article in shelf.articles.values() if article.authors and article.kind != "book"
    ]
    for article in signed[::7]:
        author = article.authors[0]
        for query in (
            f"{author.last}[au]",
            f'"{author.last} {author.initials}"[au]',
            f"{author.last} {author.initials[:1]}[1au]",
            f"{article.journal.abbreviation}[ta]",
            *([f"{article.doi}[doi]"] if article.doi else []),
        ):
            hits = shelf.found(query)
            assert article.uid.removeprefix("pubmed:") in shelf.told(query, True) <= hits, query
            assert not shelf.told(query, False) & hits, query


def test_a_thousand_articles_are_asked_all_shipped_queries_within_a_second(shelf: Shelf) -> None:
    """At most a millisecond an article for all of them; measured: a tenth of that."""
    asked = [predicate(parse(query)) for query in SHIPPED.values()]
    many = [article for _ in range(8) for article in shelf.articles.values()]

    started = time.process_time()
    found = sum(any(holds(reading) for holds in asked) for reading in map(Reading, many))

    assert time.process_time() - started < len(many) / 1000
    assert found > len(many) / 2


# ---- what came nearest -------------------------------------------------------------------------


def test_the_nearest_clause_is_the_one_of_which_the_most_is_there() -> None:
    near = nearest(
        parse('mucinosis[ti] OR "soft skin hands"[tiab:~0] OR (skin[tiab] AND heart[tiab])'),
        ARTICLE,
    )

    assert near.text == '"soft skin hands"[tiab:~0]'
    assert near.lacks == 'its words are not side by side: "soft skin hands"[tiab:~0]'


def test_a_word_that_is_spelt_otherwise_is_named() -> None:
    near = nearest(parse("keloid*[ti] OR scleromyxedema*[ti]"), ARTICLE)

    assert near.text == "scleromyxedema*[ti]"
    assert near.lacks == "no scleromyxedema* in Title (it has scleromyxoedema)"


def test_what_an_and_group_lacks_is_named_part_by_part() -> None:
    group = "(skin[tiab] AND heart[tiab] AND (lung[ti] OR liver[ti]))"
    near = nearest(parse(f"keloid[ti] OR {group}"), ARTICLE)

    assert near.lacks == "no heart in Title/Abstract; none of lung[ti], liver[ti]"


def test_an_exclusion_that_keeps_an_article_out_is_named() -> None:
    near = nearest(parse("(keloid[ti] OR skin[tiab]) NOT soft[tiab]"), ARTICLE)

    assert (near.clause.kind, near.text) == ("exclusion", "soft[tiab]")
    assert near.lacks == "it is excluded by soft[tiab]"


def test_an_exclusion_of_other_alternatives_is_not_blamed() -> None:
    near = nearest(
        parse("((keloid[ti] OR scar[ti]) NOT soft[tiab]) OR (skin[tiab] AND acne[ti])"), ARTICLE
    )

    assert near.text == "skin[tiab] AND acne[ti]"
    assert near.lacks == "no acne in Title"


def test_a_requirement_that_is_not_met_is_named() -> None:
    near = nearest(parse("(skin[tiab] OR keloid[ti]) AND french[la]"), ARTICLE)

    assert (near.clause.kind, near.text) == ("requirement", "french[la]")
    assert near.lacks == "it has not french[la]"

    near = nearest(parse("(heart[tiab] OR keloid[ti]) AND french[la]"), ARTICLE)

    assert (near.clause.kind, near.text) == ("alternative", "heart[tiab]")
    assert near.lacks == "no heart in Title/Abstract; it has not french[la]"


def test_a_heading_that_is_missing_is_told_with_those_that_are_there() -> None:
    query = parse('"Scleromyxedema"[mh]')

    assert nearest(query, UNINDEXED).lacks == "no heading Scleromyxedema (it carries no MeSH)"
    assert nearest(query, ARTICLE).lacks == (
        "no heading Scleromyxedema (it carries Scleredema Adultorum; Humans; Facial Dermatoses)"
    )


def test_what_cannot_be_told_is_said_to_be_so() -> None:
    near = nearest(parse('"Skin Diseases"[mh] OR keloid[ti]'), ARTICLE)

    assert near.text == '"Skin Diseases"[mh]'
    assert "cannot be told" in near.lacks


def test_only_what_is_missing_of_a_phrase_is_named() -> None:
    assert nearest(parse('"the skin cleared*"[tiab]'), ARTICLE).lacks == (
        "no cleared* in Title/Abstract"
    )
    assert nearest(parse('"keloid scleromyx*"[tiab]'), ARTICLE).lacks == (
        "no keloid in Title/Abstract"
    )
    assert nearest(parse("scleromyxoedema[ti] AND with AND heart[ti]"), ARTICLE).lacks == (
        "no heart in Title"
    )


def test_an_empty_query_is_said_to_be_so() -> None:
    assert nearest(parse("()"), ARTICLE).lacks == "the query is empty"


def test_an_article_that_is_found_lacks_nothing() -> None:
    assert (
        nearest(parse("keloid[ti] OR skin[tiab]"), ARTICLE).lacks == "nothing: the query finds it"
    )


@PATIENT
@given(combined(st.one_of(TOLD, UNSURE)))
def test_for_every_article_that_a_query_does_not_find_something_is_named(
    shelf: Shelf, query: str
) -> None:
    tree = parse(query)
    for article in list(shelf.articles.values())[:3]:
        near = nearest(tree, article)
        assert near.text
        if matches(tree, article) is False:
            assert near.lacks
            assert near.lacks != "nothing: the query finds it", query
