"""The pace of calls: shared, steady, and never the reason that a run hangs."""

import fcntl
import logging
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from litwatch.fetch.pace import INTERVAL_SECONDS, INTERVAL_WITH_KEY_SECONDS, Pace

BOOK = """
import sys
from pathlib import Path
from litwatch.fetch.pace import Pace
pace = Pace(Path(sys.argv[1]), float(sys.argv[2]), sleep=lambda seconds: None)
for _ in range(20):
    print(repr(pace.wait()))
"""


def most_in_a_second(moments: list[float]) -> int:
    """How many of the moments fall into the fullest window of one second."""
    ordered = sorted(moments)
    return max(sum(start <= moment < start + 1 for moment in ordered) for start in ordered)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pace"


@pytest.fixture
def make(virtual_time, path: Path):
    def build(interval: float = INTERVAL_SECONDS) -> Pace:
        return Pace(path, interval, sleep=virtual_time.sleep, monotonic=virtual_time.monotonic)

    return build


@pytest.mark.parametrize(
    ("interval", "allowed"), [(INTERVAL_SECONDS, 3), (INTERVAL_WITH_KEY_SECONDS, 10)]
)
def test_several_processes_together_keep_to_ncbis_limit(
    path: Path, interval: float, allowed: int
) -> None:
    command = [sys.executable, "-c", BOOK, str(path), str(interval)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    moments = [float(line) for process in processes for line in process.communicate()[0].split()]

    assert len(moments) == 60
    assert allowed - 1 <= most_in_a_second(moments) <= allowed


def test_who_holds_the_file_is_waited_for(make, path: Path) -> None:
    make().wait()
    came: list[float] = []
    waiting = Thread(target=lambda: came.append(make().wait()))
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting.start()
        waiting.join(0.1)
        assert came == []
        fcntl.flock(file, fcntl.LOCK_UN)
    waiting.join()

    assert came == [1000.4]


def test_threads_together_keep_to_the_limit(make) -> None:
    pace = make()
    moments: list[float] = []
    threads = [Thread(target=lambda: moments.append(pace.wait())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(moments) == 12
    assert most_in_a_second(moments) <= 3


def test_who_wakes_late_takes_a_late_moment_and_the_next_one_keeps_its_distance(
    make, path: Path, virtual_time
) -> None:
    """Moments that are taken before the sleep would bring its call close to the next one's."""
    pace = make()
    pace.wait()
    late = Pace(
        path=path,
        interval_seconds=INTERVAL_SECONDS,
        sleep=lambda seconds: virtual_time.sleep(seconds + 0.35),
        monotonic=virtual_time.monotonic,
    )

    assert [late.wait(), pace.wait()] == [pytest.approx(1000.75), pytest.approx(1001.15)]


def test_who_sleeps_while_another_takes_the_moment_sleeps_again(make, virtual_time) -> None:
    pace, other = make(), make()
    pace.wait()
    taken = []

    def sleep(seconds: float) -> None:
        virtual_time.sleep(seconds)
        if not taken:
            taken.append(other.wait())

    pace._sleep = sleep

    assert pace.wait() == pytest.approx(1000.8)
    assert taken == [pytest.approx(1000.4)]


def test_the_first_call_does_not_wait_and_the_next_one_does(make, virtual_time) -> None:
    pace = make()

    assert (pace.wait(), pace.wait()) == (1000.0, 1000.4)
    assert virtual_time.sleeps == [pytest.approx(0.4)]


def test_who_comes_late_enough_does_not_wait(make, virtual_time) -> None:
    make().wait()
    virtual_time.now += 0.4

    assert make().wait() == 1000.4
    assert virtual_time.sleeps == []


def test_the_folder_of_the_file_is_made(make, path: Path) -> None:
    make().wait()

    assert float(path.read_text()) == 1000.4


def test_a_moment_from_before_a_reboot_is_ignored(make, path: Path, virtual_time) -> None:
    """The monotonic clock begins anew, so that moment seems to be days ahead."""
    make().wait()
    virtual_time.now = 5.0

    assert make().wait() == 5.0
    assert virtual_time.sleeps == []
    assert float(path.read_text()) == 5.4


@pytest.mark.parametrize("content", [b"", b"soon", b"nan", b"inf", b"-inf", b"1e999", b"\xff\x00"])
def test_a_file_with_anything_else_in_it_is_as_a_new_one(make, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    assert make().wait() == 1000.0
    assert float(path.read_text()) == 1000.4


def test_a_pace_of_its_own_is_kept_where_the_file_cannot_be_used(
    tmp_path: Path, virtual_time, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / "pace"
    pace = Pace(path, 0.4, sleep=virtual_time.sleep, monotonic=virtual_time.monotonic)

    moments = [pace.wait() for _ in range(3)]

    assert moments == [pytest.approx(1000 + 0.4 * number) for number in range(3)]
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING
    assert str(path) in warning.getMessage()


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A file of the user's that is none of a pace."""
    other = tmp_path / "other"
    other.write_text("dear to somebody")
    other.chmod(0o644)
    return other


@pytest.mark.parametrize("lead_there", [Path.symlink_to, Path.hardlink_to])
def test_a_link_in_the_files_place_harms_nothing(
    make, path: Path, other: Path, caplog: pytest.LogCaptureFixture, lead_there
) -> None:
    """The name in the folder for temporary files can be foretold."""
    path.parent.mkdir()
    lead_there(path, other)
    pace = make()

    assert [pace.wait(), pace.wait()] == [1000.0, 1000.4]
    assert other.read_text() == "dear to somebody"
    assert other.stat().st_mode & 0o777 == 0o644
    (warning,) = caplog.records
    assert str(path) in warning.getMessage()


def test_a_file_of_another_user_is_neither_heeded_nor_written(
    make, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_text("1050.0")
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    pace = make()

    assert [pace.wait(), pace.wait()] == [1000.0, 1000.4]
    assert path.read_text() == "1050.0"
    (warning,) = caplog.records
    assert "not a file of this user alone" in warning.getMessage()


def test_a_pipe_in_the_files_place_is_not_waited_for(make, path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)

    assert make().wait() == 1000.0


@pytest.mark.parametrize("before", [None, 0o644, 0o666])
def test_nobody_else_can_open_the_file(make, path: Path, before: int | None) -> None:
    """Who can open it can lock it, and would hold every call."""
    if before:
        path.parent.mkdir()
        path.touch()
        path.chmod(before)

    make().wait()

    assert path.stat().st_mode & 0o777 == 0o600


def test_the_own_pace_goes_on_when_somebody_removes_the_file(make, path: Path) -> None:
    pace = make()
    pace.wait()
    path.unlink()

    assert pace.wait() == 1000.4


def test_slowing_down_holds_everybody_and_halves_the_own_pace(make, virtual_time) -> None:
    pace, other = make(), make()
    pace.wait()
    pace.slow_down(5.0)

    moments = [other.wait(), pace.wait(), pace.wait()]

    assert moments == [1005.0, pytest.approx(1005.4), pytest.approx(1006.2)]


def test_slowing_down_again_and_again_stops_nobody_for_long(make, virtual_time) -> None:
    pace = make()
    for _ in range(20):
        pace.slow_down(3600.0)
    other = make()

    other.wait()
    pace.wait()
    pace.wait()

    assert virtual_time.sleeps == [30.0, pytest.approx(0.4), pytest.approx(2.0)]


# ---- the users of one database -----------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    database = tmp_path / "litwatch.db"
    database.touch()
    database.chmod(0o664)
    return database


def of_user(name: str, database: Path, virtual_time) -> Pace:
    """The pace of a user with a home of his own."""
    path = database.parent / name / "pace"
    clock = {"sleep": virtual_time.sleep, "monotonic": virtual_time.monotonic}
    return Pace(path, INTERVAL_SECONDS, database=database, **clock)


def test_users_of_one_database_share_a_pace_beside_it(database: Path, virtual_time) -> None:
    paces = [of_user(name, database, virtual_time) for name in ("daemon", "operator")]

    moments = [pace.wait() for _ in range(3) for pace in paces]

    assert moments == [pytest.approx(1000 + 0.4 * number) for number in range(6)]
    assert (database.parent / "litwatch.db.pace").stat().st_mode & 0o777 == 0o660


def test_databases_of_one_user_share_the_pace_of_the_user(tmp_path: Path, virtual_time) -> None:
    paces = []
    for name in ("one.db", "two.db"):
        (tmp_path / name).touch()
        paces.append(of_user("daemon", tmp_path / name, virtual_time))

    assert [pace.wait() for pace in paces] == [1000.0, 1000.4]


def test_a_database_that_is_not_there_gets_no_file_beside_it(
    database: Path, virtual_time, caplog: pytest.LogCaptureFixture
) -> None:
    database.unlink()

    of_user("daemon", database, virtual_time).wait()

    assert [path.name for path in database.parent.iterdir()] == ["daemon"]
    assert caplog.records == []


@pytest.mark.parametrize("lead_there", [Path.symlink_to, Path.hardlink_to])
def test_a_link_beside_the_database_harms_nothing(
    database: Path, other: Path, virtual_time, caplog: pytest.LogCaptureFixture, lead_there
) -> None:
    lead_there(database.parent / "litwatch.db.pace", other)
    pace = of_user("daemon", database, virtual_time)

    assert [pace.wait(), pace.wait()] == [1000.0, 1000.4]
    assert other.read_text() == "dear to somebody"
    assert other.stat().st_mode & 0o777 == 0o644
    (warning,) = caplog.records
    assert "litwatch.db.pace" in warning.getMessage()


def test_a_strangers_file_beside_the_database_is_not_waited_for(
    database: Path, virtual_time, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In a folder where anybody may make files, he would hold every call."""
    beside = database.parent / "litwatch.db.pace"
    beside.write_text("1050.0")
    fstat = os.fstat

    def of_a_stranger(descriptor: int) -> os.stat_result:
        mode, inode, device, links, uid, gid, *rest = fstat(descriptor)
        return os.stat_result((mode, inode, device, links, uid + 1, gid + 1, *rest))

    monkeypatch.setattr("os.fstat", of_a_stranger)
    pace = of_user("daemon", database, virtual_time)

    assert [pace.wait(), pace.wait()] == [1000.0, 1000.4]
    assert beside.read_text() == "1050.0"
    assert "not a file of those who may write the database" in caplog.text
