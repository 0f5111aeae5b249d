"""A preview: what the reader would get now, from the store alone, and nothing comes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from litwatch import readers
from litwatch.errors import ConfigError
from litwatch.previewing import preview, write
from world import WEEK, World

READER = "reader@example.org"


def test_a_preview_of_what_is_owed_is_the_issue_that_comes(world: World) -> None:
    """The reader pauses, so that it is owed and not written, and resumes."""
    world.run()
    readers.pause(world.config, READER)
    world.run_after(WEEK)

    shown = preview(world.config, READER)
    readers.resume(world.config, READER)
    report = world.run()

    assert shown.remark == f"{READER} is paused: litwatch subscribers resume {READER}"
    assert (shown.articles, shown.corrections) == (6, 0)
    path = Path(report.digests[0].file or "")
    assert shown.issue.page == path.with_suffix(".html").read_text(encoding="utf-8")
    assert shown.issue.text == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_a_preview_asks_nothing_and_leaves_every_byte_as_it_was(world: World) -> None:
    world.run()
    database = world.config.outbox.parent / "litwatch.db"
    before, calls = database.read_bytes(), len(world.stand_in.log)

    preview(world.config, None)

    assert database.read_bytes() == before
    assert len(world.stand_in.log) == calls


def test_a_new_reader_sees_the_first_issue(world: World) -> None:
    world.run()
    new = replace(world.config.subscribers[0], email="new@example.org")
    world.configure(subscribers=(*world.config.subscribers, new))

    shown = preview(world.config, "New@Example.org")

    assert shown.email == "new@example.org"
    assert shown.articles == 5
    assert "on file" in shown.issue.subject


def test_without_an_address_the_first_reader_is_shown(world: World) -> None:
    world.run()

    assert preview(world.config, None).email == READER


def test_it_is_said_that_an_empty_issue_would_be_skipped(world: World) -> None:
    world.run()
    world.configure(subscribers=(replace(world.config.subscribers[0], empty="skip"),))

    assert "would be skipped" in preview(world.config, None).remark


def test_what_cannot_be_previewed_is_said_in_one_line(world: World) -> None:
    with pytest.raises(ConfigError, match="no complete run of the reader's topics yet"):
        preview(world.config, None)
    world.run()
    with pytest.raises(ConfigError, match=r"no reader has the address 'x@example\.org'"):
        preview(world.config, "x@example.org")
    world.configure(subscribers=())
    with pytest.raises(ConfigError, match="names no reader"):
        preview(world.config, None)


def test_page_and_text_lie_side_by_side(world: World, tmp_path: Path) -> None:
    world.run()
    shown = preview(world.config, None)

    page, text = write(shown.issue, str(tmp_path / "issue.html"))

    assert (page.name, text.name) == ("issue.html", "issue.txt")
    assert page.read_text(encoding="utf-8") == shown.issue.page
    assert text.read_text(encoding="utf-8") == shown.issue.text
    with pytest.raises(ConfigError, match=r"name the page FILE\.html"):
        write(shown.issue, str(tmp_path / "issue.txt"))
    with pytest.raises(ConfigError, match="cannot be written"):
        write(shown.issue, str(tmp_path / "none" / "issue.html"))
