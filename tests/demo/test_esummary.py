"""ESummary: three forms of a summary, and what each says of a record that is not there."""

from datetime import timedelta
from pathlib import Path

import Bio.Entrez
import pytest
from lxml import etree

from litwatch.demo import records
from litwatch.demo.calls import Options
from litwatch.demo.library import Library, Revision

NLM = etree.DTD(str(Path(Bio.Entrez.__file__).parent / "DTDs" / "esummary-v1.dtd"))
"""NLM's own document type of version 1, which Biopython carries."""
ITEMS = (
    "PubDate EPubDate Source AuthorList LastAuthor Title Volume Issue Pages LangList NlmUniqueID"
    " ISSN ESSN PubTypeList RecordStatus PubStatus ArticleIds History References HasAbstract"
    " PmcRefCount FullJournalName ELocationID SO"
)
"""The items of a recorded summary, in their order."""


@pytest.fixture(scope="module")
def samples() -> Library:
    return Library(records.load())


@pytest.fixture
def paper(record) -> bytes:
    return record(
        11,
        "Papules & nodules",
        abstract="Of the skin.",
        authors=("Probst,Anna,A", "Altman,Russ B,RB"),
        created="2026/09/01",
        entered="2024/05/06",
        printed="2026/08/09",
        electronic="2026/07/30",
        types=("Case Reports", "Journal Article"),
        doi="10.5555/one",
        status="MEDLINE",
    )


def items(reply) -> dict[str, str | list[str]]:
    """The items of the first summary of version 1; lists by their members' texts."""
    summary = etree.fromstring(reply.content).find("DocSum")
    assert summary is not None
    return {
        item.get("Name"): [child.text or "" for child in item]
        if item.get("Type") == "List"
        else item.text or ""
        for item in summary.iterfind("Item")
    }


# ---- version 1 ----------------------------------------------------------------------------------


def test_version_1_tells_a_record_in_the_recorded_items(serve, call, library, paper):
    told = items(call(serve(library(paper)), "esummary", id="11"))

    assert " ".join(told) == ITEMS
    assert told["PubDate"] == "2026 08 9"
    assert told["EPubDate"] == "2026 Jul 30"
    assert told["Source"] == "Arch Sample Dermatol"
    assert told["AuthorList"] == ["Probst A", "Altman RB"]
    assert told["LastAuthor"] == "Altman RB"
    assert told["Title"] == "Papules & nodules"
    assert told["LangList"] == ["English"]
    assert told["PubTypeList"] == ["Case Reports", "Journal Article"]
    assert told["RecordStatus"] == "PubMed - indexed for MEDLINE"
    assert told["History"] == ["2024/05/06 00:00", "2026/09/01 00:00"]
    assert told["HasAbstract"] == "1"
    assert told["ELocationID"] == "doi: 10.5555/one"
    assert told["SO"] == "2026 08 9;7"


def test_version_1_names_what_is_missing_between_the_summaries(serve, call, library, paper):
    root = etree.fromstring(call(serve(library(paper)), "esummary", id="11,999999999,11").content)

    assert [child.tag for child in root] == ["DocSum", "ERROR"]
    assert root.findtext("ERROR") == "UID=999999999: cannot get document summary"


def test_version_1_of_every_sample_record_is_valid_by_nlms_document_type(
    serve, call, samples, clock
):
    uids = list(records.load())
    reply = call(serve(samples), "esummary", id=",".join([*uids, "1"]))
    root = etree.fromstring(reply.content)

    assert NLM.validate(root), NLM.error_log
    assert {each.findtext("Id") for each in root.iterfind("DocSum")} == set(
        samples.at(clock.now).current
    )
    assert len(root.findall("DocSum")) > 100


# ---- version 2.0 and JSON -----------------------------------------------------------------------


def test_version_2_tells_a_record_and_names_what_is_missing_in_its_place(
    serve, call, library, paper
):
    reply = call(serve(library(paper)), "esummary", id="11,12", version="2.0")
    root = etree.fromstring(reply.content)
    first, missing = root.iterfind("DocumentSummarySet/DocumentSummary")

    assert root.find("DocumentSummarySet").get("status") == "OK"
    assert root.findtext("DocumentSummarySet/DbBuild") == "Build-2026.11.01.06.33"
    assert first.get("uid") == "11"
    assert [name.text for name in first.iterfind("Authors/Author/Name")] == [
        "Probst A",
        "Altman RB",
    ]
    assert first.findtext("ArticleIds/ArticleId/Value") is None
    assert first.findtext("History/PubMedPubDate/PubStatus") == "pubmed"
    assert [flag.text for flag in first.iterfind("PubType/flag")] == [
        "Case Reports",
        "Journal Article",
    ]
    assert (missing.get("uid"), missing.findtext("error")) == (
        "12",
        "cannot get document summary",
    )


def test_json_tells_the_same_in_lower_case_with_the_history_by_status(serve, call, library, paper):
    reply = call(serve(library(paper)), "esummary", id="11", retmode="json")
    told = reply.json()

    assert reply.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert told["header"] == {"type": "esummary", "version": "0.3"}
    assert told["result"]["uids"] == ["11"]
    assert told["result"]["11"]["uid"] == "11"
    assert told["result"]["11"]["authors"][1] == {
        "name": "Altman RB",
        "authtype": "Author",
        "clusterid": "",
    }
    assert told["result"]["11"]["history"] == [
        {"pubstatus": "pubmed", "date": "2024/05/06 00:00"},
        {"pubstatus": "entrez", "date": "2026/09/01 00:00"},
    ]
    assert told["result"]["11"]["attributes"] == ["Has Abstract"]


def test_json_names_what_is_missing_under_its_number(serve, call, library, paper):
    told = call(serve(library(paper)), "esummary", id="999999999,11", retmode="json").json()

    assert told["result"]["uids"] == ["999999999", "11"]
    assert told["result"]["999999999"] == {
        "uid": "999999999",
        "error": "cannot get document summary",
    }


def test_json_takes_500_uids_and_no_more(serve, call, quartet):
    served = serve(quartet)
    most = call(served, "esummary", id=",".join(map(str, range(1, 501))), retmode="json").json()
    more = call(served, "esummary", id=",".join(map(str, range(1, 502))), retmode="json")

    assert len(most["result"]["uids"]) == 500
    assert more.status_code == 200
    assert more.json() == {
        "header": {"type": "esummary", "version": "0.3"},
        "error": "Too many UIDs in request. Maximum number of UIDs is 500 for JSON format output.",
    }


def test_xml_takes_more_than_500(serve, call, quartet):
    reply = call(serve(quartet), "esummary", id=",".join(map(str, range(1, 1002))))

    assert reply.text.count("cannot get document summary") == 1001 - 4


def test_a_book_is_told_by_its_chapter_and_publisher(serve, call, samples):
    book = next(
        pmid for pmid, states in records.load().items() if states[0].xml.startswith(b"<PubmedBook")
    )
    told = call(serve(samples), "esummary", id=book, retmode="json").json()["result"][book]

    assert told["doctype"] == "chapter"
    assert told["booktitle"]
    assert told["publishername"] == "Synthetic Press (litwatch)"


# ---- errors, histories --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Neither query_key nor id specified"),
        ({"id": ""}, "Neither query_key nor id specified"),
        ({"db": "nothing", "id": "1"}, "Invalid db name specified: nothing"),
        ({"id": "101,abc"}, "Invalid uid abc at position= 1"),
        ({"query_key": "1", "WebEnv": "MCID_gone"}, "Unable to obtain query #1"),
    ],
)
def test_what_cannot_be_told_is_an_error_at_200_in_either_form(
    serve, call, quartet, params, message, text
):
    served = serve(quartet)
    xml = call(served, "esummary", params)
    tree = call(served, "esummary", params, retmode="json").json()

    assert (xml.status_code, text(xml, "ERROR")) == (200, message)
    assert tree == {
        "header": {"type": "esummary", "version": "0.3"},
        "error": message,
        "result": {"uids": []},
    }


def test_a_kept_result_is_told_by_pages(serve, call, quartet, text):
    served = serve(quartet)
    found = call(served, "esearch", term="scleromyxedema", usehistory="y")
    where = {"WebEnv": text(found, "WebEnv"), "query_key": text(found, "QueryKey")}
    page = call(served, "esummary", where, retstart="1", retmax="1")

    assert [each.text for each in etree.fromstring(page.content).iterfind("DocSum/Id")] == ["102"]


def test_a_record_that_lags_behind_the_index_is_missing_here_too(
    serve, call, record, library, clock
):
    young = Library({"11": [Revision(clock.now - timedelta(minutes=4), record(11, "Papules"))]})
    served = serve(young, options=Options(index_lag=timedelta(minutes=10)))

    assert "UID=11: cannot get document summary" in call(served, "esummary", id="11").text
    clock.now += timedelta(minutes=6)
    assert "Papules" in call(served, "esummary", id="11").text
