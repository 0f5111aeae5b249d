"""An answer as bytes: whole or not, and where its records are. All records here are synthetic."""

import pytest

from litwatch.errors import SourceBusy, SourceError
from litwatch.fetch.envelope import unwrap

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
    with pytest.raises(SourceError, match="unknown encoding: klingon"):
        unwrap(b'<?xml version="1.0" encoding="klingon"?>' + body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_beats_the_declaration(encoding: str) -> None:
    text = '<?xml version="1.0" encoding="latin-1"?><PubmedArticleSet>' + RECORD.decode()
    envelope = unwrap((text + "</PubmedArticleSet>").encode(encoding))
    assert envelope.encoding == "utf-8"
    assert [part for _, part in envelope.parts()] == [RECORD]
