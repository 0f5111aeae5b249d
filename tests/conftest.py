"""What every test shares: a stand-in of PubMed at a virtual time, and a configuration for it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from litwatch.demo import records
from litwatch.demo.library import Library, Revision
from litwatch.demo.play import WEEKS, demo_config
from litwatch.demo.server import StandIn
from postbox import Postbox, Serve, serving
from world import FIRST_MONDAY, MakeWorld, World


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes worlds: over the sample records, or over records of a test's own."""
    opened: list[StandIn] = []

    def make(library: Mapping[str, Sequence[Revision]] | None = None) -> World:
        moment: list[World] = []
        stand_in = StandIn(
            Library(records.load() if library is None else library),
            lambda: moment[0].now if moment else FIRST_MONDAY,
            rate_limit=False,
            known_keys={"demo-key"},
        )
        opened.append(stand_in)
        stand_in.__enter__()
        world = World(stand_in, demo_config(tmp_path, stand_in.base_url))
        moment.append(world)
        return world

    yield make
    for stand_in in opened:
        stand_in.__exit__(None, None, None)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """The demo's world at its first Monday."""
    assert FIRST_MONDAY in WEEKS
    return make_world()


@pytest.fixture
def postbox() -> Postbox:
    """What a mail server keeps, and what it answers."""
    return Postbox()


@pytest.fixture
def serve(postbox: Postbox) -> Iterator[Serve]:
    """Starts a mail server on the loopback and says how to reach it."""
    with serving(postbox) as start:
        yield start
