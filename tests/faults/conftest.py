"""Benches for the faults; after each test no key may stand anywhere, and nothing be sent twice."""

import logging
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faults.bench import KEY, TOPICS, Bench, sample

from litwatch.demo.library import Library
from litwatch.demo.play import demo_config
from litwatch.demo.server import StandIn
from litwatch.settings import Secret, Topic
from world import FIRST_MONDAY

MakeBench = Callable[..., Bench]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxies are not the tests'; urllib keeps those of its first call."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)


def open_bench(
    folder: Path, library: Library, topics: tuple[Topic, ...] = (), **options: Any
) -> tuple[Bench, StandIn]:
    """A bench whose stand-in counts requests by the virtual time and knows the one key."""
    benches: list[Bench] = []
    stand_in = StandIn(
        library,
        lambda: benches[0].now if benches else FIRST_MONDAY,
        known_keys={KEY},
        monotonic=lambda: benches[0].monotonic() if benches else 0.0,
        drip_seconds=0.02,
        **options,
    )
    stand_in.__enter__()
    config = demo_config(folder, stand_in.base_url)
    watched = topics or tuple(topic for topic in config.topics if topic.id in TOPICS)
    config = replace(config, ncbi=replace(config.ncbi, api_key=Secret(KEY)), topics=watched)
    benches.append(Bench(stand_in, config))
    return benches[0], stand_in


@pytest.fixture
def make_bench(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[MakeBench]:
    """Makes benches over the sample records, or over a library and topics of a test's own."""
    caplog.set_level(logging.DEBUG, logger="litwatch")
    made: list[Bench] = []
    with ExitStack() as stack:

        def make(library: Library | None = None, *topics: Topic, **options: Any) -> Bench:
            folder = tmp_path / f"bench-{len(made)}"
            folder.mkdir()
            bench, stand_in = open_bench(folder, library or sample(), topics, **options)
            stack.push(stand_in)
            made.append(bench)
            return bench

        yield make
        for bench in made:
            _holds(bench, caplog)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A bench over the sample records."""
    return make_bench()


@pytest.fixture
def watching(bench: Bench, first_week: Path) -> Bench:
    """A bench with its first Monday behind it: the history is filed, and the first issue is out."""
    shutil.copytree(first_week, bench.config.outbox.parent, dirs_exist_ok=True)
    return bench


@pytest.fixture(scope="session")
def first_week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bench after its first run."""
    folder = tmp_path_factory.mktemp("first-week")
    bench, stand_in = open_bench(folder, sample())
    with stand_in:
        assert bench.week(1).is_well
    return folder


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The states of a bench that meets no fault, after none, one, two … of its weekly runs."""
    bench, stand_in = open_bench(tmp_path_factory.mktemp("clean"), sample())
    with stand_in:
        states: list[dict[str, object]] = [{}]
        for number in (1, 2, 3):
            assert bench.week(number).is_well
            states.append(bench.state())
    return states


def _holds(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """What no fault may break: the key stays secret, NCBI's manners are kept, nothing comes twice.

    NCBI wants tool and address in each request; and a POST, so that no URL holds the key.
    """
    said = "".join(repr(report.as_json()) for report in bench.reports)
    said += "".join(record.getMessage() for record in caplog.get_records("call"))
    assert KEY not in said
    for path in bench.files():
        assert KEY.encode() not in path.read_bytes(), path
    assert all(request.method == "POST" for request in bench.stand_in.log)
    assert not any(request.is_anonymous for request in bench.stand_in.log)
    assert bench.owed_twice() == 0
