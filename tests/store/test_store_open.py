"""Opening a database: errors in one line, and no trace of what is not to be kept."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from litwatch.errors import LitwatchError, StoreError
from litwatch.models import Article, Findings
from litwatch.store import Store, open_store
from litwatch.store.database import reason


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def message_of(url: str, *, keep: bool = True) -> str:
    """What opening that URL is refused with."""
    with pytest.raises(LitwatchError) as caught:
        open_store(url, keep=keep)
    return str(caught.value)


# ---- what goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [True, False])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, *, keep: bool) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear colleague, this is not a database.\n" * 200)
    before = files(tmp_path)

    message = message_of(f"sqlite:///{letter}", keep=keep)

    assert message.startswith(f"database {letter}: it is not a SQLite database")
    assert "\n" not in message
    assert files(tmp_path) == before


@pytest.mark.parametrize("keep", [True, False])
def test_a_folder_is_no_database(tmp_path: Path, *, keep: bool) -> None:
    message = message_of(f"sqlite:///{tmp_path}", keep=keep)

    assert "it cannot be opened" in message or "it cannot be read or written" in message


def test_a_folder_that_is_missing_is_not_made(tmp_path: Path) -> None:
    message = message_of(f"sqlite:///{tmp_path}/missing/litwatch.db")

    assert "it cannot be opened: see that its folder exists" in message
    assert files(tmp_path) == {}


def test_a_damaged_database_is_said_to_be_damaged(url: str, database_file: Path) -> None:
    open_store(url).close()
    content = bytearray(database_file.read_bytes())
    content[100:4096] = b"\xff" * 3996
    database_file.write_bytes(content)

    assert "it is damaged: restore a backup" in message_of(url)


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Permissions bind root only while it is somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder that all may read and nobody but root may write, with a database in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_store(f"sqlite:///{folder}/old.db").close()
        (folder / "old.db").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["old.db", "new.db"])
def test_a_read_only_folder_is_refused_in_one_line(read_only_folder: Path, name: str) -> None:
    with as_an_ordinary_user():
        message = message_of(f"sqlite:///{read_only_folder}/{name}")

    assert message.startswith(f"database {read_only_folder}/{name}: it cannot be ")
    assert "\n" not in message


def test_a_dry_run_needs_no_permission_to_write(read_only_folder: Path) -> None:
    with (
        as_an_ordinary_user(),
        open_store(f"sqlite:///{read_only_folder}/old.db", keep=False) as store,
    ):
        assert store.articles.known() == frozenset()


def test_a_full_disk_is_said_to_be_full_and_nothing_half_is_kept(
    url: str, article: Article, findings: Findings, monday: Any
) -> None:
    with open_store(url) as store:
        run_id = store.runs.start(monday)
        connection = store._database.connection
        with store._database.reading():
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        def fill() -> None:
            with store.transaction():
                for number in range(100):
                    one = Article(f"pubmed:{number}", title="long " * 1000)
                    store.articles.save(one, findings, rules_version="1", run_id=run_id, at=monday)

        with pytest.raises(StoreError, match="the disk is full: make room and run again"):
            fill()

        assert store.articles.known() == frozenset()
        with store._database.reading():
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        store.articles.save(article, findings, rules_version="1", run_id=run_id, at=monday)
    with open_store(url) as store:
        assert store.articles.known() == {article.uid}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("litwatch.db", "not a database URL"),
        ("postgresql+psycopg://user:s3cret@host:port/litwatch", "not a database URL"),
        ("mysql://user:s3cret@localhost/litwatch", "mysql is not supported: use sqlite:///FILE"),
        ("postgresql+pg8000://user:s3cret@localhost/x", "needs a package that is not installed"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained_without_its_password(url: str, said: str) -> None:
    message = message_of(url)

    assert said in message
    assert "s3cret" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("password", "line"),
    [
        ("s3cret", 'no entry for user "a", password "***"'),
        ("", 'no entry for user "a", password "s3cret"'),
    ],
)
def test_the_server_s_words_are_told_in_one_line_without_the_password(
    password: str, line: str
) -> None:
    said = Exception('no entry for user "a", password "s3cret"\nDETAIL: more')

    assert reason(OperationalError("SELECT 1", {}, said), password) == line


# ---- what is not to be kept ------------------------------------------------------------------


def fill(store: Store, article: Article, findings: Findings, monday: Any) -> None:
    run_id = store.runs.start(monday)
    store.articles.save(article, findings, rules_version="1", run_id=run_id, at=monday)
    store.articles.link(article.uid, "scleromyxedema", run_id=run_id, news=True)


def test_a_dry_run_sees_what_is_on_file_and_what_it_would_do_and_leaves_the_bytes_alone(
    url: str, tmp_path: Path, article: Article, findings: Findings, monday: Any
) -> None:
    with open_store(url) as store:
        fill(store, article, findings, monday)
    before = files(tmp_path)
    second = Article("pubmed:90000002", title="Another")

    with open_store(url, keep=False) as store:
        fill(store, second, findings, monday)
        assert store.articles.known() == {article.uid, second.uid}
        assert files(tmp_path) == before

    assert files(tmp_path) == before
    with open_store(url) as store:
        assert store.articles.known() == {article.uid}


def test_a_dry_run_without_a_database_makes_none(
    url: str, tmp_path: Path, article: Article, findings: Findings, monday: Any
) -> None:
    with open_store(url, keep=False) as store:
        fill(store, article, findings, monday)
        assert store.articles.count(["scleromyxedema"]) == 1

    assert files(tmp_path) == {}


def test_a_dry_run_rolls_back_a_part_and_goes_on(
    url: str, article: Article, findings: Findings, monday: Any
) -> None:
    with open_store(url, keep=False) as store:

        def break_off() -> None:
            with store.transaction():
                fill(store, article, findings, monday)
                raise KeyError

        with pytest.raises(KeyError):
            break_off()

        assert store.articles.known() == frozenset()
        fill(store, article, findings, monday)
        assert store.articles.known() == {article.uid}


def test_a_dry_run_reads_what_a_dead_run_left_in_the_log_and_leaves_it_there(
    url: str, tmp_path: Path, database_file: Path
) -> None:
    open_store(url).close()
    dies = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "connection.execute(\"INSERT INTO runs (started, blocked) VALUES ('2026-11-02', 0)\")\n"
        "connection.commit()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", dies, database_file], check=False)
    before = {name: content for name, content in files(tmp_path).items() if "-shm" not in name}
    assert set(before) == {"litwatch.db", "litwatch.db-wal"}

    database = open_store(url, keep=False)._database
    with database.reading():
        count = database.connection.exec_driver_sql("SELECT count(*) FROM runs").scalar()
    database.close()

    after = files(tmp_path)
    assert count == 1
    assert {name: after[name] for name in before} == before


def test_a_dry_run_and_a_real_one_do_not_hold_each_other_up(
    url: str, article: Article, findings: Findings, monday: Any
) -> None:
    with open_store(url) as real, real.transaction():
        fill(real, article, findings, monday)
        with open_store(url, keep=False) as dry:
            assert dry.articles.known() == frozenset()
            fill(dry, article, findings, monday)
        real.runs.start(monday)

    with open_store(url) as store:
        assert len(store.runs.recent(9)) == 2


# ---- transactions ----------------------------------------------------------------------------


def test_a_transaction_is_all_or_nothing_and_one_within_it_is_a_savepoint(
    store: Store, monday: Any
) -> None:
    def break_off() -> None:
        with store.transaction():
            with store.transaction():
                store.runs.start(monday)
            raise KeyboardInterrupt

    with store.transaction():
        store.runs.start(monday)
        with pytest.raises(KeyboardInterrupt):
            break_off()
        store.runs.start(monday)
    assert len(store.runs.recent(9)) == 2

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert len(store.runs.recent(9)) == 2


def test_what_another_process_wrote_is_seen_by_the_next_read(url: str, monday: Any) -> None:
    with open_store(url) as one, open_store(url) as other:
        assert one.runs.recent(9) == ()
        other.runs.start(monday)

        assert len(one.runs.recent(9)) == 1


def test_a_writer_that_waits_in_vain_says_so(url: str, monday: Any) -> None:
    with open_store(url) as one, open_store(url) as other:
        with other._database.reading():
            other._database.connection.exec_driver_sql("PRAGMA busy_timeout = 1")
        with one.transaction():
            one.runs.start(monday)
            with pytest.raises(StoreError, match="another process is writing to it: run again"):
                other.runs.start(monday)
            assert other.runs.recent(9) == ()
        other.runs.start(monday)

        assert len(one.runs.recent(9)) == 2


def test_a_file_may_have_signs_in_its_name(tmp_path: Path, monday: Any) -> None:
    file = tmp_path / "100% für #1.db"
    with open_store(f"sqlite:///{file}") as store:
        store.runs.start(monday)
    before = files(tmp_path)

    with open_store(f"sqlite:///{file}", keep=False) as store:
        runs = store.runs.recent(9)

    assert len(runs) == 1
    assert files(tmp_path) == before
    assert set(before) == {file.name}


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds the readers' addresses and their mails."""
    with open_store(f"sqlite:///{tmp_path / 'litwatch.db'}") as store:
        store.runs.start(datetime(2026, 11, 23, tzinfo=UTC))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {0o600}
