"""F66-F93: what an EFetch can answer, what stands in records, and what becomes of them in time."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from faults.bench import (
    LATER,
    NEWS,
    Bench,
    edited,
    efetch_error,
    library,
    messages,
    paper,
    sample,
    warnings,
)

from litwatch.demo import damage, records
from litwatch.demo.calls import Options
from litwatch.demo.faults import Fault
from litwatch.demo.library import Library, Revision
from litwatch.demo.mesh import Renaming
from litwatch.demo.year_end import renamed, revised_at
from litwatch.models import Article
from litwatch.settings import Topic
from world import WEEK

State = dict[str, object]
TOPIC = Topic("t", "T", "scleromyxedema[tiab]")
OLD = paper(99100001, "Scleromyxedema, on file.")
NEW = date(2026, 11, 5)
"""Between the first Monday and the second."""


@pytest.fixture
def spoiling(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fault]:
    """Makes a fault of a change to the body."""

    def make(name: str, change: Callable[[bytes], bytes]) -> Fault:
        monkeypatch.setitem(damage.DAMAGES, name, lambda body, _: change(body))
        return Fault(damage=name)

    return make


def new(pmid: int, title: str, **fields: object) -> dict[str, tuple[Revision, ...]]:
    """A paper of the topic that PubMed creates in the second week."""
    return paper(pmid, title, **({"created": NEW, "published": "2026 Nov"} | fields))


def article(bench: Bench, pmid: str) -> Article:
    with bench.store() as store:
        stored = store.articles.get(f"pubmed:{pmid}")
    assert stored, pmid
    return stored.article


# ---- the history server ------------------------------------------------------------------------

LOST = {
    "200": "history-lost",
    "400": efetch_error(
        "Cannot retrieve history data. query_key: 1, WebEnv: MCID_1, retstart: 0, retmax: 200",
        "Can't fetch uids from history because of: NCBI C++ Exception: Error: UNK_MODULE",
        status=400,
    ),
    "range": efetch_error(
        "Cannot retrieve history data: OUT OF RANGE. Parameter retstart=1 + 1 is greater than "
        "number of records available in history. History includes 1 IDs.",
        status=400,
    ),
}
"""Litwatch keeps nothing on NCBI's history server; a server may say so all the same."""


def asked_once_more(bench: Bench, clean: list[State], fault: str | Fault) -> None:
    bench.stand_in.fail("efetch", fault)
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert report.is_well, messages(report)
    assert bench.state() == clean[2]
    assert len(bench.asked(before)) == 2
    assert not any("WebEnv" in request.params for request in bench.stand_in.log)


def ends(bench: Bench, clean: list[State], fault: str | Fault) -> None:
    """The fault lasts: two calls, then the run says so, and the next one catches up."""
    bench.stand_in.fail("efetch", fault, times=2)
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert not report.complete
    assert not report.is_well
    assert len(bench.asked(before)) == 2
    assert bench.state()["known"] == clean[1]["known"]
    assert bench.an_hour_later().is_well
    assert bench.state()["known"] == clean[2]["known"]
    assert bench.state()["delivered"] == clean[2]["delivered"]


def test_f66_a_history_lost_behind_a_200_is_no_loss(watching: Bench, clean: list[State]) -> None:
    asked_once_more(watching, clean, LOST["200"])


def test_f67_a_history_lost_by_a_400_is_no_loss(watching: Bench, clean: list[State]) -> None:
    asked_once_more(watching, clean, LOST["400"])


@pytest.mark.parametrize("form", ["200", "400"])
def test_f67_a_history_that_stays_lost_is_asked_for_no_further(
    watching: Bench, clean: list[State], form: str
) -> None:
    ends(watching, clean, LOST[form])


def test_f68_out_of_range_is_asked_once_more_and_not_for_ever(
    watching: Bench, clean: list[State]
) -> None:
    asked_once_more(watching, clean, LOST["range"])
    ends_at = len(watching.stand_in.log)
    watching.stand_in.fail("efetch", LOST["range"], times=2)

    report = watching.week(3)

    assert not report.is_well
    assert len(watching.asked(ends_at)) == 2
    watching.an_hour_later()
    assert watching.state()["known"] == clean[3]["known"]


# ---- records that do not come, or come otherwise -----------------------------------------------


def test_f06_a_page_that_is_too_much_is_halved_down_to_what_comes(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("efetch", "bad-gateway", times=None, more_than=1)
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert report.is_well, messages(report)
    assert watching.state() == clean[2]
    pages = watching.asked(before)
    sizes = [len(page) for page in pages]
    assert sizes[0] >= len(NEWS)
    assert pages[0] == pages[1] == pages[2] != pages[3], "three tries, then halves"
    assert sizes.count(1) >= len(NEWS)


def test_f06_a_server_that_fails_over_everything_is_not_a_fault_of_a_record(
    watching: Bench, clean: list[State]
) -> None:
    """Some other record is asked for, to tell the one from the other."""
    watching.stand_in.fail("efetch", "bad-gateway", times=3 + 5)
    before = len(watching.stand_in.log)

    report = watching.week(2)

    assert not report.complete
    assert watching.pending() == {}
    assert watching.asked(before)[3:] == [("1",)] * 5
    watching.an_hour_later()
    assert watching.state()["known"] == clean[2]["known"]


def test_f06_the_one_record_that_is_too_much_is_named_and_the_others_come(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("efetch", "bad-gateway", times=None, ids=NEWS[1:2])

    report = watching.week(2)

    assert report.complete
    assert warnings(report) == {"record-malformed"}
    assert watching.pending() == {NEWS[1]: "malformed"}
    assert watching.state()["known"] == clean[2]["known"] - {f"pubmed:{NEWS[1]}"}


def test_f69_records_that_are_counted_before_they_can_be_had_are_pending_then_news(
    make_bench,
) -> None:
    """The index is ahead of the records, by a morning here."""
    late = paper(99300001, "Scleromyxedema, late.", created=date(2026, 11, 9))
    bench = make_bench(library(OLD, late), TOPIC)
    bench.week(1)
    bench.stand_in.options = Options(index_lag=timedelta(hours=12))

    report = bench.week(2)

    assert report.topics[0].count == 2
    assert warnings(report) == {"record-missing"}
    assert not report.is_well
    assert bench.pending() == {"99300001": "missing"}
    after = bench.run_after(timedelta(days=1))
    assert after.is_well
    assert bench.pending() == {}
    bench.week(3)
    assert "99300001" in bench.delivered()


def test_f69_an_empty_set_for_all_that_was_listed_is_not_taken_for_no_news(
    watching: Bench, clean: list[State]
) -> None:
    empty = Fault(body="<PubmedArticleSet></PubmedArticleSet>")
    watching.stand_in.fail("efetch", empty, times=1 + len(NEWS))

    report = watching.week(2)

    assert warnings(report) == {"record-missing"}
    assert not report.is_well
    assert set(watching.pending()) == set(NEWS)
    watching.an_hour_later()
    assert watching.pending() == {}
    assert watching.state()["known"] == clean[2]["known"]
    watching.week(3)
    assert watching.state()["delivered"] == clean[3]["delivered"]
    assert "retracted" in watching.digest().lower(), "it was sent for the first time, as it is now"


def test_f70_a_record_that_stays_away_is_asked_for_alone_then_pending_then_withdrawn(
    watching: Bench, clean: list[State]
) -> None:
    gone = NEWS[0]
    watching.stand_in.fail("efetch", "missing-records", times=None, ids=(gone,))
    before = len(watching.stand_in.log)

    first = watching.week(2)
    asked = watching.asked(before)
    second = watching.run_after(timedelta(days=1))
    third = watching.run_after(timedelta(days=1))

    assert asked.count((gone,)) == 1
    assert (warnings(first), first.is_well) == ({"record-missing"}, False)
    assert gone in messages(first)
    assert [report.topics[0].pending for report in (first, second)] == [1, 1]
    assert sum(topic.withdrawn for topic in third.topics) == 1
    assert watching.pending() == {}
    calls = len(watching.stand_in.log)
    watching.week(3)
    assert watching.state()["known"] == clean[3]["known"] - {f"pubmed:{gone}"}
    assert len([page for page in watching.asked(calls) if gone in page]) <= 2


@pytest.mark.parametrize(
    "pauses", [[timedelta(hours=1)] * 2, [timedelta(days=3)]], ids=["two hours", "two runs"]
)
def test_f70_a_record_is_not_withdrawn_before_three_runs_and_two_days(
    watching: Bench, pauses: list[timedelta]
) -> None:
    watching.stand_in.fail("efetch", "missing-records", times=None, ids=NEWS[:1])
    watching.week(2)

    for pause in pauses:
        watching.run_after(pause)

    assert watching.pending() == {NEWS[0]: "missing"}
    assert watching.state()["withdrawn"] == frozenset()


def test_f71_a_record_not_asked_for_is_ignored_and_logged(
    watching: Bench, clean: list[State], caplog: pytest.LogCaptureFixture
) -> None:
    watching.stand_in.fail("efetch", "unasked-record", times=None)

    report = watching.week(2)

    assert report.is_well
    assert watching.state() == clean[2]
    assert "PubMed sent pubmed:1, which was not asked for" in caplog.text


@pytest.mark.parametrize("order", ["newest first", "newest last"])
def test_f72_of_a_record_that_comes_twice_the_newest_version_is_kept(
    watching: Bench, clean: list[State], spoiling: Callable[..., Fault], order: str
) -> None:
    def again(body: bytes) -> bytes:
        (record,) = re.findall(
            rb'<PubmedArticle><MedlineCitation[^>]*><PMID Version="1">99026110.*?</PubmedArticle>',
            body,
            re.DOTALL,
        )
        newer = record.replace(b'<PMID Version="1">', b'<PMID Version="2">', 1)
        newer = newer.replace(b"<ArticleTitle>", b"<ArticleTitle>Second version: ", 1)
        both = newer + record if order == "newest first" else record + newer
        return body.replace(record, both)

    watching.stand_in.fail("efetch", spoiling("again", again))

    report = watching.week(2)

    assert report.is_well
    assert watching.state() == clean[2]
    stored = article(watching, "99026110")
    assert (stored.version, stored.title[:16]) == (2, "Second version: ")


def test_f73_a_book_among_articles_is_news_like_them(make_bench) -> None:
    book = paper(
        99300001,
        "Scleromyxedema in a handbook.",
        created=NEW,
        published="2026 Nov",
        journal="",
        book="Synthetic handbook of papules",
        pii="SYN1",
        types=["Review"],
    )
    bench = make_bench(library(OLD, book, new(99300002, "Scleromyxedema, an article.")), TOPIC)
    bench.week(1)

    report = bench.week(2)

    assert report.is_well
    assert (report.topics[0].new, report.digests[0].articles) == (2, 2)
    stored = article(bench, "99300001")
    assert (stored.kind, stored.book_title) == ("book", "Synthetic handbook of papules")
    text = " ".join(bench.digest().split())
    assert "Scleromyxedema in a handbook." in text
    assert "Synthetic handbook of papules" in text


def test_f74_one_record_with_a_control_character_is_named_and_the_others_come(
    watching: Bench, clean: list[State]
) -> None:
    broken = NEWS[0]
    watching.stand_in.fail("efetch", "malformed-record", times=None, ids=(broken,))

    report = watching.week(2)

    assert report.complete
    assert warnings(report) == {"record-malformed"}
    assert f"pubmed:{broken}" in messages(report)
    assert not report.is_well
    assert watching.state()["known"] == clean[2]["known"] - {f"pubmed:{broken}"}
    assert "record-malformed" in watching.digest()
    assert watching.pending() == {broken: "malformed"}


def test_f74_a_record_that_is_mended_is_news_at_the_next_run(
    watching: Bench, clean: list[State]
) -> None:
    watching.stand_in.fail("efetch", "malformed-record", ids=(NEWS[0],))
    watching.week(2)
    watching.an_hour_later()

    assert watching.state()["known"] == clean[2]["known"]
    watching.week(3)
    assert watching.state()["delivered"] == clean[3]["delivered"]


# ---- documents ---------------------------------------------------------------------------------


def read_all_the_same(bench: Bench, clean: list[State], fault: str | Fault) -> None:
    bench.stand_in.fail("efetch", fault, times=None)
    before = len(bench.stand_in.log)

    report = bench.week(2)

    assert report.is_well, messages(report)
    assert bench.state() == clean[2]
    assert len(bench.asked(before)) == 1


def test_f75_a_dtd_that_nobody_knows_is_not_needed(watching: Bench, clean: list[State]) -> None:
    watching.stand_in.options = Options(dtd_year=2031)

    assert watching.week(2).is_well
    assert watching.state() == clean[2]


def test_f77_a_doctype_by_http_is_read_all_the_same(watching: Bench, clean: list[State]) -> None:
    read_all_the_same(watching, clean, "http-doctype")


def test_f78_an_entity_bomb_is_refused_and_nothing_in_it_is_read(
    watching: Bench, clean: list[State], caplog: pytest.LogCaptureFixture
) -> None:
    watching.stand_in.fail("efetch", "entity-bomb", times=2)

    report = watching.week(2)

    assert not report.complete
    assert not report.is_well
    assert "declares entities" in messages(report)
    assert watching.state()["known"] == clean[1]["known"]
    assert "spam" not in messages(report)
    watching.an_hour_later()
    assert watching.state()["known"] == clean[2]["known"]


def test_f79_elements_attributes_and_kinds_that_nobody_knows_are_passed_over(
    make_bench, spoiling: Callable[..., Fault]
) -> None:
    strange = edited(
        new(
            99300001,
            "Scleromyxedema, strange.",
            corrections=[{"kind": "ErratumIn", "source": "Somewhere. 2026", "pmid": 7}],
        ),
        ("<PublicationStatus>aheadofprint<", "<PublicationStatus>beyondprint<"),
        ('RefType="ErratumIn"', 'RefType="BlessedIn" Weight="9"'),
        ("<Article ", "<Halo><Ring/></Halo><Article Glow='1' "),
    )
    bench = make_bench(library(OLD, strange), TOPIC)
    bench.week(1)
    bench.stand_in.fail("efetch", "unknown-element", times=None)

    report = bench.week(2)

    assert report.is_well, messages(report)
    stored = article(bench, "99300001")
    assert stored.title == "Scleromyxedema, strange."
    assert [correction.kind for correction in stored.corrections] == ["BlessedIn"]
    assert "99300001" in bench.delivered()


# ---- what stands in a record -------------------------------------------------------------------


def shown(make_bench, *papers: dict[str, tuple[Revision, ...]]) -> Bench:
    """A bench whose second digest holds these papers."""
    bench = make_bench(library(OLD, *papers), TOPIC)
    bench.week(1)
    report = bench.week(2)
    assert report.is_well, messages(report)
    assert report.digests[0].articles == len(papers)
    return bench


def test_f80_a_title_that_begins_with_markup_or_is_only_markup_is_kept_whole(make_bench) -> None:
    bench = shown(
        make_bench,
        new(99300001, "<i>Acral</i> scleromyxedema of H<sub>2</sub>O."),
        new(99300002, "<b><i>Scleromyxedema</i></b>"),
    )

    assert article(bench, "99300001").title == "Acral scleromyxedema of H2O."
    assert article(bench, "99300002").title == "Scleromyxedema"
    assert "Acral scleromyxedema of H2O." in " ".join(bench.digest().split())


def test_f81_markup_that_an_author_typed_is_text_in_the_digest(make_bench) -> None:
    bench = shown(
        make_bench,
        new(
            99300001,
            "Scleromyxedema &lt;script&gt;alert(1)&lt;/script&gt; and &lt;img src=x&gt;.",
            abstract="The patient received &lt;b onclick=go()&gt;immunoglobulin&lt;/b&gt;.",
        ),
    )

    html = bench.html()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert not re.search(r"<[^>]*onclick", html)
    assert article(bench, "99300001").title.startswith("Scleromyxedema <script>alert(1)</script>")


def test_f82_a_record_without_title_abstract_or_authors_is_shown_sensibly(make_bench) -> None:
    veiled = {"mesh": ["Scleromyxedema"], "indexed": NEW, "authors": []}
    bench = make_bench(
        library(
            OLD,
            new(99300001, "", **veiled),
            new(99300002, "[Not Available].", vernacular="Scléromyxœdème.", **veiled),
        ),
        Topic("t", "T", "scleromyxedema[tiab] OR Scleromyxedema[mh]"),
    )
    bench.week(1)

    report = bench.week(2)

    assert report.is_well
    assert report.digests[0].articles == 2
    for pmid in ("99300001", "99300002"):
        assert f"pubmed.ncbi.nlm.nih.gov/{pmid}/" in bench.html()
    assert "Scléromyxœdème." in bench.digest()
    assert not re.search(r"\bNone\b|\(\)|\[\]", bench.digest())


def test_f83_every_form_of_a_publication_date_is_read_and_none_rules_the_order(make_bench) -> None:
    """What PubMed had last comes first: a date of next year is no reason to stand above it."""
    forms = {
        99300001: ("2026 Nov-Dec", date(2026, 11, 1)),
        99300002: ("2026 Winter", date(2026, 1, 1)),
        99300003: ("2026 Oct", date(2026, 10, 1)),
        99300004: ("2026", date(2026, 1, 1)),
        99300005: ("2027 Mar 14", date(2027, 3, 14)),
        99300006: ("Winter 2025-Spring 2026", date(2025, 1, 1)),
    }
    days = {pmid: date(2026, 11, 9) - timedelta(days=n) for n, pmid in enumerate(forms)}
    bench = shown(
        make_bench,
        *(
            paper(pmid, f"Scleromyxedema {pmid}.", created=days[pmid], published=form)
            for pmid, (form, _) in forms.items()
        ),
    )

    for pmid, (form, day) in forms.items():
        stored = article(bench, str(pmid))
        assert (stored.published, stored.published_on) == (form, day)
    order = re.findall(r"Scleromyxedema (\d+)\.", bench.digest())
    assert [int(pmid) for pmid in order] == list(forms)


def test_f84_the_doi_of_a_cited_paper_is_not_the_papers(make_bench) -> None:
    bench = shown(
        make_bench,
        new(
            99300001,
            "Scleromyxedema without a DOI.",
            references=[{"citation": "Another paper", "doi": "10.5555/cited"}],
        ),
    )

    assert article(bench, "99300001").doi == ""
    assert "10.5555/cited" not in bench.digest() + bench.html()


# ---- the life of a record ----------------------------------------------------------------------


def test_f85_a_paper_that_gets_its_issue_is_updated_and_no_second_time_news(make_bench) -> None:
    final = {"at": date(2026, 11, 12), "volume": "12", "issue": "3", "pages": "4-9"}
    bench = shown(make_bench, new(99300001, "Scleromyxedema, ahead of print.", revisions=[final]))

    report = bench.week(3)

    assert (report.topics[0].new, report.topics[0].updated) == (0, 1)
    assert (report.digests[0].articles, report.digests[0].corrections) == (0, 1)
    assert "Now in final form" in bench.digest()
    assert article(bench, "99300001").pages == "4-9"


def test_f86_a_record_found_by_a_heading_of_months_later_is_news_once(make_bench) -> None:
    late = paper(
        99100002,
        "Waxy papules.",
        created=date(2026, 6, 1),
        published="2026 Jun",
        mesh=["Scleromyxedema"],
        indexed=NEW,
    )
    bench = make_bench(
        library(OLD, late), Topic("t", "T", "Scleromyxedema[mh] OR scleromyxedema[tiab]")
    )
    first = bench.week(1)

    reports = [bench.week(2), bench.week(3)]

    assert first.topics[0].count == 1
    assert [report.digests[0].articles for report in reports] == [1, 0]
    assert "99100002" in bench.delivered()


def test_f87_an_old_paper_that_pubmed_has_only_now_is_news(make_bench) -> None:
    """Its Entrez date is that of 1998, so no window of [edat] would ever show it."""
    old = paper(
        99300001,
        "Scleromyxedema, from a shelf.",
        created=NEW,
        entered=date(1998, 3, 1),
        published="1998 Mar",
    )
    bench = make_bench(library(OLD, old), TOPIC)
    bench.week(1)

    reports = [bench.week(2), bench.week(3)]

    assert [report.digests[0].articles for report in reports] == [1, 0]
    assert article(bench, "99300001").entered_on == date(1998, 3, 1)


LINKS = {
    "retraction": ("RetractionIn", "Retraction of Publication", "RetractionOf"),
    "concern": ("ExpressionOfConcernIn", "Expression of Concern", "ExpressionOfConcernFor"),
    "erratum": ("ErratumIn", "Published Erratum", "ErratumFor"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_f88_a_retraction_a_concern_and_an_erratum_are_told_apart_and_from_their_notices(
    make_bench, kind: str
) -> None:
    here, notice_type, back = LINKS[kind]
    source = "Synth J Dermatol. 2026"
    sign = {
        "at": date(2026, 11, 12),
        "corrections": [{"kind": here, "source": source, "pmid": 99300002}],
    }
    notice = paper(
        99300002,
        f"Notice: Scleromyxedema, {kind}.",
        created=date(2026, 11, 12),
        types=[notice_type],
        corrections=[{"kind": back, "source": source, "pmid": 99300001}],
    )
    bench = make_bench(
        library(OLD, new(99300001, f"Scleromyxedema, {kind}.", revisions=[sign]), notice), TOPIC
    )
    bench.week(1)
    bench.week(2)

    report = bench.week(3)

    assert report.is_well
    assert (report.digests[0].corrections, report.digests[0].articles) == (1, 1)
    assert bench.state()["told"] == [("pubmed:99300001", kind)]
    assert article(bench, "99300001").is_retracted is (kind == "retraction")
    assert not article(bench, "99300002").is_retracted
    assert bench.week(4).digests[0].corrections == 0


def test_f88_a_retraction_without_a_link_or_a_link_without_a_pmid_is_told_too(make_bench) -> None:
    by_type = {"at": date(2026, 11, 12), "types": ["Journal Article", "Retracted Publication"]}
    by_link = {
        "at": date(2026, 11, 12),
        "corrections": [{"kind": "RetractionIn", "source": "Synth. 2026"}],
    }
    bench = shown(
        make_bench,
        new(99300001, "Scleromyxedema, by its type.", revisions=[by_type]),
        new(99300002, "Scleromyxedema, by its link.", revisions=[by_link]),
    )

    bench.week(3)

    assert bench.state()["told"] == [
        ("pubmed:99300001", "retraction"),
        ("pubmed:99300002", "retraction"),
    ]


def merged(doi: str) -> Library:
    """A paper of the second week that is deleted after the second Monday, its twin kept."""
    first = new(99300001, "Scleromyxedema, twice.", doi=doi)["99300001"]
    second = new(99300002, "Scleromyxedema, twice.", doi=doi, created=date(2026, 11, 12))
    withdrawn = Revision(date(2026, 11, 12), b"", withdrawn=True)
    return library(OLD, {"99300001": (*first, withdrawn)}, second)


def test_f89_a_paper_that_was_deleted_is_noted_after_three_runs(make_bench) -> None:
    first = new(99300001, "Scleromyxedema, gone.")["99300001"]
    withdrawn = Revision(date(2026, 11, 12), b"", withdrawn=True)
    bench = make_bench(library(OLD, {"99300001": (*first, withdrawn)}), TOPIC)
    bench.configure(recheck_days=1)
    bench.weeks([1, 2])
    assert "99300001" in bench.delivered()

    bench.weeks([3, 4, 5, 6])

    assert bench.state()["withdrawn"] == {"pubmed:99300001"}
    assert bench.state()["told"] == [("pubmed:99300001", "withdrawn")]


def test_f89_the_twin_under_another_pmid_with_the_same_doi_is_not_sent_again(make_bench) -> None:
    bench = make_bench(merged("10.5555/twin"), TOPIC)
    bench.configure(recheck_days=1)
    bench.weeks([1, 2])

    report = bench.week(3)

    assert "pubmed:99300002" in bench.state()["known"]
    assert report.digests[0].articles == 0

    bench.weeks([4, 5, 6])

    assert bench.state()["told"] == [("pubmed:99300001", "withdrawn")]
    with bench.store() as store:
        (change,) = store.articles.changes_of("pubmed:99300001")
    assert change.notice_uid == "pubmed:99300002"


def test_f89_a_twin_that_another_topic_finds_alone_is_not_sent_again(make_bench) -> None:
    """A reader has a paper once, though it is new to the topic that brings its second record."""
    twins = {"title": "Scleromyxedema, twin.", "doi": "10.5555/twin"}
    first = new(99300001, **twins)
    second = new(99300002, **twins, abstract="Or reticular mucinosis?", created=date(2026, 11, 12))
    other = Topic("o", "O", "reticular[tiab]")
    bench = make_bench(library(OLD, first, second), TOPIC, other)
    bench.weeks([1, 2])
    assert "99300001" in bench.delivered()

    bench.week(3)

    assert "99300002" not in bench.delivered()


def test_f89_another_paper_of_the_same_doi_is_news(make_bench) -> None:
    """A notice, or one of many abstracts, may bear the DOI of a paper that is on file."""
    first = new(99300001, "Scleromyxedema, first.", doi="10.5555/one")
    second = new(99300002, "Scleromyxedema, second.", doi="10.5555/one", created=date(2026, 11, 12))
    bench = make_bench(library(OLD, first, second), TOPIC)
    bench.weeks([1, 2])

    assert bench.week(3).digests[0].articles == 1


# ---- the year ----------------------------------------------------------------------------------


def test_f90_a_revision_of_everything_at_the_years_end_is_no_flood(make_bench) -> None:
    chosen = {pmid: s for pmid, s in records.load().items() if pmid in sample().owners}
    bench = make_bench(Library(revised_at(chosen, date(2026, 11, 20))))
    bench.weeks([1, 2, 3])
    before = bench.state()

    report = bench.week(4)

    assert report.is_well
    assert [(topic.new, topic.updated) for topic in report.topics] == [(0, 0)] * 2
    assert [(digest.articles, digest.corrections) for digest in report.digests] == [(0, 0)]
    for what in ("known", "delivered", "told"):
        assert bench.state()[what] == before[what]
    asked = bench.asked()[-1]
    assert len(asked) == len(before["known"]), "the revised records were not even looked at"


@pytest.mark.parametrize("pause", [6 * WEEK, timedelta(days=365)], ids=["6 weeks", "a year"])
def test_f91_a_long_time_off_is_caught_up_whole_and_at_the_usual_pace(
    watching: Bench, clean: list[State], pause: timedelta
) -> None:
    before = len(watching.stand_in.log)
    watching.uptime += pause.total_seconds()

    report = watching.run_after(pause)

    assert report.complete
    state = watching.state()
    assert state["known"] == clean[3]["known"]
    assert state["delivered"] == clean[3]["delivered"]
    assert [digest.articles for digest in report.digests] == [len(NEWS) + len(LATER)]
    assert len(watching.requests(since=before)) <= 3 * len(watching.config.topics)
    assert not any(request.status == 429 for request in watching.stand_in.log)
    ticks = [request.tick for request in watching.requests(since=before)]
    assert all(late - early > 0.119 for early, late in pairwise(ticks))


DAY = timedelta(days=1)
BY_HEADING = Topic("t", "T", "Scleromyxedema[mh]")


def indexed(until: date, count: int) -> list[dict[str, tuple[Revision, ...]]]:
    """So many papers, one every third day, each found by its heading from the next day on."""
    return [
        paper(
            99000001 + n,
            f"Waxy papules {n}.",
            created=until - 3 * n * DAY,
            mesh=["Scleromyxedema"],
            indexed=until - 3 * n * DAY + DAY,
        )
        for n in range(count)
    ]


def test_f92_a_pause_of_indexing_is_no_alarm_and_is_caught_up_when_it_ends(make_bench) -> None:
    """A topic that lives by its headings: four weeks without one, then all of them at once."""
    paused = [
        paper(
            99300001 + n,
            f"Waxy papules, of November {n}.",
            created=date(2026, 11, 16) + 3 * n * DAY,
            published="2026 Nov",
            mesh=["Scleromyxedema"],
            indexed=date(2026, 12, 16),
        )
        for n in range(10)
    ]
    bench = make_bench(library(*indexed(date(2026, 11, 13), 250), *paused), BY_HEADING)

    reports = [bench.week(number) for number in range(1, 9)]

    assert all(report.is_well for report in reports), [messages(report) for report in reports]
    assert [report.digests[0].articles for report in reports[3:]] == [0, 0, 0, 0, 10]


def test_f92_the_same_silence_at_another_time_of_the_year_is_an_alarm(make_bench) -> None:
    bench = make_bench(library(*indexed(date(2027, 3, 1), 250)), BY_HEADING)
    bench.week(1)
    assert bench.run_after(17 * WEEK).is_well

    assert warnings(bench.run_after(4 * WEEK)) == {"too-quiet"}


@pytest.mark.parametrize(
    ("heading", "codes"),
    [
        ("Lichen Myxedematosus, Generalized", {"translation-changed"}),
        ("", {"count-collapsed"}),
    ],
)
def test_f93_a_heading_that_is_renamed_or_dropped_is_seen(
    make_bench, heading: str, codes: set[str]
) -> None:
    renaming = Renaming(date(2026, 11, 5), "Scleromyxedema", heading)
    held = [
        paper(99000001 + n, f"Waxy papules {n}.", mesh=["Scleromyxedema"], indexed=date(2026, 9, 2))
        for n in range(30)
    ]
    states = {pmid: revisions for entry in held for pmid, revisions in entry.items()}
    bench = make_bench(
        Library(renamed(states, renaming)),
        Topic("t", "T", "Scleromyxedema[mh]"),
        options=Options(renamings=(renaming,)),
    )
    assert bench.week(1).topics[0].count == 30

    report = bench.week(2)

    assert report.complete
    assert not report.is_well
    assert warnings(report) == codes
    assert report.topics[0].count == (30 if heading else 0)
    assert [(digest.articles, digest.corrections) for digest in report.digests] == [(0, 0)]
    assert len(bench.state()["known"]) == 30
    assert bench.state()["withdrawn"] == frozenset()
