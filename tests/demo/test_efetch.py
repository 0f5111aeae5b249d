"""EFetch, EPost and the history over HTTP."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
from lxml import etree

from litwatch.demo.calls import Options
from litwatch.demo.library import Library, Revision


def test_records_come_in_the_order_asked_each_once(serve, call, quartet, pmids):
    served = serve(quartet)

    assert pmids(call(served, "efetch", id="103,101,104,101")) == ["103", "101", "104"]
    assert pmids(call(served, "efetch", {"id": ["00000103", "101"]})) == ["103", "101"]


def test_a_fetch_is_the_records_in_the_years_envelope(serve, call, quartet, record):
    served = serve(quartet, options=Options(dtd_year=2027))
    reply = call(served, "efetch", id="104", retmode="xml")

    assert reply.content == (
        b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC'
        b' "-//NLM//DTD PubMedArticle, 1st January 2027//EN"'
        b' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_270101.dtd">\n'
        b"<PubmedArticleSet>\n"
        + record(104, "Myxedema", created="2026/09/04")
        + b"</PubmedArticleSet>\n"
    )


def test_what_does_not_exist_is_left_out_without_a_word(serve, call, quartet, pmids):
    served = serve(quartet)
    none = call(served, "efetch", id="999")

    assert pmids(call(served, "efetch", id="999,104")) == ["104"]
    assert (none.status_code, pmids(none)) == (200, [])
    assert none.text.endswith("<PubmedArticleSet></PubmedArticleSet>\n")


@pytest.mark.parametrize("wrong", ["", "0", "abc", "0,abc,"])
def test_a_list_without_an_id_is_refused(serve, call, quartet, wrong, text):
    served = serve(quartet)
    as_xml = call(served, "efetch", id=wrong)
    as_text = call(served, "efetch", id=wrong, retmode="text", rettype="uilist")

    assert (as_xml.status_code, as_text.status_code) == (400, 400)
    assert text(as_xml, "ERROR") == "ID list is empty! Possibly it has no correct IDs."
    assert as_text.text == "ID+list+is+empty!+Possibly+it+has+no+correct+IDs."
    assert as_text.headers["Content-Type"].startswith("text/plain")


def test_a_fetch_without_a_database_is_an_error_at_status_200(serve, call, quartet, text):
    reply = call(serve(quartet), "efetch", id="104", db="")

    assert (reply.status_code, text(reply, "ERROR")) == (200, "Invalid db name specified: ")


def test_there_is_no_json_of_pubmeds_records(serve, call, quartet):
    assert call(serve(quartet), "efetch", id="104", retmode="json").status_code == 400


def test_a_list_of_ids_comes_as_plain_text(serve, call, quartet):
    reply = call(serve(quartet), "efetch", id="104,101", rettype="uilist", retmode="text")

    assert reply.text == "104\n101\n"


def test_a_page_across_the_cap_is_cut_and_one_past_it_refused(serve, call, crowd, pmids, text):
    served = serve(crowd)
    found = call(served, "esearch", term="crowd", usehistory="y", retmax="0")
    kept = {"query_key": "1", "WebEnv": text(found, "WebEnv")}

    assert len(pmids(call(served, "efetch", kept, retstart="9500", retmax="500"))) == 499
    past = call(served, "efetch", kept, retstart="9999", retmax="500")
    assert past.status_code == 400
    assert text(past, "ERROR").startswith(
        "Search backend cannot retrieve history data. Reason: Exception:\n'retstart' cannot"
    )


def test_a_fetch_is_cut_at_ten_thousand_records(serve, call, crowd, pmids):
    numbers = ",".join(map(str, range(1, 10_051)))

    assert len(pmids(call(serve(crowd), "efetch", id=numbers))) == 10_000


def test_a_result_is_kept_and_fetched_by_pages(serve, call, quartet, pmids, text):
    served = serve(quartet)
    found = call(served, "esearch", term="scleromyxedema", usehistory="y")
    environment = text(found, "WebEnv")

    assert re.fullmatch("MCID_[0-9a-f]{24}", environment)
    for name in ("WebEnv", "webenv"):
        kept = {"query_key": "1", name: environment}
        assert pmids(call(served, "efetch", kept, retstart="1", retmax="9")) == ["102", "101"]


def test_keys_rise_in_one_environment_and_may_be_combined(serve, call, quartet, pmids, text):
    served = serve(quartet)
    first = call(served, "esearch", term="scleromyxedema", usehistory="y")
    environment = text(first, "WebEnv")
    second = call(served, "epost", id="101,104", WebEnv=environment)

    assert (text(second, "QueryKey"), text(second, "WebEnv")) == ("2", environment)
    both = call(served, "esearch", term="#1 AND #2", WebEnv=environment)
    assert (pmids(both), text(both, "QueryTranslation")) == (["101"], "#1 AND #2")
    joined = call(served, "esearch", term="myxedema[ti]", WebEnv=environment, query_key="2")
    assert pmids(joined) == ["104"]
    assert pmids(call(served, "esearch", WebEnv=environment, query_key="2")) == ["101", "104"]


def test_a_kept_result_does_not_grow(serve, call, record, clock, pmids, text):
    served = serve(
        Library(
            {
                "101": [Revision(date(2026, 1, 1), record(101, "Scleromyxedema"))],
                "102": [Revision(date(2026, 11, 3), record(102, "Scleromyxedema"))],
            }
        )
    )
    found = call(served, "esearch", term="scleromyxedema", usehistory="y")
    clock.now += timedelta(hours=1)
    clock.now = datetime(2026, 11, 2, 14, tzinfo=UTC)
    kept = {"query_key": "1", "WebEnv": text(found, "WebEnv")}
    assert pmids(call(served, "efetch", kept)) == ["101"]

    clock.now = datetime(2026, 11, 3, 1, tzinfo=UTC)
    assert pmids(call(served, "esearch", term="scleromyxedema")) == ["102", "101"]


def test_a_page_is_short_where_a_record_is_gone(serve, call, record, clock, pmids, text):
    xml = record(101, "Scleromyxedema")
    gone = Revision(clock.now + timedelta(hours=1), b"", withdrawn=True)
    served = serve(
        Library(
            {
                "101": [Revision(date(2026, 1, 1), xml), gone],
                "102": [Revision(date(2026, 1, 1), record(102, "Scleromyxedema"))],
            }
        )
    )
    found = call(served, "esearch", term="scleromyxedema", usehistory="y")
    clock.now += timedelta(hours=2)

    kept = {"query_key": "1", "WebEnv": text(found, "WebEnv")}
    assert pmids(call(served, "efetch", kept, retmax="2")) == ["102"]
    assert text(call(served, "esearch", kept), "Count") == "2"


def test_a_start_past_a_kept_result_is_out_of_range(serve, call, quartet, text):
    served = serve(quartet)
    posted = call(served, "epost", id="101")
    reply = call(
        served, "efetch", query_key="1", WebEnv=text(posted, "WebEnv"), retstart="1", retmax="1"
    )

    assert reply.status_code == 400
    assert text(reply, "ERROR") == (
        "Cannot retrieve history data: OUT OF RANGE. Parameter retstart=1 + 1 is greater than"
        " number of records available in history. History includes 1 IDs."
    )


def test_a_result_is_forgotten_after_eight_hours_or_at_once(
    serve, call, quartet, clock, pmids, text
):
    served = serve(quartet)

    def post_and(forget) -> requests.Response:
        environment = text(call(served, "epost", id="101"), "WebEnv")
        forget()
        return call(served, "efetch", query_key="1", WebEnv=environment)

    def wait(hours: int) -> None:
        clock.now += timedelta(hours=hours)

    assert pmids(post_and(lambda: wait(7))) == ["101"]
    for forget in (lambda: wait(8), served.expire_history):
        reply = post_and(forget)
        assert (reply.status_code, text(reply, "ERROR")) == (200, "Unable to obtain query #1")


def test_the_other_form_of_a_lost_result_is_a_400(serve, call, quartet):
    served = serve(quartet, options=Options(lost_history=400))
    reply = call(served, "efetch", query_key="1", WebEnv="MCID_x", retstart="5", retmax="9")
    texts = [element.text or "" for element in etree.fromstring(reply.content)]

    assert reply.status_code == 400
    assert texts[0] == (
        "Cannot retrieve history data. query_key: 1, WebEnv: MCID_x, retstart: 5, retmax: 9"
    )
    assert "NCBI C++ Exception" in texts[1]


def test_a_post_without_any_id_has_both_errors(serve, call, quartet):
    reply = call(serve(quartet), "epost", id="abc")
    texts = [element.text for element in etree.fromstring(reply.content)]

    assert texts == [
        "Empty ID list; Nothing to store",
        "Some IDs have invalid value and were omitted. Maximum ID value 18446744073709551615",
    ]


def test_a_post_keeps_what_it_can_and_asks_no_more(serve, call, quartet, text):
    reply = call(serve(quartet), "epost", id="101,999,abc")

    assert text(reply, "QueryKey") == "1"
    assert text(reply, "ERROR").startswith("Some IDs have invalid value")
    assert text(call(serve(quartet), "epost", id="1", db="x"), "ERROR") == (
        "Invalid db name specified: x"
    )
