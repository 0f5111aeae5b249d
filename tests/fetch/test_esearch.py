"""ESearch answers, in the layouts and with the warnings that NCBI is known to send."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.errors import Inconsistent
from litwatch.fetch.esearch import Hits, pmid_of, read_hits
from litwatch.models import Notice


def answer(inside: str) -> bytes:
    return f'<?xml version="1.0"?>\n<eSearchResult>{inside}</eSearchResult>'.encode()


def test_hits_are_read_in_their_order_with_count_and_translation() -> None:
    xml = answer(
        "<Count>3</Count><RetMax>3</RetMax><RetStart>0</RetStart><IdList>\n<Id>33</Id>\n"
        "<Id>11</Id>\n<Id>22</Id>\n</IdList><TranslationSet/>"
        "<QueryTranslation>&quot;x&quot;[All Fields]</QueryTranslation>"
    )

    assert read_hits(xml) == Hits(3, ("33", "11", "22"), '"x"[All Fields]')


def test_the_layout_with_tabs_and_new_or_missing_elements_is_read_too() -> None:
    xml = answer(
        "\n\t<Count> 1 </Count>\n\t<Novelty><Deep>1</Deep></Novelty>\n\t<IdList>\n\t\t<Id>\n7</Id>"
        "\n\t</IdList>\n\t<TranslationStack><OP>GROUP</OP></TranslationStack>\n"
    )

    assert read_hits(xml) == Hits(1, ("7",))


def test_no_hits_are_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    xml = answer(
        "<Count>0</Count><IdList/><WarningList><OutputMessage>No items found.</OutputMessage>"
        "</WarningList>"
    )

    assert read_hits(xml) == Hits(0, ())
    assert caplog.records == []


def test_an_id_listed_twice_is_one_hit() -> None:
    xml = answer("<Count>2</Count><IdList><Id>7</Id><Id>007</Id><Id>8</Id></IdList>")

    assert read_hits(xml).pmids == ("7", "8")


@pytest.mark.parametrize(
    ("returned", "listed", "is_shortened"),
    [("2", 2, True), (" 2\n", 2, True), ("3", 2, False), ("", 2, False), ("3", 3, False)],
    ids=["shortened", "with blanks", "one lost", "not said", "whole"],
)
def test_a_list_is_shortened_where_pubmed_says_itself_that_it_lists_less(
    returned: str, listed: int, is_shortened: bool
) -> None:
    """A list of fewer ids than it announces has lost some on its way, which is another thing."""
    ids = "".join(f"<Id>{number}</Id>" for number in range(1, listed + 1))
    xml = answer(f"<Count>3</Count><RetMax>{returned}</RetMax><IdList>{ids}</IdList>")

    assert read_hits(xml).is_shortened is is_shortened


@pytest.mark.parametrize(
    ("warning", "code", "words"),
    [
        ("<PhraseNotFound>scleromyxedma</PhraseNotFound>", "phrase-not-found", "scleromyxedma"),
        (
            '<QuotedPhraseNotFound>"mucinosis of ears"</QuotedPhraseNotFound>',
            "phrase-not-found",
            '"mucinosis of ears"',
        ),
        ("<PhraseIgnored>the</PhraseIgnored>", "phrase-not-found", "ignored the"),
        ("<FieldNotFound>tiabb</FieldNotFound>", "field-not-found", "tiabb"),
    ],
)
def test_a_warning_names_the_part_of_the_query(warning: str, code: str, words: str) -> None:
    xml = answer(f"<Count>0</Count><IdList/><ErrorList>{warning}</ErrorList>")

    (notice,) = read_hits(xml).notices

    assert notice.code == code
    assert words in notice.message


def test_warnings_beside_hits_are_all_kept() -> None:
    xml = answer(
        "<Count>1</Count><IdList><Id>7</Id></IdList><ErrorList><PhraseNotFound>a</PhraseNotFound>"
        "<PhraseNotFound>b</PhraseNotFound><FieldNotFound>c</FieldNotFound></ErrorList>"
    )
    hits = read_hits(xml)

    assert hits.pmids == ("7",)
    assert [notice.code for notice in hits.notices] == ["phrase-not-found"] * 2 + [
        "field-not-found"
    ]


def test_a_message_of_another_kind_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    read_hits(answer("<Count>0</Count><OutputMessage>Parentheses were mended</OutputMessage>"))

    assert "Parentheses were mended" in caplog.text


def test_braces_in_a_phrase_stay_as_they_are() -> None:
    xml = answer("<Count>0</Count><PhraseNotFound>{0} {x}</PhraseNotFound>")

    assert read_hits(xml).notices == (
        Notice(
            "phrase-not-found",
            "PubMed knows nothing by {0} {x}: that part of the query finds nothing; look at its "
            "spelling",
        ),
    )


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<Count/>",
        "<Count>many</Count>",
        "<Count>-1</Count>",
        "<Count>١</Count>",
        "<Count>" + "9" * 5000 + "</Count>",
        "<Count>1</Count><IdList><Id>abc</Id></IdList>",
        "<Count>1</Count><IdList><Id>0</Id></IdList>",
        "<Count>1</Count><IdList><Id/></IdList>",
        "<Count>1</Count><IdList><Id>7</IdList>",
        "<Count>1\x01</Count>",
    ],
)
def test_what_cannot_be_a_list_of_hits_is_inconsistent(inside: str) -> None:
    with pytest.raises(Inconsistent):
        read_hits(answer(inside))


@given(st.binary(max_size=300))
def test_no_bytes_do_anything_worse(inside: bytes) -> None:
    try:
        hits = read_hits(b"<eSearchResult><Count>1</Count>" + inside + b"</eSearchResult>")
    except Inconsistent:
        return
    assert hits.count == 1


@pytest.mark.parametrize(
    ("text", "pmid"),
    [
        ("30232531", "30232531"),
        ("007", "7"),
        ("0", ""),
        ("", ""),
        ("7 ", ""),
        ("²", ""),
        ("-7", ""),
    ],
)
def test_a_pmid_is_a_positive_number_without_leading_zeros(text: str, pmid: str) -> None:
    assert pmid_of(text) == pmid


@pytest.mark.parametrize("encoding", ["foo", "utf-32", "gb18030", "utf-16", "hex", "x" * 300])
def test_an_encoding_that_cannot_be_read_is_asked_for_once_more(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><eSearchResult><Count>0</Count>'

    with pytest.raises(Inconsistent, match="PubMed's list of hits cannot be read"):
        read_hits(f"{xml}</eSearchResult>".encode())
