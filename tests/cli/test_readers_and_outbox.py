"""`litwatch subscribers`, `outbox` and `digest` as a person types them."""

import email
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litwatch.cli.outbox import STATES
from litwatch.store.lock import run_lock
from litwatch.store.outbox import BEFORE
from world import WEEK, World

READER = "reader@example.org"
CONFIG = f"""
[ncbi]
email = "operator@example.org"

[[topics]]
id = "scleromyxedema"
query = "scleromyxedema[tiab]"

[[subscribers]]
name = "A. Reader"
email = "{READER}"
treatments = ["ivig"]
"""

Run = Callable[..., subprocess.CompletedProcess[Any]]


@pytest.fixture
def litwatch(world: World, tmp_path: Path) -> Run:
    """Runs a command beside a store that two runs have filled."""
    world.run()
    world.run_after(WEEK)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LITWATCH", "XDG"))}

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        return subprocess.run(
            [sys.executable, "-m", "litwatch", *arguments],
            **{"capture_output": True, "text": True, **options},
            cwd=tmp_path,
            env={**inherited, "HOME": str(tmp_path), "BROWSER": "echo opened %s"},
            timeout=120,
            check=False,
        )

    return run


def well(result: subprocess.CompletedProcess[str]) -> str:
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def wrong(result: subprocess.CompletedProcess[str]) -> str:
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_a_reader_is_listed_paused_resumed_and_removed(litwatch: Run, tmp_path: Path) -> None:
    (reader,) = json.loads(well(litwatch("subscribers", "list", "--json")))
    assert (reader["email"], reader["state"], reader["last_state"]) == (READER, "active", "written")
    assert reader["filters"] == ["treatments: ivig"]

    assert ": paused: " in well(litwatch("subscribers", "pause", READER))
    lines = well(litwatch("subscribers", "list")).splitlines()
    assert lines[0] == f"{READER}: paused"
    assert "    wants: weekly; treatments: ivig" in lines
    assert ": resumed: " in well(litwatch("subscribers", "resume", "Reader@Example.org"))

    unasked = "nobody can be asked here: add --yes"
    assert unasked in wrong(litwatch("subscribers", "remove", READER))
    assert ": removed: " in well(litwatch("subscribers", "remove", READER, "--yes"))
    assert list((tmp_path / "outbox").iterdir()) == []
    (reader,) = json.loads(well(litwatch("subscribers", "list", "--json")))
    assert reader["state"] == "removed"
    assert json.loads(well(litwatch("outbox", "list", "--json"))) == []


def test_an_unknown_address_is_one_line_with_the_nearest_known_one(litwatch: Run) -> None:
    for command in (("pause",), ("resume",), ("remove", "--yes")):
        assert wrong(litwatch("subscribers", *command, "reder@example.org")) == (
            "litwatch: no reader has the address 'reder@example.org': "
            "the nearest known is reader@example.org"
        )


def test_a_run_at_work_keeps_every_hand_off(litwatch: Run, tmp_path: Path) -> None:
    with run_lock(f"sqlite:///{tmp_path / 'litwatch.db'}"):
        for command in (
            ("subscribers", "pause", READER),
            ("outbox", "drop", "1"),
            ("digest", "resend", READER),
        ):
            result = litwatch(*command)
            assert result.returncode == 75
            assert "another run is at work" in result.stderr
        well(litwatch("subscribers", "list"))
        well(litwatch("outbox", "list"))


def test_removing_asks_first_where_a_person_can_answer(litwatch: Run) -> None:
    person, terminal = pty.openpty()
    os.write(person, b"n\n")

    refused = litwatch("subscribers", "remove", READER, stdin=terminal)

    os.close(person)
    os.close(terminal)
    assert refused.returncode == 130
    assert f"Erase {READER} and all mails to it?" in refused.stderr
    (reader,) = json.loads(well(litwatch("subscribers", "list", "--json")))
    assert reader["state"] == "active"


def test_the_outbox_is_listed_and_a_digest_shown(litwatch: Run, tmp_path: Path) -> None:
    rows = json.loads(well(litwatch("outbox", "list", "--json", "--state", "written")))
    assert [(row["id"], row["period"]) for row in rows] == [(2, "2026-W46"), (1, "2026-W45")]
    assert "2026-W46" in well(litwatch("outbox", "list", "--limit", "1"))
    assert well(litwatch("outbox", "list", "--state", "failed")) == "no digest is failed\n"

    (eml,) = (tmp_path / "outbox").glob("2026-W46-*.eml")
    shown = well(litwatch("outbox", "show", "2"))
    assert re.search(rf"(?m)^To: <?{READER}", shown)
    assert f"Subject: {rows[0]['subject']}" in shown
    assert eml.with_suffix(".txt").read_text(encoding="utf-8") in shown
    message = litwatch("outbox", "show", "2", "--eml", text=False)
    assert message.stdout == eml.read_bytes()
    assert email.message_from_bytes(message.stdout)["Message-ID"] == rows[0]["message_id"]
    assert well(litwatch("outbox", "show", "2", "--html")).startswith("<!DOCTYPE html>")
    assert wrong(litwatch("outbox", "show", "9")).endswith("number 9: litwatch outbox list")


def test_what_cannot_be_retried_is_said_and_exits_1(litwatch: Run) -> None:
    result = litwatch("outbox", "retry", "1")

    assert (result.returncode, result.stdout) == (1, "")
    assert "litwatch digest resend reader@example.org --period 2026-W45" in result.stderr
    assert well(litwatch("outbox", "retry", "--all")) == "no digest failed or is deferred\n"
    assert litwatch("outbox", "retry").returncode == 2
    assert litwatch("outbox", "retry", "1", "--all").returncode == 2
    assert wrong(litwatch("outbox", "drop", "1")).endswith("there is nothing to drop")


def test_a_digest_is_resent_as_files_where_there_is_no_relay(litwatch: Run, tmp_path: Path) -> None:
    said = well(litwatch("digest", "resend", READER, "--period", "2026-W45"))

    assert "digest 1, 2026-W45, to reader@example.org" in said
    assert str(tmp_path / "outbox") in said
    (row,) = (r for r in json.loads(well(litwatch("outbox", "list", "--json"))) if r["id"] == 1)
    assert (row["state"], row["attempts"]) == ("written", 1)


def test_a_preview_is_written_where_it_is_told(litwatch: Run, tmp_path: Path) -> None:
    said = well(litwatch("digest", "preview", READER, "--output", "shown.html"))

    assert said.splitlines()[0] == f"{READER}: 0 papers, 0 corrections"
    assert said.splitlines()[2:] == ["  shown.html", "  shown.txt"]
    assert (tmp_path / "shown.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "nothing new" in (tmp_path / "shown.txt").read_text(encoding="utf-8").lower()


def test_a_preview_is_opened_where_that_is_asked_for(litwatch: Run, tmp_path: Path) -> None:
    said = well(litwatch("digest", "preview", "--open", "--output", "shown.html"))

    assert said.splitlines()[-1] == f"opened {(tmp_path / 'shown.html').as_uri()}"


def test_a_preview_without_a_file_lands_in_a_temporary_one_and_opens_no_browser(
    litwatch: Run,
) -> None:
    said = well(litwatch("digest", "preview"))

    page = Path(said.splitlines()[2].strip())
    assert page.name == "preview.html"
    assert page.exists()
    assert page.with_suffix(".txt").exists()


@pytest.mark.parametrize(
    "command",
    [
        *(("subscribers", name) for name in ("list", "pause", "resume", "remove")),
        *(("outbox", name) for name in ("list", "show", "retry", "drop")),
        *(("digest", name) for name in ("preview", "resend")),
    ],
    ids=" ".join,
)
def test_the_help_of_each_command_gives_an_example(command: tuple[str, str]) -> None:
    from click.testing import CliRunner

    from litwatch.cli import cli

    result = CliRunner().invoke(cli, [*command, "--help"])

    assert result.exit_code == 0
    assert re.search(rf"Examples?:\n +litwatch {' '.join(command)}", result.output)


def test_the_states_that_can_be_asked_for_are_those_of_the_outbox() -> None:
    assert set(STATES) == {*BEFORE, "skipped"}
