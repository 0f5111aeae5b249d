"""What time does to PubMed: records that lag, go, come back, and turn with the year."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from litwatch.demo import records
from litwatch.demo.calls import Options
from litwatch.demo.library import Library, Revision
from litwatch.demo.mesh import Renaming
from litwatch.demo.year_end import renamed, resumed, revised_at
from litwatch.fetch.records import parse

NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW_YEAR = date(2026, 12, 13)


# ---- index and records ------------------------------------------------------------------------


def test_a_record_may_be_counted_minutes_before_it_can_be_fetched(
    serve, call, record, clock, pmids
):
    young = Revision(NOW - timedelta(minutes=4), record(11, "Scleromyxedema"))
    served = serve(Library({"11": [young]}), options=Options(index_lag=timedelta(minutes=10)))

    assert pmids(call(served, "esearch", term="scleromyxedema")) == ["11"]
    assert pmids(call(served, "efetch", id="11")) == []

    clock.now += timedelta(minutes=6)
    assert pmids(call(served, "efetch", id="11")) == ["11"]


def test_a_change_is_found_before_the_record_shows_it(serve, call, record, clock, pmids):
    states = [
        Revision(NOW - timedelta(days=9), record(11, "Papules", revised="2026/10/24")),
        Revision(NOW - timedelta(minutes=4), record(11, "Nodules", revised="2026/11/02")),
    ]
    served = serve(Library({"11": states}), options=Options(index_lag=timedelta(minutes=10)))

    assert pmids(call(served, "esearch", term="nodules AND 2026/11/02[mdat]")) == ["11"]
    assert "Papules" in call(served, "efetch", id="11").text
    clock.now += timedelta(minutes=6)
    assert "Nodules" in call(served, "efetch", id="11").text


def test_what_was_counted_may_be_gone_or_grown_when_it_is_fetched(
    serve, call, record, clock, pmids
):
    library = Library(
        {
            "11": [
                Revision(NOW, record(11, "Papules")),
                Revision(NOW + MINUTE, b"", withdrawn=True),
            ],
            "12": [Revision(NOW, record(12, "Papules"))],
            "13": [Revision(NOW + MINUTE, record(13, "Papules"))],
        }
    )
    served = serve(library)
    listed = pmids(call(served, "esearch", term="papules"))
    clock.now += MINUTE

    assert listed == ["12", "11"]
    assert pmids(call(served, "efetch", id=",".join(listed))) == ["12"]
    assert pmids(call(served, "esearch", term="papules")) == ["13", "12"]


def test_a_withdrawn_record_is_neither_found_nor_handed_out_and_nothing_points_to_another(
    serve, call, record, clock, pmids
):
    doi = "10.5555/same"
    library = Library(
        {
            "11": [
                Revision(NOW - timedelta(days=9), record(11, "Papules", doi=doi)),
                Revision(NOW, b"", withdrawn=True),
            ],
            "12": [Revision(NOW + timedelta(days=3), record(12, "Papules", doi=doi))],
        }
    )
    served = serve(library)
    clock.now = NOW - timedelta(minutes=1)
    assert pmids(call(served, "esearch", term=f"{doi}[doi]")) == ["11"]

    clock.now = NOW
    assert pmids(call(served, "esearch", term=f"{doi}[doi]")) == []
    gone = call(served, "efetch", id="11")
    assert (gone.status_code, pmids(gone)) == (200, [])

    clock.now = NOW + timedelta(days=3)
    assert pmids(call(served, "esearch", term=f"{doi}[doi]")) == ["12"]
    assert pmids(call(served, "efetch", id="11,12")) == ["12"]


# ---- the year's end -----------------------------------------------------------------------------


def test_nothing_is_indexed_from_mid_november_to_mid_december():
    assert resumed(datetime(2026, 11, 14, 9, tzinfo=UTC)) == datetime(2026, 11, 14, 9, tzinfo=UTC)
    assert resumed(datetime(2026, 11, 15, 9, tzinfo=UTC)) == datetime(2026, 12, 16, 9, tzinfo=UTC)
    assert resumed(datetime(2026, 12, 15, 9, tzinfo=UTC)) == datetime(2026, 12, 16, 9, tzinfo=UTC)
    assert resumed(datetime(2026, 12, 16, 9, tzinfo=UTC)) == datetime(2026, 12, 16, 9, tzinfo=UTC)


def test_the_year_end_moves_every_date_of_revision_and_nothing_else():
    before = Library(records.load()).at(datetime(2026, 12, 14, tzinfo=UTC))
    after = Library(revised_at(records.load(), NEW_YEAR)).at(datetime(2026, 12, 14, tzinfo=UTC))

    assert before.current.keys() == after.current.keys()
    assert len(after.current) > 100
    for pmid in before.current:
        old, new = (_article(snapshot.xml(pmid)) for snapshot in (before, after))
        assert new.revised_on == NEW_YEAR
        assert replace(new, revised_on=old.revised_on) == old


def test_the_year_end_finds_every_record_by_its_modification_date(serve, call, clock, text):
    served = serve(Library(revised_at(records.load(), NEW_YEAR)))
    query = {"term": '"2026/12/10"[mdat] : "3000"[mdat]', "rettype": "count"}
    clock.now = datetime(2026, 12, 12, tzinfo=UTC)
    quiet = int(text(call(served, "esearch", query), "Count"))
    clock.now = datetime(2026, 12, 14, tzinfo=UTC)

    assert quiet == 0
    assert int(text(call(served, "esearch", query), "Count")) == len(records.load())


def test_the_year_end_leaves_alone_what_is_gone_or_yet_to_come(record):
    gone = [
        Revision(date(2026, 1, 1), record(1, "A")),
        Revision(date(2026, 2, 1), b"", withdrawn=True),
    ]
    to_come = [Revision(date(2027, 2, 1), record(2, "B"))]

    assert revised_at({"1": gone, "2": to_come}, NEW_YEAR) == {
        "1": tuple(gone),
        "2": tuple(to_come),
    }


# ---- a heading renamed --------------------------------------------------------------------------


@pytest.fixture
def indexed(record):
    """One record under a heading of its own, and its PubMed around the new year."""
    states = [
        Revision(date(2026, 1, 1), record(11, "Waxy papules", mesh=("*Scleromyxedema", "Humans"))),
        Revision(
            date(2027, 2, 1),
            record(11, "Waxy papules", mesh=("*Scleromyxedema", "Humans"), revised="2027/02/01"),
        ),
    ]
    other = [Revision(date(2026, 1, 1), record(12, "Papules", mesh=("Humans",)))]
    return {"11": states, "12": other}


def test_a_renamed_heading_is_found_under_both_names_and_the_translation_shows_the_new_one(
    serve, call, indexed, clock, pmids, text
):
    renaming = Renaming(NEW_YEAR, "Scleromyxedema", "Lichen Myxedematosus, Generalized")
    served = serve(
        Library(renamed(indexed, renaming)), options=Options(renamings=(renaming,)), phrases=()
    )

    def ask(term: str) -> tuple[list[str], str]:
        reply = call(served, "esearch", term=term)
        return pmids(reply), text(reply, "QueryTranslation")

    clock.now = datetime(2026, 12, 12, tzinfo=UTC)
    assert ask("Scleromyxedema[mh]") == (["11"], '"scleromyxedema"[MeSH Terms]')
    for moment in (datetime(2026, 12, 14, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)):
        clock.now = moment
        new = '"lichen myxedematosus, generalized"[MeSH Terms]'
        assert ask("Scleromyxedema[mh]") == (["11"], new)
        assert ask('"Lichen Myxedematosus, Generalized"[mh]') == (["11"], new)
        assert ask("Mucinoses[mh]")[0] == ["11"]
        fetched = call(served, "efetch", id="11").text
        assert "Lichen Myxedematosus, Generalized</DescriptorName>" in fetched
        assert ">Scleromyxedema<" not in fetched


def test_a_heading_that_is_dropped_finds_nothing_any_more(serve, call, indexed, clock, pmids):
    renaming = Renaming(NEW_YEAR, "Scleromyxedema")
    served = serve(Library(renamed(indexed, renaming)), options=Options(renamings=(renaming,)))

    clock.now = datetime(2026, 12, 12, tzinfo=UTC)
    assert pmids(call(served, "esearch", term="Scleromyxedema[mh]")) == ["11"]
    clock.now = datetime(2026, 12, 14, tzinfo=UTC)
    assert pmids(call(served, "esearch", term="Scleromyxedema[mh]")) == []
    assert pmids(call(served, "esearch", term="Humans[mh]")) == ["12", "11"]


def test_a_name_that_is_no_entry_term_any_more_finds_nothing(serve, call, indexed, clock, pmids):
    renaming = Renaming(NEW_YEAR, "Scleromyxedema", "Mucinosis, Papular", is_entry=False)
    served = serve(Library(renamed(indexed, renaming)), options=Options(renamings=(renaming,)))
    clock.now = datetime(2026, 12, 14, tzinfo=UTC)

    assert pmids(call(served, "esearch", term="Scleromyxedema[mh]")) == []
    assert pmids(call(served, "esearch", term='"Mucinosis, Papular"[mh]')) == ["11"]


def test_a_record_without_the_heading_is_not_revised(indexed):
    changed = renamed(indexed, Renaming(NEW_YEAR, "Scleromyxedema", "Mucinosis, Papular"))

    assert changed["12"] == tuple(indexed["12"])
    assert [revision.moment.date() for revision in changed["11"]] == [
        date(2026, 1, 1),
        NEW_YEAR,
        date(2027, 2, 1),
    ]


def _article(xml: bytes | None):
    assert xml is not None
    return parse(b"<PubmedArticleSet>" + xml + b"</PubmedArticleSet>").articles[0]
