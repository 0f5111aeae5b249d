"""ELink: likeness, citations and copies, merged for a list and apart for repeated ids."""

import pytest
from lxml import etree

from litwatch.demo import records
from litwatch.demo.elink import LINKS
from litwatch.demo.library import Library

IVIG = "99026110"
"""A sample record that cites two others."""


@pytest.fixture(scope="module")
def samples() -> Library:
    return Library(records.load())


@pytest.fixture
def ask(serve, call, samples, clock):
    """Asks ELink over the sample records in the third week of the demo."""
    clock.now = clock.now.replace(day=16)
    served = serve(samples)

    def make(params=None, **more):
        return call(served, "elink", {"dbfrom": "pubmed"} | dict(params or {}), **more)

    return make


def sets(reply) -> list[tuple[list[str], dict[str, list[str]]]]:
    """Each LinkSet: its sources, and the linked ids by the links' names."""
    return [
        (
            [each.text or "" for each in linked.iterfind("IdList/Id")],
            {
                database.findtext("LinkName", ""): [
                    each.text or "" for each in database.iterfind("Link/Id")
                ]
                for database in linked.iterfind("LinkSetDb")
            },
        )
        for linked in etree.fromstring(reply.content).iterfind("LinkSet")
    ]


def test_the_source_leads_those_that_are_like_it(ask):
    reply = ask(id=IVIG, cmd="neighbor_score", linkname="pubmed_pubmed")
    (sources, links), *_ = sets(reply)
    scores = [int(each.text) for each in etree.fromstring(reply.content).iter("Score")]

    assert sources == [IVIG]
    assert links["pubmed_pubmed"][0] == IVIG
    assert len(links["pubmed_pubmed"]) == 100
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 2 * scores[1]


def test_what_shares_more_and_rarer_words_and_headings_is_liker(serve, call, library, record):
    mesh = ("Scleromyxedema", "Humans")
    served = serve(
        library(
            record(11, "Immunoglobulin for papules", mesh=mesh),
            record(12, "Nodules treated with immunoglobulin", mesh=mesh),
            record(13, "Papules of the hands", mesh=("Humans",)),
            record(14, "Hair loss", mesh=("Humans",)),
            record(15, "A review of papules", types=("Review",)),
        )
    )
    links = sets(call(served, "elink", id="11"))[0][1]

    assert links["pubmed_pubmed"][:2] == ["11", "12"]
    assert links["pubmed_pubmed"][-1] == "14"
    assert set(links["pubmed_pubmed"]) == {"11", "12", "13", "14", "15"}
    assert links["pubmed_pubmed_five"] == links["pubmed_pubmed"][:5]
    assert links["pubmed_pubmed_reviews"] == ["15"]


def test_a_comma_list_is_merged_and_repeated_ids_are_apart(ask):
    merged = sets(ask(id=f"{IVIG},99026113", linkname="pubmed_pubmed_refs"))
    apart = sets(ask(id=[IVIG, "99026113"], linkname="pubmed_pubmed_refs"))

    assert [sources for sources, _ in merged] == [[IVIG, "99026113"]]
    assert [sources for sources, _ in apart] == [[IVIG], ["99026113"]]


def test_references_and_citations_are_each_others_mirror(ask):
    cited = sets(ask(id=IVIG, linkname="pubmed_pubmed_refs"))[0][1]["pubmed_pubmed_refs"]

    assert len(cited) == 2
    for pmid in cited:
        back = sets(ask(id=pmid, linkname="pubmed_pubmed_citedin"))[0][1]
        assert IVIG in back["pubmed_pubmed_citedin"]


def test_the_copy_in_pmc_is_another_databases_link(ask, samples):
    free = [
        (pmid, xml.partition(b'IdType="pmc">PMC')[2].partition(b"<")[0].decode())
        for pmid in records.load()
        if (xml := samples.at(samples.revisions[-1].moment).xml(pmid)) and b'"pmc">' in xml
    ]
    pmid, number = free[0]
    links = sets(ask(id=pmid, db="pmc"))[0][1]

    assert links == {"pubmed_pmc": [number]}


def test_a_record_without_links_has_a_set_without_any(ask):
    assert sets(ask(id="1")) == [(["1"], {})]
    assert sets(ask(id=["1", IVIG], linkname="pubmed_pmc", db="pmc")) == [
        (["1"], {}),
        ([IVIG], {}),
    ]


def test_a_check_says_whether_there_are_neighbours(ask):
    known, unknown = ask(id=IVIG, cmd="ncheck"), ask(id="1", cmd="ncheck")

    assert f'<Id HasNeighbor="Y">{IVIG}</Id>' in known.text
    assert '<Id HasNeighbor="N">1</Id>' in unknown.text
    assert etree.fromstring(known.content).find("LinkSet/IdCheckList/Id") is not None


def test_a_check_of_all_names_the_links(ask):
    root = etree.fromstring(ask(id=IVIG, cmd="acheck").content)
    names = [each.text for each in root.iterfind("LinkSet/IdCheckList/IdLinkSet/LinkInfo/LinkName")]

    assert names[:2] == ["pubmed_pubmed", "pubmed_pubmed_five"]
    assert set(names) <= set(LINKS)


def test_links_can_be_kept_in_the_history_and_fetched(serve, call, samples, clock, pmids, text):
    clock.now = clock.now.replace(day=16)
    served = serve(samples)
    reply = call(served, "elink", id=IVIG, cmd="neighbor_history", linkname="pubmed_pubmed_refs")
    where = {
        "WebEnv": text(reply, "LinkSet/WebEnv"),
        "query_key": text(reply, "LinkSet/LinkSetDbHistory/QueryKey"),
    }

    assert text(reply, "LinkSet/LinkSetDbHistory/LinkName") == "pubmed_pubmed_refs"
    assert pmids(call(served, "efetch", where)) == ["99006021", "99024051"]


def test_links_of_a_kept_result_are_merged(serve, call, quartet, text):
    served = serve(quartet)
    found = call(served, "esearch", term="scleromyxedema", usehistory="y")
    where = {"WebEnv": text(found, "WebEnv"), "query_key": text(found, "QueryKey")}

    assert sets(call(served, "elink", where, linkname="pubmed_pubmed"))[0][0] == [
        "103",
        "102",
        "101",
    ]


def test_json_says_the_same(ask):
    xml = sets(ask(id=IVIG))[0][1]
    tree = ask(id=IVIG, retmode="json").json()
    scored = ask(id=IVIG, retmode="json", cmd="neighbor_score").json()
    checked = ask(id=IVIG, retmode="json", cmd="ncheck").json()
    kept = ask(id=IVIG, retmode="json", cmd="neighbor_history").json()
    (linked,) = tree["linksets"]

    assert tree["header"] == {"type": "elink", "version": "0.3"}
    assert (linked["dbfrom"], linked["ids"]) == ("pubmed", [IVIG])
    assert {each["linkname"]: each["links"] for each in linked["linksetdbs"]} == xml
    assert scored["linksets"][0]["linksetdbs"][0]["links"][0]["id"] == IVIG
    assert checked["linksets"][0]["idchecklist"]["ids"] == [{"value": IVIG, "hasneighbor": "Y"}]
    assert kept["linksets"][0]["linksetdbhistories"][0]["querykey"] == "1"
    assert kept["linksets"][0]["webenv"].startswith("MCID_")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"id": ""}, "Empty id list in elink"),
        ({"id": "abc"}, "Empty id list in elink"),
        ({"id": "1", "dbfrom": "nothing"}, "Invalid db name specified: nothing"),
        ({"id": "1", "db": "nothing"}, "Invalid db name specified: nothing"),
        ({"id": "1", "cmd": "nothing"}, "Unsupported cmd: nothing"),
        ({"query_key": "1", "WebEnv": "MCID_gone"}, "Unable to obtain query #1"),
    ],
)
def test_what_cannot_be_linked_is_an_error_at_200_in_either_form(ask, params, message, text):
    xml = ask(params)

    assert (xml.status_code, text(xml, "ERROR")) == (200, message)
    assert ask(params, retmode="json").json()["ERROR"] == message


def test_two_thousand_ids_by_get_are_too_long(serve, call, quartet):
    ids = ",".join(str(20_000_000 + number) for number in range(2000))

    assert call(serve(quartet), "elink", {"id": ids}, method="GET").status_code == 414
