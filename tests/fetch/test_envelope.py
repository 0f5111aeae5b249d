"""An answer as bytes: whole or not, and where its records are. All records here are synthetic."""

import re
import time
from contextlib import suppress
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.errors import SourceBusy, SourceError
from litwatch.fetch.envelope import unwrap
from litwatch.fetch.records import parse

DOCTYPE = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_270101.dtd">\n'
)
RECORD = b"<PubmedArticle><MedlineCitation><PMID>1</PMID></MedlineCitation></PubmedArticle>"


def names(answer: bytes) -> list[str]:
    return [name for name, _ in unwrap(answer).parts()]


def test_records_books_and_deletions_come_in_their_order() -> None:
    book = b"<PubmedBookArticle ><BookDocument/></PubmedBookArticle\n>"
    gone = b"<DeleteCitation><PMID>3</PMID></DeleteCitation>"
    answer = DOCTYPE + b"<PubmedArticleSet>" + RECORD + book + gone + b"</PubmedArticleSet>\n"
    assert list(unwrap(answer).parts()) == [
        ("PubmedArticle", RECORD),
        ("PubmedBookArticle", book),
        ("DeleteCitation", gone),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        DOCTYPE + b"<PubmedArticleSet></PubmedArticleSet>",
        DOCTYPE + b"<PubmedArticleSet/>\n",
        b"<PubmedBookArticleSet></PubmedBookArticleSet>",
    ],
)
def test_an_empty_set_is_whole(answer: bytes) -> None:
    assert names(answer) == []


def test_a_single_record_is_whole_without_a_set_around_it() -> None:
    assert names(b"\n" + DOCTYPE + RECORD) == ["PubmedArticle"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"  \n",
        DOCTYPE,
        b"<!DOCTYPE html><html><title>Access Denied</title></html>",
        b'{"error":"API rate limit exceeded"}',
        b"\x1f\x8b\x08\x00",
        DOCTYPE + b"<PubmedArticleSet>" + RECORD,
        DOCTYPE + b"<PubmedArticleSet>" + RECORD + b"</PubmedArticleSet",
        b"\xff\xfe<",
    ],
)
def test_an_answer_that_is_not_whole_may_be_asked_for_again(answer: bytes) -> None:
    with pytest.raises(SourceBusy):
        unwrap(answer)


def test_an_answer_cut_anywhere_is_never_taken_for_whole() -> None:
    answer = DOCTYPE + b"<PubmedArticleSet>" + RECORD + RECORD + b"</PubmedArticleSet>"
    assert names(answer) == ["PubmedArticle", "PubmedArticle"]
    for length in range(len(answer)):
        with pytest.raises(SourceBusy):
            unwrap(answer[:length])


@pytest.mark.parametrize(
    "answer",
    [
        b"<eFetchResult>\n\t<ERROR>Unable to obtain\n query #1</ERROR>\n</eFetchResult>",
        b"<PubmedArticleSet><ERROR>Unable to obtain query #1</ERROR></PubmedArticleSet>",
    ],
)
def test_an_error_is_told_in_its_own_words(answer: bytes) -> None:
    with pytest.raises(SourceError, match="Unable to obtain query #1") as caught:
        unwrap(answer)
    assert not isinstance(caught.value, SourceBusy)


def test_an_empty_error_is_none() -> None:
    assert names(b"<PubmedArticleSet>" + RECORD + b"<ERROR/></PubmedArticleSet>")


@pytest.mark.parametrize(
    "entity", [b'<!ENTITY a "aaaa">', b'<!ENTITY x SYSTEM "file:///etc/hostname">']
)
def test_an_answer_that_declares_entities_is_refused(entity: bytes) -> None:
    doctype = b"<!DOCTYPE PubmedArticleSet [" + entity + b"]>"
    with pytest.raises(SourceError, match="entities"):
        unwrap(doctype + b"<PubmedArticleSet>" + RECORD + b"</PubmedArticleSet>")


def test_a_record_that_is_not_closed_takes_no_other_with_it() -> None:
    answer = b"<PubmedArticleSet><PubmedArticle><PMID>9</PMID>" + RECORD + b"</PubmedArticleSet>"
    assert list(unwrap(answer).parts()) == [
        ("PubmedArticle", b"<PubmedArticle><PMID>9</PMID>"),
        ("PubmedArticle", RECORD),
    ]


def test_tags_in_cdata_and_comments_are_no_tags() -> None:
    told = RECORD.replace(b"1", b"<![CDATA[</PubmedArticle> & <!-- ]]>")
    answer = b"<PubmedArticleSet>" + told + b"<!-- " + RECORD + b" --></PubmedArticleSet>"
    ((_, part),) = unwrap(answer).parts()
    assert b"<PMID>&lt;/PubmedArticle&gt; &amp; &lt;!-- </PMID>" in part


def test_two_documents_in_one_answer_are_both_read() -> None:
    one = DOCTYPE + b"<PubmedArticleSet>" + RECORD + b"</PubmedArticleSet>"
    assert len(names(one + one)) == len([one, one])


def test_the_encoding_is_the_one_declared() -> None:
    body = b"<PubmedArticleSet>" + RECORD + b"</PubmedArticleSet>"
    assert unwrap(b'<?xml version="1.0" encoding="UTF-8"?>' + body).encoding == "utf-8"
    assert unwrap(b"<?xml version='1.0' encoding='ISO-8859-1'?>" + body).encoding == "iso8859-1"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", "undefined", "x" * 300])
def test_an_encoding_that_is_none_of_text_may_be_a_passing_fault(encoding: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    with pytest.raises(SourceBusy, match=f"unknown encoding: {encoding[:40]}$"):
        unwrap(declaration + b"<PubmedArticleSet>" + RECORD + b"</PubmedArticleSet>")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_beats_the_declaration(encoding: str) -> None:
    text = '<?xml version="1.0" encoding="latin-1"?><PubmedArticleSet>' + RECORD.decode()
    envelope = unwrap((text + "</PubmedArticleSet>").encode(encoding))
    assert envelope.encoding == "utf-8"
    assert [part for _, part in envelope.parts()] == [RECORD]


@pytest.mark.parametrize(
    "hostile",
    [
        b"<!--" * 250_000,
        b"<![CDATA[" * 110_000,
        b"<!-- --" * 140_000 + b"<![CDATA[ ]]" * 90_000,
        b"<ERROR>" + b" " * 1_000_000,
        b"<ERROR> " * 125_000,
        b"<PubmedArticle>" * 66_000,
        b"<PubmedArticle><Article>" * 42_000,
        b"<DeleteCitation>" * 62_000,
        b"<PubmedArticle " * 66_000,
        b"<PubmedArticle>" + b"<PMID " * 166_000 + b"</PubmedArticle>",
        b"<PubmedArticle>" + b"<PMID>" + b"0" * 1_000_000 + b"</PubmedArticle>",
        b"<PubmedArticle>" + b"<!DOCTYPE" * 110_000 + b"</PubmedArticle>",
        b"<PubmedArticle>" + b"&a" * 500_000 + b"</PubmedArticle>",
    ],
    ids=lambda hostile: f"{hostile[:30].decode()}~{hostile[-20:].decode()}",
)
def test_a_megabyte_made_to_be_read_slowly_is_read_at_once(hostile: bytes) -> None:
    """A reading that begins anew at each opening takes minutes over these."""
    started = time.process_time()

    with suppress(SourceError):
        parse(b"<PubmedArticleSet>" + hostile + b"</PubmedArticleSet>")

    assert time.process_time() - started < 5.0


def test_an_unclosed_comment_or_cdata_stays_and_breaks_its_own_record_alone() -> None:
    told = RECORD.replace(b"1", b"<!-- 1 <![CDATA[<a>]]> <!-- 2 --> <![CDATA[ <!-- ")
    answer = b"<PubmedArticleSet>" + told + RECORD + b"</PubmedArticleSet>"
    parts = [part for _, part in unwrap(answer).parts()]
    assert parts == [RECORD.replace(b"1", b" <![CDATA[ <!-- "), RECORD]


@given(st.lists(st.sampled_from([b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<", b"-", b"a&"])))
def test_comments_and_cdata_are_found_as_the_plain_pattern_finds_them(pieces: list[bytes]) -> None:
    """The pattern is short, and takes the square of the length where a closing is missing."""
    pattern = re.compile(rb"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->", re.DOTALL)
    text = b"".join(pieces)
    plain = pattern.sub(lambda match: escape((match[1] or b"").decode()).encode(), text)
    opening, closing = b"<PubmedArticleSet>", b"</PubmedArticleSet>"
    assert unwrap(opening + text + closing).body == opening + plain + closing
