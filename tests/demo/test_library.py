"""The records at a virtual time, and what a search can see of each."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from litwatch.demo.document import read
from litwatch.demo.library import Library, Revision

FIRST = datetime(2026, 9, 1, tzinfo=UTC)


def test_a_record_does_not_exist_before_its_first_revision(record):
    library = Library({"11": [Revision(FIRST, record(11, "Papules"))]})

    assert library.at(FIRST - timedelta(seconds=1)).xml("11") is None
    assert library.at(FIRST).xml("11") == record(11, "Papules")


def test_the_newest_revision_holds(record):
    old, new = record(11, "Papules"), record(11, "Papules, corrected")
    library = Library({"11": [Revision(FIRST + timedelta(days=9), new), Revision(FIRST, old)]})

    assert library.at(FIRST + timedelta(days=8)).xml("11") == old
    assert library.at(FIRST + timedelta(days=9)).xml("11") == new


def test_a_withdrawn_record_is_gone_and_may_come_back(record):
    xml = record(11, "Papules")
    library = Library(
        {
            "11": [
                Revision(FIRST, xml),
                Revision(FIRST + timedelta(days=1), b"", withdrawn=True),
                Revision(FIRST + timedelta(days=2), xml),
            ]
        }
    )
    states = [library.at(FIRST + timedelta(days=day)).xml("11") for day in (0, 1, 2)]

    assert states == [xml, None, xml]
    assert library.at(FIRST + timedelta(days=1)).alive == frozenset()


def test_a_bare_date_holds_from_midnight_utc(record):
    library = Library({"11": [Revision(date(2026, 9, 1), record(11, "Papules"))]})

    assert library.at(datetime(2026, 8, 31, 23, 59, tzinfo=UTC)).xml("11") is None
    assert library.at(datetime(2026, 9, 1, tzinfo=UTC)).xml("11") is not None


def test_a_snapshot_is_made_once_for_as_long_as_nothing_changes(record):
    library = Library({"11": [Revision(FIRST, record(11, "Papules"))]})

    assert library.at(FIRST) is library.at(FIRST + timedelta(days=300))
    assert library.at(FIRST) is not library.at(FIRST - timedelta(days=1))


def test_a_search_sees_only_the_revision_that_holds(record, found):
    library = Library(
        {
            "11": [
                Revision(FIRST, record(11, "Papules")),
                Revision(FIRST + timedelta(days=1), record(11, "Nodules")),
            ],
            "12": [Revision(FIRST + timedelta(days=900), record(12, "Nodules to come"))],
        }
    )

    assert found(library, "papules[ti]") == set()
    assert found(library, "nodules[ti]") == {11}


def test_each_field_is_read_from_its_element(record):
    document = read(
        "11",
        record(
            11,
            "Buschke's scleroedema",
            abstract="Five women.",
            other_abstract="Cinco mujeres",
            keywords=("paraprotein",),
            vernacular="Skleromyxödem",
            mesh=("*Scleromyxedema/drug therapy", "Humans"),
            types=("Case Reports",),
            doi="10.5555/ABC.1",
        ),
    )

    assert document.words["TITL"] == " buschke s scleroedema "
    assert document.words["TIAB"] == (
        " buschke s scleroedema | five women | cinco mujeres | paraprotein "
    )
    assert document.words["TT"] == " skleromyxodem "
    assert document.items["MESH"] == {"scleromyxedema", "scleromyxedema/drug therapy", "humans"}
    assert document.items["MAJR"] == {"scleromyxedema"}
    assert document.items["PTYP"] == {"case reports"}
    assert document.items["LANG"] == {"eng", "english"}
    assert document.items["AUTH"] == {"probst a"}
    assert document.items["AID"] == {"10.5555/abc.1"}
    assert document.journal == "Arch Sample Dermatol"


def test_the_doi_of_a_cited_paper_is_not_the_papers_own(record):
    document = read("11", record(11, "Papules", doi="10.5555/own", cited_doi="10.5555/cited"))

    assert document.items["AID"] == {"10.5555/own"}


def test_text_in_markup_is_read_whole(record):
    document = read("11", record(11, "", title_xml="<i>TP53</i> in <b>papular</b> mucinosis"))

    assert document.words["TITL"] == " tp53 in papular mucinosis "


def test_each_date_is_read_from_its_element(record):
    dates = read(
        "11",
        record(
            11,
            "Papules",
            created="2026/09/01",
            entered="2024/02/03",
            revised="2026/10/05",
            printed="2026",
            electronic="2026/08/30",
        ),
    ).dates

    assert dates["CRDT"] == (date(2026, 9, 1),)
    assert dates["EDAT"] == (date(2024, 2, 3),)
    assert dates["MDAT"] == (date(2026, 10, 5),)
    assert dates["PDAT"] == (date(2026, 1, 1), date(2026, 8, 30))


def test_the_mesh_date_is_the_entry_date_until_a_record_is_indexed(record):
    new = read("11", record(11, "Papules", entered="2026/09/01"))
    indexed = read("11", record(11, "Papules", entered="2026/09/01", indexed="2026/10/09"))

    assert new.dates["MHDA"] == (date(2026, 9, 1),)
    assert indexed.dates["MHDA"] == (date(2026, 10, 9),)


def test_loose_publication_dates_have_a_day(record):
    def printed(inner: str) -> tuple[date, ...]:
        xml = record(11, "Papules", printed="2026").replace(
            b"<PubDate><Year>2026</Year></PubDate>", f"<PubDate>{inner}</PubDate>".encode()
        )
        return read("11", xml).dates["PPDT"]

    assert printed("<MedlineDate>2018 Nov-Dec</MedlineDate>") == (date(2018, 11, 1),)
    assert printed("<MedlineDate>Winter 1998-1999</MedlineDate>") == (date(1998, 1, 1),)
    assert printed("<Year>2019</Year><Season>Fall</Season>") == (date(2019, 10, 1),)
    assert printed("<Year>2019</Year><Month>02</Month><Day>31</Day>") == (date(2019, 2, 1),)
    assert printed("<MedlineDate>undated</MedlineDate>") == ()


def test_a_book_has_a_title_and_a_date():
    xml = b"""<PubmedBookArticle><BookDocument><PMID Version="1">21</PMID><Book>
        <BookTitle>A sample handbook</BookTitle><PubDate><Year>2015</Year></PubDate></Book>
        <ArticleTitle>Mucinoses of the skin</ArticleTitle><Language>eng</Language>
        </BookDocument><PubmedBookData><History><PubMedPubDate PubStatus="entrez"><Year>2015</Year>
        <Month>9</Month><Day>1</Day></PubMedPubDate></History></PubmedBookData>
        </PubmedBookArticle>"""
    document = read("21", xml)

    assert document.words["TITL"] == " mucinoses of the skin | a sample handbook "
    assert document.dates["CRDT"] == (date(2015, 9, 1),)
    assert "books" in document.items["FILT"]


def test_a_record_that_cannot_be_read_is_found_by_its_number_alone(library, found):
    broken = Library({"31": [Revision(date(2026, 1, 1), b"no XML at all")]})

    assert found(broken, "31[uid]") == {31}
    assert found(broken, "xml[all]") == set()


def test_filters_follow_status_abstract_and_links(record, library, found):
    shelf = library(
        record(11, "One", status="Publisher"),
        record(12, "Two", abstract="Text.", links=("RetractionIn",)),
    )

    assert found(shelf, "publisher[sb]") == {11}
    assert found(shelf, "medline[filter]") == {12}
    assert found(shelf, "hasabstract[sb]") == {12}
    assert found(shelf, "hasretractionin[sb]") == {12}
    assert found(shelf, "hasretractionin") == {12}


def test_real_records_of_every_age_are_read():
    """Beside the repository lie real records; where they are absent this is skipped."""
    path = Path(__file__).parents[3] / "shared" / "data" / "pubmed_xml" / "dev.xml.gz"
    if not path.exists():
        pytest.skip("../shared/data is not there")
    root = etree.fromstring(gzip.decompress(path.read_bytes()))
    records = [entry for entry in root if entry.tag in ("PubmedArticle", "PubmedBookArticle")]
    documents = [read(str(entry.findtext(".//PMID")), etree.tostring(entry)) for entry in records]

    assert len(documents) > 700
    assert [document for document in documents if not document.dates["PDAT"]] == []
    assert sum(not document.dates["CRDT"] for document in documents) <= 1
    dois = [{x for x in document.items["AID"] if x.startswith("10.")} for document in documents]
    assert max(map(len, dois)) <= 2
