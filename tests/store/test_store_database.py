"""The database's own ways: what fits, what outlives a power loss, and files with odd names."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from litwatch.errors import LitwatchError, MalformedRecord, StoreError
from litwatch.settings import sqlite_url
from litwatch.store import open_store
from litwatch.store.database import parse_url, passwords_of, place_of, reason
from litwatch.store.lock import run_lock


def message_of(url: str) -> str:
    """What opening that URL is refused with."""
    with pytest.raises(LitwatchError) as caught:
        open_store(url)
    return str(caught.value)


# ---- what does not fit, and what must outlive a power loss ---------------------------------------


@pytest.mark.parametrize("value", [2**63, "\ud800"], ids=["past 64 bits", "a lone surrogate"])
def test_a_value_that_does_not_fit_concerns_its_record_alone(
    url: str, value: object, monday: Any
) -> None:
    with open_store(url) as store:
        with pytest.raises(MalformedRecord, match=r"^a value does not fit the database: "):
            store._database.rows(text("SELECT :value"), value=value)

        store.runs.start(monday)
        assert len(store.runs.recent(9)) == 1


def test_what_was_made_durable_is_in_the_file_itself(
    url: str, database_file: Path, tmp_path: Path, monday: Any
) -> None:
    """The log is no longer needed, which may be in memory only when the power goes."""
    alone = tmp_path / "alone.db"
    with open_store(url) as store:
        store.make_durable()
        store.runs.start(monday)
        shutil.copy(database_file, alone)
        with open_store(f"sqlite:///{alone}", keep=False) as copy:
            assert copy.runs.recent(9) == ()

        store.make_durable()

        shutil.copy(database_file, alone)
        with open_store(f"sqlite:///{alone}", keep=False) as copy:
            assert len(copy.runs.recent(9)) == 1


def test_what_a_reader_keeps_from_being_made_durable_is_said(url: str, monday: Any) -> None:
    with open_store(url) as store, open_store(url) as reader:
        store.runs.start(monday)
        with reader._database.reading():
            assert reader.runs.recent(1)
            store.runs.start(monday)
            store._database.connection.connection.dbapi_connection.execute(
                "PRAGMA busy_timeout = 1"
            )
            with pytest.raises(StoreError, match="another process is reading it"):
                store.make_durable()
        store.make_durable()


def test_a_dry_run_has_nothing_to_make_durable(url: str, monday: Any) -> None:
    open_store(url).close()
    with open_store(url, keep=False) as store:
        store.runs.start(monday)
        store.make_durable()
        assert len(store.runs.recent(9)) == 1


# ---- names of files in URLs ----------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["w?x", "w#x%41", "with blanks", "ä", os.fsdecode(b"w\xff")])
def test_a_database_lies_in_its_folder_whatever_the_folders_name(
    tmp_path: Path, folder: str, monday: Any
) -> None:
    place = tmp_path / folder
    place.mkdir()
    url = sqlite_url(place / "a.db")

    with open_store(url) as store, run_lock(url):
        store.runs.start(monday)
        assert {path.name for path in place.iterdir()} >= {"a.db", "a.db.lock"}
    with open_store(url, keep=False) as store:
        assert len(store.runs.recent(9)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [folder]


def test_a_path_that_no_text_can_hold_is_shown_with_a_mark(tmp_path: Path) -> None:
    message = message_of(sqlite_url(tmp_path / os.fsdecode(b"w\xff") / "a.db"))

    assert f"{tmp_path}/w\ufffd/a.db" in message


def test_sqlite_takes_no_options(tmp_path: Path) -> None:
    message = message_of(f"sqlite:///{tmp_path}/l.db?timeout=abc")

    assert "nothing after a ?" in message
    assert list(tmp_path.iterdir()) == []


def test_a_password_among_the_options_is_shown_nowhere() -> None:
    url = parse_url(
        "postgresql+psycopg://user@h.example.org/x?password=s3%20cret&sslpassword=other"
    )
    said = Exception("cannot connect with password=s3 cret and other")

    assert place_of(url) == "postgresql+psycopg://user@h.example.org/x"
    assert reason(said, *passwords_of(url)) == "cannot connect with password=*** and ***"
