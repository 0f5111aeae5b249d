"""The commands as a person types them: a process each, its output, its messages, its exit code."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from litwatch.config import template
from litwatch.store.lock import run_lock
from world import World

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def litwatch(tmp_path: Path) -> Run:
    """Runs `litwatch` in a folder of its own, with an empty home."""

    def run(
        *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LITWATCH", "XDG"))}
        return subprocess.run(
            [sys.executable, "-m", "litwatch", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**inherited, "HOME": str(tmp_path), **(environ or {})},
            input=stdin,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def config_file(world: World, tmp_path: Path) -> Path:
    """The shipped configuration, pointed at the stand-in; its controls are papers of PubMed."""
    text = template().replace(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", world.stand_in.base_url
    )
    path = tmp_path / "config.toml"
    path.write_text(re.sub(r"(?m)^controls = \[[^\]]*\]", "", text), encoding="utf-8")
    return path


def faults(result: subprocess.CompletedProcess[str]) -> list[str]:
    return result.stderr.splitlines()


# ---- run -------------------------------------------------------------------------------------


def test_run_prints_the_contracts_json_and_nothing_else(litwatch: Run, config_file: Path) -> None:
    result = litwatch("run", "--json")

    report = json.loads(result.stdout)
    assert result.returncode == 0, result.stderr
    assert list(report) == ["started", "finished", "complete", "topics", "digests", "errors"]
    assert list(report["topics"][0]) == [
        "id",
        "count",
        "new",
        "updated",
        "pending",
        "withdrawn",
        "query_translation",
        "warnings",
        "error",
    ]
    assert list(report["digests"][0]) == [
        "subscriber",
        "articles",
        "corrections",
        "status",
        "message_id",
        "file",
    ]
    assert report["topics"][0]["new"] > 50
    assert Path(report["digests"][0]["file"]).exists()
    assert Path(report["digests"][0]["file"]).parent == config_file.parent / "outbox"


def test_a_run_beside_another_exits_75_and_still_prints_json(
    litwatch: Run, config_file: Path
) -> None:
    with run_lock(f"sqlite:///{config_file.parent / 'litwatch.db'}"):
        result = litwatch("run", "--json")

    assert result.returncode == 75
    assert json.loads(result.stdout)["errors"][0]["code"] == "locked"
    assert "another run is at work" in result.stderr


def test_five_faults_are_five_lines_and_exit_2(litwatch: Run, config_file: Path) -> None:
    text = config_file.read_text()
    text = text.replace("recheck_days = 90", "recheck_days = 0")
    text = text.replace('timezone = "Europe/Berlin"', 'timezone = "Europe/Berlim"')
    text = text.replace('fetch = "10 6 * * *"', 'fetch = "10 6 * * 1"')
    text = text.replace("[notify]\nemail", "[notify]\nemial")
    text += '\n[[topics]]\nid = "empty"\nquery = ""\n'
    config_file.write_text(text)

    result = litwatch("run")

    assert result.returncode == 2
    assert result.stdout == ""
    lines = faults(result)
    assert len(lines) == 5
    assert all(re.match(r"litwatch: config\.toml:\d+: ", line) for line in lines)
    assert any("email" in line for line in lines if "emial" in line)
    assert not (config_file.parent / "litwatch.db").exists()


def test_a_refused_key_exits_2_and_is_shown_nowhere(litwatch: Run, config_file: Path) -> None:
    key = "0123456789abcdef0123456789abcdef0123"

    result = litwatch("-vv", "run", environ={"LITWATCH_NCBI_API_KEY": key})

    assert result.returncode == 2
    assert "key" in result.stderr
    assert key not in result.stdout + result.stderr


def test_without_a_configuration_run_names_the_command_that_makes_one(litwatch: Run) -> None:
    result = litwatch("run")

    assert result.returncode == 2
    assert "litwatch init" in result.stderr


# ---- the other commands ------------------------------------------------------------------------


def test_init_writes_a_configuration_that_check_passes_and_never_overwrites(
    litwatch: Run, tmp_path: Path
) -> None:
    assert litwatch("init").returncode == 0
    assert litwatch("check").returncode == 0
    assert not (tmp_path / "litwatch.db").exists()

    again = litwatch("init")

    assert again.returncode == 2
    assert "not overwritten" in again.stderr


def test_check_names_a_treatment_that_no_rule_can_give(litwatch: Run, tmp_path: Path) -> None:
    litwatch("init")
    path = tmp_path / "config.toml"
    path.write_text(path.read_text().replace("treatments = []", 'treatments = ["ivigg"]'))

    result = litwatch("check")

    assert result.returncode == 2
    assert "ivigg" in result.stderr
    assert "did you mean ivig?" in result.stderr


def test_show_explains_an_article_and_status_the_runs(litwatch: Run, config_file: Path) -> None:
    litwatch("run")

    shown = litwatch("show", "99008011")
    as_json = json.loads(litwatch("show", "pubmed:99008011", "--json").stdout)
    status = litwatch("status")

    assert shown.returncode == 0
    assert "pubmed:99008011" in shown.stdout
    assert as_json["findings"]["id"] == "99008011"
    assert status.returncode == 0
    assert "complete" in status.stdout
    assert json.loads(litwatch("status", "--json").stdout)["articles"] > 90


def test_show_of_an_unknown_article_exits_1(litwatch: Run, config_file: Path) -> None:
    result = litwatch("show", "1")

    assert result.returncode == 1
    assert "not on file" in result.stderr


def test_tag_prints_a_line_a_record_and_each_evidence_is_the_text_at_its_offsets(
    litwatch: Run,
) -> None:
    title = "Scleromyxedema refractory to thalidomide: response to IVIG"

    result = litwatch("tag", stdin=json.dumps({"id": "a", "title": title}) + '\n\n{"id": "b"}\n')

    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert result.returncode == 0
    roles = {treatment["id"]: treatment["role"] for treatment in first["treatments"]}
    assert roles == {"thalidomide": "failed", "ivig": "given"}
    for treatment in first["treatments"]:
        for evidence in treatment["evidence"]:
            assert title[evidence["start"] : evidence["end"]] == evidence["text"]
    assert second["treatments"] == []


def test_tag_names_the_line_that_is_no_record_and_goes_on(litwatch: Run) -> None:
    result = litwatch("tag", stdin='{"id": "a"}\n{broken\n{"id": "b"}\n')

    assert result.returncode == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["a", "b"]
    assert "line 2" in result.stderr


def test_tag_of_a_file_that_is_not_there_is_a_line(litwatch: Run) -> None:
    result = litwatch("tag", "no-such-file.xml")

    assert result.returncode == 1
    assert faults(result) == [
        "litwatch: no-such-file.xml: cannot be read: No such file or directory"
    ]


def test_the_demo_leaves_the_third_issue(litwatch: Run, tmp_path: Path) -> None:
    result = litwatch("demo")

    assert result.returncode == 0, result.stderr
    folder = tmp_path / "litwatch-demo"
    assert "etraction" in (folder / "digest.txt").read_text()
    assert (folder / "digest.html").stat().st_size < 90_000
    assert len(list((folder / "outbox").glob("*.eml"))) == 3


def test_the_readme_shows_what_the_demo_prints(litwatch: Run) -> None:
    readme = Path(__file__).parents[2].joinpath("README.md").read_text()
    shown = readme.split("$ make demo\n")[1].split("\n`make demo`")[0]

    assert litwatch("demo").stdout.strip().splitlines() == [
        line.removeprefix("    ") for line in shown.rstrip().splitlines()
    ]


def test_help_names_every_command(litwatch: Run) -> None:
    result = litwatch("--help")

    assert result.returncode == 0
    commands = "run demo init check tag rules retag show status subscribers outbox digest"
    for command in commands.split():
        assert re.search(rf"(?m)^  {command} ", result.stdout)


def test_an_unknown_command_exits_2(litwatch: Run) -> None:
    assert litwatch("rum").returncode == 2


def test_the_demo_clears_no_folder_that_is_not_its_own(litwatch: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "litwatch.db").write_text("mine")

    result = litwatch("demo", "--output", "mine")

    assert result.returncode == 2
    assert "choose another folder" in result.stderr
    assert (tmp_path / "mine" / "litwatch.db").read_text() == "mine"


@pytest.mark.parametrize("command", ["run", "init", "tag", "show", "why", "why-not", "retag"])
def test_the_examples_of_a_help_stand_on_lines_of_their_own(litwatch: Run, command: str) -> None:
    shown = litwatch(command, "--help").stdout

    assert "\\b" not in shown
    assert re.search(rf"(?m)^  Examples?:\n    (litwatch|echo .*litwatch) {command}?", shown)
