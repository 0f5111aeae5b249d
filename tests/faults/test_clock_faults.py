"""A clock that jumps: what a wrong moment has dated neither silences nor hurries what follows."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from faults.bench import Bench, library, paper
from faults.conftest import MakeBench

from litwatch.checking import ask_live
from litwatch.demo.library import Revision
from litwatch.errors import SourceBlocked
from litwatch.settings import Topic

TOPIC = Topic("t", "T", "scleromyxedema[tiab]")
OLD = paper(99100001, "Scleromyxedema, on file.")


def a_year_ahead(bench: Bench, number: int) -> None:
    """The run of that week, by a clock that is a year ahead."""
    bench.clock = lambda: bench.now + timedelta(days=365)
    bench.week(number)
    bench.clock = None


def test_records_that_a_run_a_year_ahead_has_read_are_read_again_in_time(
    make_bench: MakeBench,
) -> None:
    """A deleted record leaves the hits: only the rolling re-reading can find that it is gone."""
    new = paper(99300001, "Scleromyxedema, sent.", created=date(2026, 11, 5))["99300001"]
    gone = Revision(date(2026, 11, 12), b"", withdrawn=True)
    bench = make_bench(library(OLD, {"99300001": (*new, gone)}), TOPIC)
    bench.configure(recheck_days=7)
    bench.week(1)
    a_year_ahead(bench, 2)
    bench.weeks(range(3, 9))

    assert bench.state()["told"] == [("pubmed:99300001", "withdrawn")]


def test_a_run_a_year_ahead_does_not_put_off_the_judgement_of_silence(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(library(OLD), TOPIC)
    bench.week(1)
    a_year_ahead(bench, 2)
    report = bench.week(3)

    with bench.store() as store:
        state = store.runs.topic_state("t")
    assert state
    assert state.quiet_judged_at == report.started


@pytest.fixture
def blocked(make_bench: MakeBench) -> Bench:
    """A bench that was blocked on its second Monday, and whose clock was set back since."""
    bench = make_bench(library(OLD), TOPIC)
    bench.week(1)
    bench.stand_in.fail("esearch", "blocked")
    bench.week(2)
    bench.now -= timedelta(minutes=30)
    return bench


def live(bench: Bench) -> object:
    with pytest.raises(SourceBlocked, match="left alone"):
        ask_live(bench.config, clock=lambda: bench.now, sleep=bench.sleep)
    return None


@pytest.mark.parametrize("ask", [Bench.run, live], ids=["run", "check"])
def test_a_block_of_the_future_is_respected_for_a_day_from_now_and_no_longer(
    blocked: Bench, ask: Callable[[Bench], object]
) -> None:
    asked = len(blocked.stand_in.log)

    for pause in (timedelta(), timedelta(hours=23, minutes=50)):
        blocked.now += pause
        ask(blocked)
        assert len(blocked.stand_in.log) == asked

    assert blocked.run_after(timedelta(minutes=15)).complete
