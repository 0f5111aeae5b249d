"""Digests as files: whole or not at all, for their owner alone, named by no data."""

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.digest.files import erase, place_of, write
from litwatch.errors import DeliveryError

MESSAGE = b"Subject: a test\r\n\r\nFirst line\r\n"


def put(folder: Path, key: str = "2026-W48", message_id: str = "<a@b>", text: str = "Text") -> Path:
    return write(
        folder, period_key=key, message_id=message_id, message=MESSAGE, html="<p>", text=text
    )


def test_a_message_is_written_with_its_html_and_text_beside_it(tmp_path: Path) -> None:
    path = put(tmp_path / "outbox")

    assert re.fullmatch(r"2026-W48-[0-9a-f]{12}\.eml", path.name)
    assert path.read_bytes() == MESSAGE
    assert path.with_suffix(".html").read_text() == "<p>"
    assert path.with_suffix(".txt").read_text() == "Text"
    assert len(list(path.parent.iterdir())) == 3


def test_the_same_issue_is_written_over_itself_and_others_are_not(tmp_path: Path) -> None:
    first = put(tmp_path)

    assert put(tmp_path, text="Again") == first
    assert first.with_suffix(".txt").read_text() == "Again"
    assert put(tmp_path, message_id="<b@b>") != first
    assert put(tmp_path, key="2026-W49") != first
    assert len(list(tmp_path.iterdir())) == 9


@given(st.text(max_size=30) | st.just("../../etc/passwd"), st.text(max_size=30))
def test_no_data_chooses_a_path(
    tmp_path_factory: pytest.TempPathFactory, key: str, message_id: str
) -> None:
    folder = tmp_path_factory.mktemp("outbox")

    path = put(folder, key, message_id.encode("utf-8", "replace").decode())

    assert path.parent == folder
    assert re.fullmatch(r"[0-9A-Za-z-]*-[0-9a-f]{12}\.eml", path.name)


def test_a_folder_that_cannot_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    taken = tmp_path / "outbox"
    taken.write_text("a file")

    with pytest.raises(DeliveryError, match="cannot be written") as caught:
        put(taken)

    assert (caught.value.permanent, caught.value.batch) == (False, True)


def test_a_folder_that_no_text_can_hold_is_written_and_named_with_a_mark(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"w\xff")

    assert put(folder).parent == folder
    with pytest.raises(DeliveryError, match=r"w\ufffd/.*cannot be written") as caught:
        put(put(folder))

    assert str(caught.value).encode("utf-8")


def test_a_write_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DeliveryError, match="No space left"):
        put(tmp_path, text="New")

    assert path.with_suffix(".txt").read_text() == "Text"
    assert len(list(tmp_path.iterdir())) == 3


def test_files_and_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = put(tmp_path / "outbox")

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


def test_what_a_killed_run_left_is_cleared_by_the_next_and_by_erasing(tmp_path: Path) -> None:
    path = place_of(tmp_path, "2026-W48", "<a@b>")
    left = path.with_name(f".{path.name}.4711")
    left.write_text("To: somebody")

    assert put(tmp_path) == path
    assert not left.exists()

    path.with_name(f".{path.stem}.html.4712").write_text("somebody")
    put(tmp_path, message_id="<other@b>")
    erase(path)
    assert {each.stem for each in tmp_path.iterdir()} == {
        place_of(tmp_path, "2026-W48", "<other@b>").stem
    }


def test_what_was_never_written_is_erased_without_a_word(tmp_path: Path) -> None:
    erase(place_of(tmp_path / "none", "2026-W48", "<a@b>"))
