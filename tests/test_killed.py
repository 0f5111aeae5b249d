"""Killed with SIGKILL at any point and run again: every paper is stored once and mailed once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from litwatch.demo import records
from postbox import Postbox, Serve
from world import WEEK, MakeWorld, World

SCRIPT = Path(__file__).parent / "killed_run.py"
POINTS = 10
SOME = ("99008011", "99026111", "99026112", "99026114", "99026122", "99016011")
"""Enough of the sample records for a history, a week of news, and a retraction."""


def run_once(world: World, folder: Path, kill_at: int, *more: str) -> subprocess.CompletedProcess:
    """One run of its own process at the world's moment."""
    arguments = [str(folder), world.stand_in.base_url, world.now.isoformat(), str(kill_at), *more]
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def points(total: int) -> list[int]:
    """Points spread over a run, the first and the last call among them."""
    return sorted({1 + (total - 1) * step // (POINTS - 1) for step in range(POINTS)})


@pytest.fixture
def small_world(make_world: MakeWorld) -> World:
    """A world of few records, after its first run."""
    library = {pmid: states for pmid, states in records.load().items() if pmid in SOME}
    assert len(library) >= 5
    world = make_world(library)
    world.run()
    world.now += WEEK
    return world


def test_every_paper_is_stored_and_mailed_once_wherever_a_run_is_killed(
    small_world: World, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = small_world
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(tmp_path, whole, dirs_exist_ok=True)
    total = int(run_once(world, whole, 0).stdout)
    expected = state_of(world, whole)

    for point in points(total):
        folder = tmp_path_factory.mktemp(f"killed-{point}")
        shutil.copytree(tmp_path, folder, dirs_exist_ok=True)
        assert run_once(world, folder, point).returncode == -9
        assert run_once(world, folder, 0).returncode == 0
        assert state_of(world, folder) == expected, f"killed at call {point} of {total}"
        shutil.rmtree(folder)


def test_every_mail_has_one_message_id_wherever_a_run_is_killed(
    small_world: World,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    postbox: Postbox,
    serve: Serve,
) -> None:
    """The same bytes may come twice after a crash between the server's 250 and our commit."""
    world = small_world
    port = str(serve().port)
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(tmp_path, whole, dirs_exist_ok=True)
    total = int(run_once(world, whole, 0, port).stdout)
    ((_, _, only),) = postbox.kept

    for point in points(total)[-6:]:
        postbox.kept.clear()
        folder = tmp_path_factory.mktemp(f"killed-{point}")
        shutil.copytree(tmp_path, folder, dirs_exist_ok=True)
        assert run_once(world, folder, point, port).returncode == -9
        assert run_once(world, folder, 0, port).returncode == 0
        shutil.rmtree(folder)
        assert {content for _, _, content in postbox.kept} == {only}
        assert 1 <= len(postbox.kept) <= 2


def state_of(world: World, folder: Path) -> dict[str, object]:
    """What is on file, linked, delivered and written, without the times of day."""
    from litwatch.demo.play import demo_config
    from litwatch.store import open_store

    config = demo_config(folder, world.stand_in.base_url)
    with open_store(config.database, keep=False) as store:
        return {
            "known": store.articles.known(),
            "topics": {topic.id: store.articles.in_topic(topic.id) for topic in config.topics},
            "delivered": store.outbox.delivered("reader@example.org"),
            "outbox": sorted((row.message_id, row.state) for row in store.outbox.rows(99)),
            "files": sorted(path.name for path in config.outbox.iterdir()),
        }
