"""EInfo, ESpell and ECitMatch, the text formats of EFetch, and the document types."""

import io
from datetime import UTC, datetime
from pathlib import Path

import Bio.Entrez
import Bio.Medline
import pytest
import requests
from lxml import etree

from litwatch.demo import records
from litwatch.demo.fields import FIELDS
from litwatch.demo.library import Library

DTDS = Path(Bio.Entrez.__file__).parent / "DTDs"
"""NLM's own document types, which Biopython carries."""


@pytest.fixture(scope="module")
def samples() -> Library:
    return Library(records.load())


# ---- EInfo --------------------------------------------------------------------------------------


def test_einfo_counts_the_records_that_exist_at_the_moment(serve, call, samples, clock, text):
    served = serve(samples)
    count = int(text(call(served, "einfo"), "DbInfo/Count"))
    clock.now = datetime(2026, 11, 16, 12, tzinfo=UTC)

    assert count == len(samples.at(datetime(2026, 11, 2, 6, 30, tzinfo=UTC)).current)
    assert int(text(call(served, "einfo"), "DbInfo/Count")) == len(samples.at(clock.now).current)


@pytest.mark.parametrize(
    ("moment", "stamp"),
    [
        (datetime(2026, 11, 2, 11, 32, tzinfo=UTC), "2026/11/01 06:33"),
        (datetime(2026, 11, 2, 11, 33, tzinfo=UTC), "2026/11/02 06:33"),
        (datetime(2026, 7, 2, 10, 32, tzinfo=UTC), "2026/07/01 06:33"),
        (datetime(2026, 7, 2, 10, 33, tzinfo=UTC), "2026/07/02 06:33"),
    ],
)
def test_the_index_is_built_once_a_day_by_the_time_of_bethesda(
    serve, call, quartet, clock, text, moment, stamp
):
    clock.now = moment
    reply = call(serve(quartet), "einfo")
    build = "Build-" + stamp.replace("/", ".").replace(" ", ".").replace(":", ".")

    assert text(reply, "DbInfo/LastUpdate") == stamp
    assert text(reply, "DbInfo/DbBuild") == build


def test_einfo_is_valid_by_nlms_document_type(serve, call, quartet):
    nlm = etree.DTD(str(DTDS / "einfo.dtd"))
    served = serve(quartet)

    for params in ({}, {"db": ""}):
        root = etree.fromstring(call(served, "einfo", params).content)
        assert nlm.validate(root), nlm.error_log


def test_einfo_names_every_field_that_can_be_searched(serve, call, quartet):
    served = serve(quartet)
    root = etree.fromstring(call(served, "einfo").content)
    dates = [
        field.findtext("Name")
        for field in root.iter("Field")
        if field.findtext("IsDate") == "Y" and field.findtext("IsHidden") == "N"
    ]

    assert {each.text for each in root.iterfind("DbInfo/FieldList/Field/Name")} == {
        field.code for field in FIELDS.values()
    }
    assert dates == ["CRDT", "EDAT", "MHDA", "MDAT", "CDAT", "PDAT"]
    assert all(each.text for each in root.iter("Description"))
    assert "IsTruncatable" not in call(served, "einfo").text
    assert "IsTruncatable" in call(served, "einfo", version="2.0").text


def test_einfo_says_the_same_in_json(serve, call, quartet):
    served = serve(quartet)
    (database,) = call(served, "einfo", retmode="json").json()["einforesult"]["dbinfo"]
    listed = call(served, "einfo", db="", retmode="json").json()
    wrong = call(served, "einfo", db="nothing", retmode="json").json()

    assert database["dbname"] == "pubmed"
    assert database["count"] == "4"
    assert database["fieldlist"][0]["name"] == "ALL"
    assert database["linklist"][0]["dbto"] == "pubmed"
    assert listed == {
        "header": {"type": "einfo", "version": "0.3"},
        "einforesult": {"dblist": ["pubmed"]},
    }
    assert wrong["einforesult"] == {"ERROR": "Invalid db name specified: nothing"}


# ---- ESpell -------------------------------------------------------------------------------------


def test_a_misspelt_word_is_corrected_and_a_good_reply_holds_an_empty_error(serve, call, quartet):
    reply = call(serve(quartet), "espell", term="scleromyxedma OR myxedeema in autumn")
    root = etree.fromstring(reply.content)
    nlm = etree.DTD(str(DTDS / "eSpell.dtd"))

    assert nlm.validate(root), nlm.error_log
    assert root.findtext("CorrectedQuery") == "scleromyxedema or myxedema in autumn"
    assert [(each.tag, each.text or "") for each in root.find("SpelledQuery")] == [
        ("Original", ""),
        ("Replaced", "scleromyxedema"),
        ("Original", " OR "),
        ("Replaced", "myxedema"),
        ("Original", " in autumn"),
    ]
    assert root.find("ERROR") is not None
    assert not root.findtext("ERROR")


@pytest.mark.parametrize("term", ["scleromyxedema", "the and of", "qqqqqq", "", "12/34 & <x>"])
def test_what_needs_no_correction_has_none(serve, call, quartet, term, text):
    reply = call(serve(quartet), "espell", term=term)

    assert text(reply, "Query") == term
    assert text(reply, "CorrectedQuery") == ""
    assert text(reply, "SpelledQuery") == ""


# ---- ECitMatch ----------------------------------------------------------------------------------


def _match(served, data: str) -> requests.Response:
    url = f"{served.base_url}ecitmatch.cgi"
    params = {"db": "pubmed", "rettype": "xml", "bdata": data}
    return requests.post(url, data=params, timeout=5)


def test_a_citation_leads_to_its_pmid_to_nothing_or_to_too_many(serve, shelf):
    served = serve(shelf)
    reply = _match(
        served,
        "sample cutan|2026|7||probst a|one|\r"
        "no such journal|1999||||two|\r"
        "Arch Sample Dermatol|||||three|",
    )

    assert reply.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert reply.text.splitlines() == [
        "sample cutan|2026|7||probst a|one|2",
        "no such journal|1999||||two|NOT_FOUND",
        "Arch Sample Dermatol|||||three|AMBIGUOUS 8 citations",
    ]


@pytest.mark.parametrize(
    ("citation", "answer"),
    [
        ("Synth J Photomed|2026|28|233|Nobody N", "NOT_FOUND"),
        ("Synth J Photomed|2026|28|233|Jorngaard M", "99026111"),
        ("Synth J Photomed|2026|28|23|", "NOT_FOUND"),
        ("Synth J Photomed|2025|28|233|", "NOT_FOUND"),
        ("|||||", "NOT_FOUND"),
    ],
)
def test_every_part_that_is_given_must_fit(serve, samples, clock, citation, answer):
    clock.now = datetime(2026, 11, 16, tzinfo=UTC)
    parts = [*citation.split("|"), "", "", "", ""][:5]
    line = "|".join((*parts, "key"))

    assert _match(serve(samples), f"{line}|").text == f"{line}|{answer}\n"


# ---- EFetch's texts -----------------------------------------------------------------------------


def test_medline_text_is_read_by_biopython_record_for_record(serve, call, samples):
    uids = ["99006021", "99013041", "1", "99018051"]
    reply = call(serve(samples), "efetch", id=",".join(uids), rettype="medline", retmode="text")
    read = list(Bio.Medline.parse(io.StringIO(reply.text)))
    from_xml = etree.fromstring(
        call(serve(samples), "efetch", id=",".join(uids), retmode="xml").content
    )

    assert reply.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert [record["PMID"] for record in read] == [uid for uid in uids if uid != "1"]
    for record, element in zip(read, from_xml, strict=True):
        title = " ".join("".join(element.find(".//ArticleTitle").itertext()).split())
        assert " ".join(record["TI"].split()) == title
        names = [name.text for name in element.iterfind(".//AuthorList/Author/LastName")]
        assert [name.split(",")[0] for name in record["FAU"]] == names
        assert record["MH"][0].lstrip("*").split("/")[0] == element.findtext(".//DescriptorName")


def test_medline_text_holds_links_dates_and_identifiers_under_their_tags(
    serve, call, samples, clock
):
    clock.now = datetime(2026, 11, 16, tzinfo=UTC)
    served = serve(samples)
    ids = "99026114,99026122,99026113"
    reply = call(served, "efetch", id=ids, rettype="medline", retmode="text")
    retracted, notice, german = Bio.Medline.parse(io.StringIO(reply.text))

    assert "Retracted Publication" in retracted["PT"]
    assert "99026122" in "".join(retracted["RIN"])
    assert "99026114" in "".join(notice["ROF"])
    assert german["TT"].startswith("Retikuläre erythematöse Muzinose")
    assert german["CRDT"] == ["2026/11/06 06:00"]
    assert german["MHDA"] == "2026/11/08 06:00"
    assert german["AID"] == ["10.5555/szh.2026.902 [doi]"]
    assert german["SO"].startswith("Synth Z Hautkr. 2026 Nov;77(11):902-6")


def test_every_sample_record_can_be_told_in_every_text(serve, call, samples):
    uids = ",".join(records.load())
    served = serve(samples)
    alive = len(samples.at(datetime(2026, 11, 2, 6, 30, tzinfo=UTC)).current)
    medline = call(served, "efetch", id=uids, rettype="medline", retmode="text").text
    printed = call(served, "efetch", id=uids, rettype="abstract", retmode="text").text

    assert len(list(Bio.Medline.parse(io.StringIO(medline)))) == alive
    assert max(map(len, medline.splitlines())) < 200
    assert printed.count("\nPMID: ") == alive
    assert f"\n{alive}. " in printed


def test_an_abstract_is_printed_with_its_source_and_doi(serve, call, library, record):
    served = serve(
        library(record(11, "Papules.", abstract="Of the skin.", doi="10.5555/one", printed="2026"))
    )
    reply = call(served, "efetch", id="11", rettype="abstract", retmode="text")

    assert reply.text == (
        "1. Arch Sample Dermatol. 2026;7. doi: 10.5555/one.\n\nPapules.\n\nProbst A.\n\n"
        "Of the skin.\n\nDOI: 10.5555/one\n\nPMID: 11 [Indexed for MEDLINE]\n"
    )


# ---- document types -----------------------------------------------------------------------------


def _document_type(served, path: str) -> requests.Response:
    return requests.get(served.base_url.removesuffix("/entrez/eutils/") + path, timeout=5)


@pytest.mark.parametrize("year", ["250101", "270101"])
def test_the_document_type_of_any_year_declares_whatever_the_records_hold(
    serve, call, samples, year
):
    served = serve(samples)
    reply = _document_type(served, f"/ncbi/pubmed/out/pubmed_{year}.dtd")
    declared = etree.DTD(io.StringIO(reply.text))
    fetched = etree.fromstring(call(served, "efetch", id=",".join(records.load())).content)

    assert reply.headers["Content-Type"] == "application/xml-dtd"
    assert declared.validate(fetched), declared.error_log
    fetched[0].append(etree.Element("NewThing"))
    assert not declared.validate(fetched)


@pytest.mark.parametrize(
    ("endpoint", "params"),
    [
        ("esearch", {"term": "myxedema xyzzy[ti] x[nofield]", "usehistory": "y"}),
        ("esearch", {"term": "myxedema", "rettype": "count"}),
        ("esearch", {"term": ""}),
        ("epost", {"id": "1,x"}),
        ("efetch", {"id": "0"}),
        ("esummary", {"id": "101,1"}),
        ("elink", {"id": ["101", "1"], "cmd": "neighbor_score"}),
        ("elink", {"id": "101", "cmd": "neighbor_history"}),
        ("elink", {"id": "101", "cmd": "acheck"}),
        ("einfo", {"version": "2.0"}),
    ],
)
def test_the_document_type_that_a_reply_names_is_served_and_holds(
    serve, call, quartet, endpoint, params
):
    served = serve(quartet)
    reply = call(served, endpoint, params)
    named = reply.text.partition("https://eutils.ncbi.nlm.nih.gov")[2].partition('"')[0]
    declared = etree.DTD(io.StringIO(_document_type(served, named).text))

    assert declared.validate(etree.fromstring(reply.content)), declared.error_log


def test_an_unknown_document_type_is_not_found_and_a_known_one_may_be_broken(serve, quartet):
    served = serve(quartet)
    missing = _document_type(served, "/eutils/dtd/20060628/nothing.dtd")
    served.fail("dtd", "maintenance")
    broken = _document_type(served, "/ncbi/pubmed/out/pubmed_270101.dtd")

    assert missing.status_code == 404
    assert (broken.status_code, "unavailable due to maintenance" in broken.text) == (200, True)
    assert [request.endpoint for request in served.log] == ["dtd", "dtd"]
    assert served.log[1].path == "/ncbi/pubmed/out/pubmed_270101.dtd"


def test_a_document_type_counts_for_no_limit_and_needs_no_key(serve, call, quartet):
    served = serve(quartet, rate_limit=True, monotonic=lambda: 0.0)
    codes = [
        _document_type(served, "/ncbi/pubmed/out/pubmed_250101.dtd").status_code for _ in range(5)
    ]

    assert codes == [200] * 5
    assert call(served, "esearch", term="myxedema").status_code == 200
