"""Bytes of PubMed XML to Articles, quirk by quirk. All records here are synthetic."""

import gzip
import json
from datetime import date
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.errors import MalformedRecord, SourceError
from litwatch.fetch.records import Parsed, parse, parse_record
from litwatch.models import (
    AbstractSection,
    Article,
    Author,
    Correction,
    Journal,
    MeshHeading,
    OtherAbstract,
)

SHARED = Path(__file__).parents[3] / "shared" / "data"


def record(article: str = "", citation: str = "", data: str = "", pmid: str = "1") -> bytes:
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>'
        f"<Article>{article}</Article>{citation}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    ).encode()


def read(article: str = "", citation: str = "", data: str = "") -> Article:
    return parse_record(record(article, citation, data))


def answer(*records: bytes) -> bytes:
    return b"<PubmedArticleSet>" + b"\n".join(records) + b"</PubmedArticleSet>"


def title(xml: str) -> str:
    return read(f"<ArticleTitle>{xml}</ArticleTitle>").title


# ---- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<i>Starts</i> with markup", "Starts with markup"),
        ("<b><i>Only</i></b>", "Only"),
        ("CO<sub>2</sub> and m<sup>2</sup>", "CO2 and m2"),
        ("a <mml:math><mml:mi>x</mml:mi><mml:mo>=</mml:mo></mml:math> b", "a x= b"),
        ('<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:mi>x</m:mi></m:math>', "x"),
        ("a &lt;b&gt; &amp; &quot;c&quot;", 'a <b> & "c"'),
        ("caf&eacute;&nbsp;&alpha; &LT;", "café α <"),
        ("two\n      lines\tand\u00a0\u2009blanks ", "two lines and blanks"),
        ("high \U0001d6fc &#x1D6FC;", "high \U0001d6fc \U0001d6fc"),
        ("no C1\u0092 control\u0085here", "no C1 control here"),
        ("a<!-- not --> b<?nihms?>c", "a bc"),
        ("<new>unknown</new> element", "unknown element"),
        ("Cu <sub><i>x</i></sub> O", "Cu x O"),
        ("12\u2009months of de\u00a0novo", "12 months of de novo"),
        ("no sign <mml:math><mml:infinity/></mml:math> here", "no sign here"),
        ("[A translated title].", "[A translated title]."),
        ("[Not Available].", "[Not Available]."),
        ("", ""),
    ],
)
def test_a_title_keeps_its_whole_text(xml: str, text: str) -> None:
    assert title(xml) == text


MARKUP = st.sampled_from(["i", "b", "u", "sup", "sub", "unknown"])
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))
MARKED_UP = st.recursive(
    PLAIN.map(lambda text: (escape(text), text)),
    lambda inner: st.tuples(MARKUP, st.lists(inner, max_size=4)).map(
        lambda made: (
            f"<{made[0]}>" + "".join(xml for xml, _ in made[1]) + f"</{made[0]}>",
            "".join(text for _, text in made[1]),
        )
    ),
)


@given(st.lists(MARKED_UP))
def test_whatever_stands_in_a_title_comes_back_whole(parts: list[tuple[str, str]]) -> None:
    written, text = "".join(xml for xml, _ in parts), "".join(text for _, text in parts)
    text = text.replace("\ufffe", "").replace("\uffff", "")
    written = written.replace("\ufffe", "").replace("\uffff", "")
    assert title(written) == " ".join(text.split())


def test_a_structured_abstract_keeps_every_section() -> None:
    article = read(
        '<Abstract><AbstractText Label="AIM" NlmCategory="OBJECTIVE">To <i>see</i>.</AbstractText>'
        '<AbstractText Label="RESULTS">Seen.</AbstractText><AbstractText>Plain.</AbstractText>'
        '<AbstractText Label="NOTE"/><CopyrightInformation>(c)</CopyrightInformation></Abstract>'
    )
    assert article.abstract == (
        AbstractSection("AIM", "To see."),
        AbstractSection("RESULTS", "Seen."),
        AbstractSection("", "Plain."),
    )


def test_an_only_section_keeps_its_label() -> None:
    article = read(
        '<Abstract><AbstractText Label="UNLABELLED" NlmCategory="UNASSIGNED">All of it.'
        "</AbstractText></Abstract>"
    )
    assert article.abstract == (AbstractSection("UNLABELLED", "All of it."),)


def test_other_abstracts_keep_their_language() -> None:
    article = read(
        citation='<OtherAbstract Type="Publisher" Language="GER">'
        '<AbstractText Label="ZIEL">Sehen.</AbstractText></OtherAbstract>'
        '<OtherAbstract Type="plain-language-summary"><AbstractText>We look.</AbstractText>'
        "</OtherAbstract>"
    )
    assert article.other_abstracts == (
        OtherAbstract("ger", (AbstractSection("ZIEL", "Sehen."),)),
        OtherAbstract("eng", (AbstractSection("", "We look."),)),
    )


def test_the_vernacular_title_stands_beside_the_translated_one() -> None:
    article = read(
        "<ArticleTitle>[A scleromyxedema].</ArticleTitle><Language>ENG</Language>"
        "<Language>fre</Language><VernacularTitle>Un <i>scléromyxœdème</i>.</VernacularTitle>"
    )
    assert article.title == "[A scleromyxedema]."
    assert article.vernacular_title == "Un scléromyxœdème."
    assert article.languages == ("eng", "fre")


# ---- people, journal, pages ----------------------------------------------------------------------


def test_authors_are_people_and_groups() -> None:
    article = read(
        '<AuthorList><Author ValidYN="Y"><LastName>Doe</LastName><ForeName>Jane A</ForeName>'
        "<Initials>JA</Initials><Suffix>Jr</Suffix>"
        '<Identifier Source="GRID">grid.1</Identifier>'
        '<Identifier Source="ORCID">http://orcid.org/000000021825009x</Identifier>'
        "<AffiliationInfo><Affiliation>One, <b>Town</b>.</Affiliation></AffiliationInfo>"
        "<AffiliationInfo><Affiliation>Two.</Affiliation></AffiliationInfo></Author>"
        '<Author ValidYN="N"><LastName>Doo</LastName></Author>'
        "<Author><CollectiveName>The <i>Group</i></CollectiveName></Author>"
        "<Author><LastName>Old</LastName><Affiliation>Three.</Affiliation></Author>"
        "<Author><Initials/></Author></AuthorList>"
    )
    assert article.authors == (
        Author("Doe", "Jane A", "JA", "", "0000-0002-1825-009X", ("One, Town.", "Two."), "Jr"),
        Author(collective="The Group"),
        Author("Old", affiliations=("Three.",)),
    )


@pytest.mark.parametrize(
    "written",
    [
        "0000-0002-1825-009X",
        "https://orcid.org/0000-0002-1825-009X",
        "http://orcid.org/0000-0002-1825-009x",
        "000000021825009X",
    ],
)
def test_an_orcid_is_its_number_however_it_is_written(written: str) -> None:
    identifier = f'<Identifier Source="ORCID">{written}</Identifier>'
    article = read(f"<AuthorList><Author><LastName>A</LastName>{identifier}</Author></AuthorList>")
    assert article.authors == (Author("A", orcid="0000-0002-1825-009X"),)


def test_blanks_around_a_name_are_no_part_of_it() -> None:
    author = "<Author><LastName>Hauser </LastName><ForeName>\n R N</ForeName></Author>"
    assert read(f"<AuthorList>{author}</AuthorList>").authors == (Author("Hauser", "R N"),)


def test_a_person_whom_the_paper_is_about_is_no_author() -> None:
    subject = "<LastName>Koch</LastName><ForeName>Robert</ForeName>"
    article = read(
        citation="<PersonalNameSubjectList><PersonalNameSubject>"
        f"{subject}</PersonalNameSubject></PersonalNameSubjectList>"
    )
    assert article.authors == ()


def test_a_journal_has_its_iso_abbreviation_or_else_medlines() -> None:
    journal = "<Journal><Title>Skin : the journal</Title>{}</Journal>"
    info = "<MedlineJournalInfo><MedlineTA>Skin</MedlineTA><ISSNLinking>1111-1111</ISSNLinking>"
    info += "</MedlineJournalInfo>"
    full = "<ISSN>2222-2222</ISSN><ISOAbbreviation>Skin J</ISOAbbreviation>"
    assert read(journal.format(full), info).journal == Journal(
        "Skin : the journal", "Skin J", "2222-2222"
    )
    assert read(journal.format(""), info).journal == Journal(
        "Skin : the journal", "Skin", "1111-1111"
    )


@pytest.mark.parametrize(
    ("xml", "pages"),
    [
        ("<StartPage>916</StartPage><MedlinePgn>916-21</MedlinePgn>", "916-21"),
        ("<StartPage>916</StartPage><EndPage>921</EndPage>", "916-921"),
        ("<StartPage>e12</StartPage>", "e12"),
        ("<MedlinePgn/>", ""),
    ],
)
def test_pages_are_medlines_or_the_first_and_last(xml: str, pages: str) -> None:
    assert read(f"<Pagination>{xml}</Pagination>").pages == pages


def test_volume_and_issue_may_be_words() -> None:
    issue = "<Volume>3 Suppl</Volume><Issue>Pt 2</Issue>"
    article = read(f"<Journal><JournalIssue>{issue}</JournalIssue></Journal>")
    assert (article.volume, article.issue) == ("3 Suppl", "Pt 2")
    article = read("<Journal><JournalIssue><Issue>21</Issue></JournalIssue></Journal>")
    assert (article.volume, article.issue) == ("", "21")


# ---- dates ---------------------------------------------------------------------------------------


def test_a_publication_date_is_kept_as_printed_and_read() -> None:
    issue = "<Journal><JournalIssue><PubDate>{}</PubDate></JournalIssue></Journal>"
    season = read(issue.format("<Year>2018</Year><Season>Winter</Season>"))
    assert (season.published, season.published_on) == ("2018 Winter", date(2018, 1, 1))
    free = read(issue.format("<MedlineDate>2018 Nov-Dec</MedlineDate>"))
    assert (free.published, free.published_on) == ("2018 Nov-Dec", date(2018, 11, 1))
    numbers = read(issue.format("<Year>2019</Year><Month>12</Month><Day>01</Day>"))
    assert (numbers.published, numbers.published_on) == ("2019 Dec 1", date(2019, 12, 1))
    broken = read(issue.format("<Year>2018</Year><Month>Feb</Month><Day>30</Day>"))
    assert (broken.published, broken.published_on) == ("2018 Feb 30", date(2018, 2, 1))


def test_the_electronic_date_counts_where_it_is_earlier_or_alone() -> None:
    online = '<ArticleDate DateType="Electronic"><Year>2018</Year><Month>09</Month><Day>20</Day>'
    online += "</ArticleDate>"
    issue = "<Journal><JournalIssue><PubDate><Year>2018</Year><Month>Nov</Month></PubDate>"
    both = read(issue + "</JournalIssue></Journal>" + online)
    assert (both.published, both.published_on) == ("2018 Nov", date(2018, 9, 20))
    alone = read(online)
    assert (alone.published, alone.published_on) == ("2018 Sep 20", date(2018, 9, 20))


def test_the_records_own_dates_are_its_history_and_revision() -> None:
    moment = '<PubMedPubDate PubStatus="{}"><Year>{}</Year><Month>{}</Month><Day>{}</Day>'
    moment += "<Hour>6</Hour></PubMedPubDate>"
    article = read(
        citation="<DateRevised><Year>2026</Year><Month>11</Month><Day>02</Day></DateRevised>",
        data="<History>"
        + moment.format("received", 2020, 1, 1)
        + moment.format("pubmed", 2019, 12, 2)
        + moment.format("entrez", 2020, 12, 28)
        + "</History>",
    )
    assert article.created_on == date(2020, 12, 28)
    assert article.entered_on == date(2019, 12, 2)
    assert article.revised_on == date(2026, 11, 2)


def test_a_record_without_history_has_the_date_of_its_creation() -> None:
    article = read(citation="<DateCreated><Year>1999</Year><Month>02</Month></DateCreated>")
    assert article.created_on == date(1999, 2, 1)


# ---- indexing, identifiers, links ----------------------------------------------------------------


def test_a_heading_is_major_where_it_or_a_qualifier_is() -> None:
    article = read(
        citation="<MeshHeadingList>"
        '<MeshHeading><DescriptorName MajorTopicYN="N">Mucinoses</DescriptorName>'
        '<QualifierName MajorTopicYN="N">pathology</QualifierName>'
        '<QualifierName MajorTopicYN="Y">drug therapy</QualifierName></MeshHeading>'
        '<MeshHeading><DescriptorName MajorTopicYN="Y">Skin</DescriptorName></MeshHeading>'
        "<MeshHeading><DescriptorName>Humans</DescriptorName></MeshHeading></MeshHeadingList>"
        '<SupplMeshList><SupplMeshName Type="Protocol">VAD protocol</SupplMeshName></SupplMeshList>'
    )
    assert article.mesh == (
        MeshHeading("Mucinoses", ("pathology", "drug therapy"), major=True),
        MeshHeading("Skin", (), major=True),
        MeshHeading("Humans"),
        MeshHeading("VAD protocol"),
    )


def test_chemicals_keywords_and_publication_types_are_read_whole() -> None:
    article = read(
        "<PublicationTypeList><PublicationType>Case Reports</PublicationType>"
        "<PublicationType>Letter</PublicationType></PublicationTypeList>",
        "<ChemicalList><Chemical><RegistryNumber>0</RegistryNumber>"
        "<NameOfSubstance>Immunoglobulins, Intravenous</NameOfSubstance></Chemical></ChemicalList>"
        '<KeywordList Owner="NOTNLM"><Keyword>one</Keyword><Keyword>T<sub>2</sub></Keyword>'
        '</KeywordList><KeywordList Owner="KIE"><Keyword>three</Keyword></KeywordList>',
    )
    assert article.publication_types == ("Case Reports", "Letter")
    assert article.chemicals == ("Immunoglobulins, Intravenous",)
    assert article.keywords == ("one", "T2", "three")
    assert article.status == "MEDLINE"


def test_a_preprint_says_so_in_its_publication_type() -> None:
    types = "<PublicationTypeList><PublicationType>Preprint</PublicationType></PublicationTypeList>"
    assert read(types).kind == "preprint"
    assert read().kind == "article"


CITED = (
    "<ReferenceList><Reference><ArticleIdList><ArticleId IdType='doi'>10.1/cited</ArticleId>"
    "<ArticleId IdType='pmc'>PMC9</ArticleId></ArticleIdList></Reference>"
    "<ReferenceList><Reference/></ReferenceList></ReferenceList>"
)


def test_the_doi_is_the_papers_own_and_never_a_cited_one() -> None:
    location = '<ELocationID EIdType="pii" ValidYN="Y">S1</ELocationID>'
    location += '<ELocationID EIdType="doi" ValidYN="N">10.1/wrong</ELocationID>'
    location += '<ELocationID EIdType="doi" ValidYN="Y">10.1/electronic</ELocationID>'
    own = '<ArticleIdList><ArticleId IdType="pmc">PMC7</ArticleId>'
    own += '<ArticleId IdType="doi">10.1/own</ArticleId></ArticleIdList>'
    assert read(location, data=own + CITED).doi == "10.1/own"
    assert read(location, data=own + CITED).pmcid == "PMC7"
    assert read(location, data=CITED).doi == "10.1/electronic"
    assert (read(data=CITED).doi, read(data=CITED).pmcid) == ("", "")
    pii_last = location + '<ELocationID EIdType="pii" ValidYN="Y">S2</ELocationID>'
    assert read(pii_last).doi == "10.1/electronic"
    inside = "<ArticleIdList></ArticleIdList><Wrap>" + CITED.replace("ReferenceList", "Refs")
    assert read(data=inside + "</Wrap>").doi == ""


def test_the_pmc_number_is_the_records_own_and_not_that_of_its_embargo() -> None:
    article = read(
        citation='<OtherID Source="NLM">PMC7 [Available on 09/01/26]</OtherID>',
        data='<ArticleIdList><ArticleId IdType="pmc">PMC7</ArticleId></ArticleIdList>',
    )
    assert article.pmcid == "PMC7"


def link(kind: str, rest: str) -> str:
    return f'<CommentsCorrections RefType="{kind}">{rest}</CommentsCorrections>'


def test_corrections_keep_their_kind_with_or_without_a_pmid() -> None:
    source = "<RefSource>Skin. 2020;1:2</RefSource>"
    article = read(
        citation="<CommentsCorrectionsList>"
        + link("RetractionIn", source + '<PMID Version="1">00042</PMID>')
        + link("ErratumIn", source)
        + link("SomethingNewIn", "")
        + link("Cites", source + "<PMID>7</PMID>")
        + "</CommentsCorrectionsList>"
    )
    assert article.corrections == (
        Correction("RetractionIn", "pubmed:42", "Skin. 2020;1:2"),
        Correction("ErratumIn", "", "Skin. 2020;1:2"),
        Correction("SomethingNewIn"),
    )
    assert article.is_retracted


def test_a_notice_of_retraction_is_not_itself_retracted() -> None:
    types = "<PublicationType>Retraction of Publication</PublicationType>"
    links = link("RetractionOf", "<PMID>7</PMID>")
    notice = read(
        f"<PublicationTypeList>{types}</PublicationTypeList>",
        f"<CommentsCorrectionsList>{links}</CommentsCorrectionsList>",
    )
    assert notice.corrections == (Correction("RetractionOf", "pubmed:7"),)
    assert not notice.is_retracted


def test_the_uid_has_no_leading_zeros_and_the_version_is_a_number() -> None:
    xml = record(pmid="00012").replace(b'Version="1"', b'Version="2"')
    assert (parse_record(xml).uid, parse_record(xml).version) == ("pubmed:12", 2)
    assert parse_record(record().replace(b'Version="1"', b'Version="x"')).version == 1


def test_of_two_pmids_which_no_dtd_allows_the_first_is_the_records() -> None:
    second = b'<PMID Version="1">1</PMID><PMID Version="2">99</PMID>'
    xml = record().replace(b'<PMID Version="1">1</PMID>', second)
    assert (parse_record(xml).uid, parse_record(xml).version) == ("pubmed:1", 1)


def test_a_record_with_hardly_anything_is_read() -> None:
    xml = (
        b"<PubmedArticle new='1'><MedlineCitation><PMID>5</PMID></MedlineCitation></PubmedArticle>"
    )
    assert parse_record(xml) == Article("pubmed:5")


# ---- books ---------------------------------------------------------------------------------------

BOOK = """<PubmedBookArticle><BookDocument><PMID Version="3">29</PMID>
<ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId>
<ArticleId IdType="doi">10.1/book</ArticleId></ArticleIdList>
<Book><Publisher><PublisherName>A Press</PublisherName></Publisher>
<BookTitle book="x">The <i>Whole</i></BookTitle><PubDate><Year>2002</Year></PubDate>
<AuthorList Type="editors"><Author><LastName>Editor</LastName></Author></AuthorList></Book>
{chapter}
<Language>eng</Language><PublicationType>Review</PublicationType>
<Abstract><AbstractText Label="Aim">Told.</AbstractText></Abstract>
<KeywordList><Keyword>skin</Keyword></KeywordList></BookDocument>
<PubmedBookData><History><PubMedPubDate PubStatus="entrez"><Year>2018</Year><Month>9</Month>
<Day>19</Day></PubMedPubDate></History></PubmedBookData></PubmedBookArticle>"""


def test_a_chapter_names_its_book() -> None:
    chapter = """<ArticleTitle>The Chapter</ArticleTitle>
    <AuthorList Type="authors"><Author><LastName>Writer</LastName></Author></AuthorList>
    <ContributionDate><Year>2018</Year><Month>9</Month><Day>14</Day></ContributionDate>"""
    assert parse_record(BOOK.format(chapter=chapter).encode()) == Article(
        uid="pubmed:29",
        kind="book",
        version=3,
        title="The Chapter",
        abstract=(AbstractSection("Aim", "Told."),),
        authors=(Author("Writer"),),
        book_title="The Whole",
        publisher="A Press",
        published="2018 Sep 14",
        published_on=date(2018, 9, 14),
        created_on=date(2018, 9, 19),
        languages=("eng",),
        publication_types=("Review",),
        keywords=("skin",),
        doi="10.1/book",
    )


def test_a_whole_book_is_known_by_its_own_title_and_editors() -> None:
    book = parse_record(BOOK.format(chapter="").encode())
    assert (book.title, book.book_title) == ("The Whole", "The Whole")
    assert book.authors == (Author("Editor"),)
    assert (book.published, book.published_on) == ("2002", date(2002, 1, 1))


# ---- whole answers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "uid"),
    [
        (record("<ArticleTitle>a\x01b</ArticleTitle>", pmid="02"), "pubmed:2"),
        (record("<ArticleTitle>a&#2;b</ArticleTitle>", pmid="2"), "pubmed:2"),
        (record("<ArticleTitle>~</ArticleTitle>", pmid="2").replace(b"~", b"\xff"), "pubmed:2"),
        (record("<ArticleTitle><i>a</ArticleTitle>", pmid="2"), "pubmed:2"),
        (record("<ArticleTitle>&unknown;</ArticleTitle>", pmid="2"), "pubmed:2"),
        (record(pmid="2")[: -len("</PubmedArticle>")], "pubmed:2"),
        (record(pmid="x"), ""),
        (record(pmid="0"), ""),
        (b"<PubmedArticle>wrong format</PubmedArticle>", ""),
        (b"<PubmedArticle/>", ""),
    ],
)
def test_a_broken_record_breaks_alone_and_is_named(broken: bytes, uid: str) -> None:
    parsed = parse(answer(record(pmid="1"), broken, record(pmid="3")))
    assert [article.uid for article in parsed.articles] == ["pubmed:1", "pubmed:3"]
    ((named, reason),) = parsed.malformed
    assert named == uid
    assert reason.startswith("the record ")
    assert "\n" not in reason


def test_a_broken_record_is_never_named_after_a_paper_it_mentions() -> None:
    xml = record(citation="<CommentsCorrectionsList><PMID>7</PMID></CommentsCorrectionsList>\x01")
    with pytest.raises(MalformedRecord) as caught:
        parse_record(xml.replace(b'<PMID Version="1">1</PMID>', b""))
    assert caught.value.uid == ""


def test_a_broken_reference_does_not_break_the_record() -> None:
    parsed = parse(answer(record(data=CITED.replace("10.1/cited", "\x01"))))
    assert [article.uid for article in parsed.articles] == ["pubmed:1"]


def test_deletions_are_told_by_uid() -> None:
    deletions = b'<DeleteCitation><PMID Version="1">007</PMID>\n<PMID>8</PMID></DeleteCitation>'
    parsed = parse(answer(record(), deletions))
    assert parsed == Parsed((parse_record(record()),), (), ("pubmed:7", "pubmed:8"))


def test_an_empty_set_is_no_articles() -> None:
    assert parse(answer()) == Parsed(())


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-8", "utf-8-sig"])
def test_an_answer_is_read_in_the_encoding_it_declares(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + answer(
        record("<ArticleTitle>Skleromyxödem</ArticleTitle>")
    ).decode("utf-8")
    (article,) = parse(text.encode(encoding)).articles
    assert article.title == "Skleromyxödem"


def test_bytes_that_the_encoding_does_not_know_break_one_record() -> None:
    good = record("<ArticleTitle>good</ArticleTitle>", pmid="3")
    bad = record("<ArticleTitle>b\xe4d</ArticleTitle>", pmid="2")
    parsed = parse(b'<?xml version="1.0" encoding="us-ascii"?>' + answer(bad, good))
    assert [article.title for article in parsed.articles] == ["good"]
    assert [uid for uid, _ in parsed.malformed] == ["pubmed:2"]


def test_entities_that_a_document_declares_are_refused_and_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2", encoding="utf-8")
    bomb = f'<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    body = record("<ArticleTitle>&x;</ArticleTitle>")
    with pytest.raises(SourceError, match="refused"):
        parse(bomb + answer(body))
    with pytest.raises(MalformedRecord) as caught:
        parse_record(bomb + body)
    assert "hunter2" not in str(caught.value)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_no_bytes_in_a_record_disturb_its_neighbours(noise: bytes, place: int) -> None:
    body = record("<ArticleTitle>a title of some length</ArticleTitle>", pmid="2")
    noisy = body[:place] + noise.replace(b"<", b"").replace(b">", b"") + body[place:]
    parsed = parse(answer(record(pmid="1"), noisy, record(pmid="3")))
    uids = [article.uid for article in parsed.articles]
    assert (uids[0], uids[-1]) == ("pubmed:1", "pubmed:3")
    assert len(parsed.articles) + len(parsed.malformed) in {2, 3}


# ---- real records, where they are ----------------------------------------------------------------

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared/data is not beside this checkout"
)


@needs_shared
def test_every_real_record_is_read_and_agrees_with_another_parser() -> None:
    with gzip.open(SHARED / "pubmed_xml" / "dev.xml.gz") as file:
        parsed = parse(file.read())
    assert parsed.malformed == ()
    articles = {article.uid: article for article in parsed.articles}
    assert len(articles) == len(parsed.articles) == 777
    assert sum(article.kind == "book" for article in parsed.articles) == 11
    assert all(article.published_on for article in parsed.articles)
    lines = (SHARED / "peer_outputs" / "biopython_dev.jsonl").read_text(encoding="utf-8")
    for peer in map(json.loads, lines.splitlines()):
        article = articles[f"pubmed:{peer['pmid']}"]
        if article.kind == "book":
            continue
        assert list(article.publication_types) == peer["pubtypes"]
        assert len(article.abstract) == len(peer["abstract"])
        headings = [heading.text for heading in article.mesh]
        assert headings[: len(peer["mesh"])] == peer["mesh"]
        links = [[link.kind, link.uid.removeprefix("pubmed:")] for link in article.corrections]
        assert links == [link for link in peer["cc"] if link[0] != "Cites"]
        assert article.doi == dict(peer["ids"]).get("doi", article.doi)
        assert bool(article.title) == bool(peer["title"])


@needs_shared
@pytest.mark.parametrize("folder", ["zotero", "jabref", "synthetic"])
def test_odd_shapes_of_other_projects_are_read(folder: str) -> None:
    for path in sorted((SHARED / "pubmed_xml" / folder).rglob("*.xml")):
        xml = path.read_bytes()
        if b"<PubmedArticle>" in xml or b"<PubmedBookArticle>" in xml:
            parsed = parse(xml)
            count = xml.count(b"<PubmedArticle>") + xml.count(b"<PubmedBookArticle>")
            assert len(parsed.articles) + len(parsed.malformed) == count, path.name
            broken = path.name in {
                "MedlineImporterTestMalformedEntry.xml",
                "MedlineImporterTestMinimalEntry.xml",
            }
            assert bool(parsed.malformed) is broken, path.name
