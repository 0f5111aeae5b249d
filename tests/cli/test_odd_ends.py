"""What a script or a broken terminal does to the commands: always an answer, never a traceback."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from litwatch.config import template

NOWHERE = "http://127.0.0.1:9/"


def environment(home: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LITWATCH", "XDG"))}
    return {**inherited, "HOME": os.fspath(home)}


def litwatch(
    folder: Path, *arguments: str, redirect: str = "", environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command in the folder, by way of a shell with its redirections."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirect}', "sh", sys.executable, "-m", "litwatch", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment(folder), **(environ or {})},
        timeout=120,
        check=False,
    )


def configure(folder: Path, base_url: str = NOWHERE) -> Path:
    """The shipped configuration, pointed at another server."""
    text = template().replace("https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", base_url)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def has_one_line(result: subprocess.CompletedProcess[str], code: int) -> bool:
    """Whether the command ended with that code and one line that says why."""
    assert result.returncode == code, result.stderr
    assert re.fullmatch(r"litwatch: [^\n]+\n", result.stderr), result.stderr
    return True


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder whose database is none."""
    configure(tmp_path)
    (tmp_path / "litwatch.db").write_text("Dear colleague, this is no database.\n" * 200)
    return tmp_path


# ---- one JSON document -----------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["status"], ["check"], ["show", "1"], ["gaps"], ["run"]])
def test_a_broken_database_is_one_json_document(broken: Path, arguments: list[str]) -> None:
    result = litwatch(broken, *arguments, "--json")

    assert has_one_line(result, 1)
    (error,) = json.loads(result.stdout)["errors"]
    assert error["code"] == "store-error"
    assert "not a SQLite database" in error["message"]


def test_an_article_that_is_not_on_file_is_one_json_document(tmp_path: Path) -> None:
    configure(tmp_path)

    result = litwatch(tmp_path, "show", "1", "--json")

    assert has_one_line(result, 1)
    (error,) = json.loads(result.stdout)["errors"]
    assert error["code"] == "not-on-file"
    assert "pubmed:1: not on file" in error["message"]


def test_a_wrong_configuration_prints_nothing_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")

    result = litwatch(tmp_path, "status", "--json")

    assert result.returncode == 2
    assert result.stdout == ""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that lets everybody in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_an_interrupted_run_is_one_json_document_and_130(
    tmp_path: Path, silent: socket.socket
) -> None:
    configure(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/")
    with subprocess.Popen(
        [sys.executable, "-m", "litwatch", "run", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path),
    ) as process:
        silent.settimeout(60)
        with silent.accept()[0] as asked:
            assert asked.recv(4).strip()
            process.send_signal(signal.SIGINT)
            output, said = process.communicate(timeout=60)

    assert process.returncode == 130
    report = json.loads(output)
    assert list(report) == ["started", "finished", "complete", "topics", "digests", "errors"]
    assert not report["complete"]
    assert [error["code"] for error in report["errors"]] == ["interrupted"]
    assert "Traceback" not in said
    assert "litwatch: interrupted" in said


# ---- odd paths and streams -------------------------------------------------------------------


LONG = "n" * 300


@pytest.mark.parametrize(
    ("arguments", "environ"), [(["--config", LONG], {}), ([], {"LITWATCH_CONFIG": LONG})]
)
def test_a_name_too_long_for_a_file_is_not_found(
    tmp_path: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    assert has_one_line(litwatch(tmp_path, "status", *arguments, environ=environ), 2)


def test_records_are_awaited_from_an_input_that_is_closed(tmp_path: Path) -> None:
    result = litwatch(tmp_path, "tag", redirect="<&-")

    assert has_one_line(result, 1)
    assert "standard input is closed" in result.stderr


def test_a_file_is_tagged_while_the_input_is_closed(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text('{"id": "a"}\n')

    result = litwatch(tmp_path, "tag", "one.jsonl", redirect="<&-")

    assert result.returncode == 0
    assert json.loads(result.stdout)["id"] == "a"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["tag", "a"], ["--help"]])
def test_a_full_disk_behind_the_output_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    configure(tmp_path)
    (tmp_path / "a").write_text('{"id": "a"}\n')

    result = litwatch(tmp_path, *arguments, redirect=">/dev/full")

    assert has_one_line(result, 1)
    assert "standard output: No space left on device" in result.stderr


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["tag", "a"]])
def test_an_output_that_is_closed_breaks_nothing(tmp_path: Path, arguments: list[str]) -> None:
    configure(tmp_path)
    (tmp_path / "a").write_text('{"id": "a"}\n')

    result = litwatch(tmp_path, *arguments, redirect=">&-")

    assert result.returncode in {0, 1}
    assert "Traceback" not in result.stderr


def test_messages_that_nobody_can_read_change_no_exit_code(broken: Path) -> None:
    assert litwatch(broken, "status", redirect="2>&-").returncode == 1
    assert litwatch(broken, "run", redirect="2>&-").returncode == 1
    assert litwatch(broken, "status", redirect="2>/dev/full").returncode == 1


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_folder_whose_name_is_no_text_can_be_shown(tmp_path: Path, as_json: list[str]) -> None:
    folder = tmp_path / os.fsdecode(b"w\xff")
    folder.mkdir()
    configure(folder)

    result = litwatch(folder, "check", *as_json)

    assert result.returncode == 0, result.stderr
    assert "config.toml" in result.stdout
