"""What the guard holds reaches nobody by a back door, and `accept` releases what it speaks of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from faults.bench import Bench, library, messages, paper, warnings
from faults.conftest import MakeBench

from litwatch import wanted
from litwatch.accepting import accept_topic
from litwatch.demo.library import Revision
from litwatch.settings import Topic

TOPIC = Topic("t", "T", "scleromyxedema[tiab]")
EDITED = replace(TOPIC, query="scleromyxedema[tiab] OR scleromyxoedema[tiab]")
OLD = paper(99100001, "Scleromyxedema, on file.")
NEW = date(2026, 11, 5)


def flood(number: int = 70) -> list[Mapping[str, tuple[Revision, ...]]]:
    """Papers of the second week, far more than there were."""
    return [
        paper(99500000 + n, f"Scleromyxedema, flood {n}.", created=NEW, published="2026 Nov")
        for n in range(number)
    ]


def held(bench: Bench) -> int:
    with bench.store() as store:
        return len(store.articles.held("t"))


def test_a_flood_that_another_topic_has_on_file_as_history_is_held(make_bench: MakeBench) -> None:
    found = "Mucinosis, scleromyxedema."
    surplus = [
        paper(99500000 + n, "Mucinosis.", revisions=[{"at": NEW, "title": found}])
        for n in range(70)
    ]
    wide = Topic("wide", "W", "mucinosis[tiab]")
    bench = make_bench(library(OLD, *surplus), wide, TOPIC)
    bench.week(1)

    report = bench.week(2)

    assert "count-exploded" in warnings(report)
    assert held(bench) == 70
    assert report.digests[0].articles == 0


def test_an_edit_of_the_query_accepts_nothing_that_is_held(make_bench: MakeBench) -> None:
    bench = make_bench(library(OLD, *flood()), TOPIC)
    bench.week(1)
    bench.week(2)
    bench.configure(topics=(EDITED,))

    for number in (3, 4):
        report = bench.week(number)
        assert warnings(report) == {"count-exploded"}
        assert held(bench) == 70
        assert report.digests[0].articles == 0

    accept_topic(bench.config, "t")
    assert bench.week(5).digests[0].articles == 70


def test_an_edit_of_the_query_that_ends_the_flood_releases_what_it_still_finds(
    make_bench: MakeBench,
) -> None:
    own = paper(99300001, "Scleromyxedema, acral.", created=NEW, published="2026 Nov")
    bench = make_bench(library(OLD, own, *flood()), TOPIC)
    bench.week(1)
    bench.week(2)
    bench.configure(topics=(replace(TOPIC, query="scleromyxedema[tiab] AND acral[tiab]"),))

    report = bench.week(3)

    assert warnings(report) == set()
    assert bench.delivered() == {"99100001", "99300001"}


def test_the_first_issue_of_a_new_reader_shows_nothing_that_is_held(make_bench: MakeBench) -> None:
    bench = make_bench(library(OLD, *flood()), TOPIC)
    readers = bench.config.subscribers
    bench.configure(subscribers=())
    bench.week(1)
    assert "count-exploded" in warnings(bench.week(2))
    bench.configure(subscribers=readers)
    bench.week(3)

    assert "Scleromyxedema, on file." in bench.digest()
    assert "flood" not in bench.digest()


def test_a_flood_of_which_a_part_was_fetched_can_be_accepted(make_bench: MakeBench) -> None:
    bench = make_bench(library(OLD, *flood(250)), TOPIC)
    bench.week(1)
    bench.stand_in.fail("efetch", "blocked", after=1)
    assert not bench.week(2).complete
    assert held(bench) == 200

    accepted = accept_topic(bench.config, "t")

    assert (accepted.count, accepted.released) == (251, 200)
    report = bench.week(3)
    assert warnings(report) == set()
    assert report.digests[0].articles == 250


def test_no_more_of_a_flood_is_fetched_than_a_person_can_look_at(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted, "HELD_AT_MOST", 60)
    bench = make_bench(library(OLD, *flood(90)), TOPIC)
    bench.week(1)

    for number in (2, 3):
        report = bench.week(number)
        assert warnings(report) == {"count-exploded"}
        assert "30 of its hits are not fetched" in messages(report)
        assert not report.complete
        assert held(bench) == 60

    accepted = accept_topic(bench.config, "t")
    assert (accepted.count, accepted.released) == (91, 60)
    report = bench.week(4)
    assert report.is_well
    assert report.digests[0].articles == 90
