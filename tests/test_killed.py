"""Killed with SIGKILL at any point and run again: every paper is stored once and mailed once."""

import shutil
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from litwatch.demo import records
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
    small_world: World, tmp_path: Path
) -> None:
    world = small_world
    whole = tmp_path.parent / "whole"
    shutil.copytree(tmp_path, whole)
    total = int(run_once(world, whole, 0).stdout)
    expected = state_of(world, whole)

    for point in points(total):
        folder = tmp_path.parent / f"killed-{point}"
        shutil.copytree(tmp_path, folder)
        assert run_once(world, folder, point).returncode == -9
        assert run_once(world, folder, 0).returncode == 0
        assert state_of(world, folder) == expected, f"killed at call {point} of {total}"
        shutil.rmtree(folder)


def test_every_mail_has_one_message_id_wherever_a_run_is_killed(
    small_world: World, tmp_path: Path
) -> None:
    """The same bytes may come twice after a crash between the server's 250 and our commit."""
    world = small_world
    with mail_server() as (server, mails):
        port = str(server.port)
        whole = tmp_path.parent / "whole"
        shutil.copytree(tmp_path, whole)
        total = int(run_once(world, whole, 0, port).stdout)
        (only,) = mails
        for point in points(total)[-6:]:
            mails.clear()
            folder = tmp_path.parent / f"killed-{point}"
            shutil.copytree(tmp_path, folder)
            assert run_once(world, folder, point, port).returncode == -9
            assert run_once(world, folder, 0, port).returncode == 0
            shutil.rmtree(folder)
            assert set(mails) == {only}
            assert 1 <= mails[only] <= 2


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


class mail_server:  # noqa: N801 - used as a function
    """A real SMTP server that counts each message by its bytes and Message-ID."""

    def __init__(self) -> None:
        self._mails: Counter[tuple[str, bytes]] = Counter()
        self._server = Controller(self, hostname="127.0.0.1", port=0)

    def __enter__(self) -> tuple[Controller, Counter[tuple[str, bytes]]]:
        self._server.start()
        server = self._server.server
        assert server is not None
        self._server.port = server.sockets[0].getsockname()[1]
        return self._server, self._mails

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        self._mails[message_from_bytes(content)["Message-ID"], content] += 1
        return "250 OK"
