"""The run lock: one holder, named, and gone with its process."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from litwatch.errors import Locked, StoreError
from litwatch.store.database import parse_url
from litwatch.store.lock import lock_path, run_lock

HOLD = """
import sys
from litwatch.store.lock import run_lock
with run_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_holds_the_lock(
    url: str, tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(Locked) as caught, run_lock(url):
        pytest.fail("two runs at once")

    message = str(caught.value)
    assert message.startswith(f"another run is at work (process {holder.pid}, since 20")
    assert message.endswith(f"it holds {tmp_path}/litwatch.db.lock")


def test_the_lock_of_a_killed_process_is_free(url: str, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()

    with run_lock(url), pytest.raises(Locked), run_lock(url):
        pytest.fail("two runs at once")


def test_the_lock_is_given_back_at_the_end_and_after_an_error(url: str) -> None:
    with pytest.raises(KeyError), run_lock(url):
        raise KeyError

    with run_lock(url):
        pass
    with run_lock(url), pytest.raises(Locked):
        run_lock(url).__enter__()


def test_the_lock_makes_no_database(url: str, tmp_path: Path) -> None:
    with run_lock(url):
        assert [path.name for path in tmp_path.iterdir()] == ["litwatch.db.lock"]


def test_a_link_to_the_database_is_held_by_the_same_lock(url: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link.db").symlink_to(tmp_path / "litwatch.db")
    (tmp_path / "folder").symlink_to(tmp_path)

    with run_lock(url):
        for name in ("other/link.db", "folder/litwatch.db", "other/../litwatch.db"):
            with pytest.raises(Locked), run_lock(f"sqlite:///{tmp_path}/{name}"):
                pytest.fail(name)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_needs_no_lock(url: str) -> None:
    assert lock_path(parse_url(url)) is None
    with run_lock(url), run_lock(url):
        assert lock_path(parse_url(url)) is None


def test_another_database_is_locked_by_its_name_without_its_password() -> None:
    names = [
        lock_path(parse_url(url))
        for url in (
            "postgresql+psycopg://a:one@db.example.org/litwatch",
            "postgresql+psycopg://b:two@db.example.org/litwatch",
            "postgresql+psycopg://a:one@db.example.org/other",
        )
    ]

    assert names[0] == names[1]
    assert names[0] != names[2]
    assert names[0] is not None
    assert names[0].parent == Path(tempfile.gettempdir())


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/missing/litwatch.db"

    with (
        pytest.raises(StoreError, match=r"missing/litwatch\.db\.lock: No such file"),
        run_lock(url),
    ):
        pytest.fail("locked nothing")


def test_a_link_in_place_of_the_lock_file_is_not_followed(url: str, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")
    (tmp_path / "litwatch.db.lock").symlink_to(precious)

    with pytest.raises(StoreError, match="lock file"), run_lock(url):
        pytest.fail("followed the link")

    assert precious.read_text() == "keep me"
