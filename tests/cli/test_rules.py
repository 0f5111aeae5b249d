"""`litwatch rules` and `litwatch retag` as a person types them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from litwatch.store.lock import run_lock
from world import World

Run = Callable[..., subprocess.CompletedProcess[str]]

ACID = """
[[treatment]]
id = "acid"
label = "Acid"
class = "topical_other"
terms = ["salicylic acid"]
matches = ["Salicylic acid was applied."]
ignores = ["Lactic acid was applied."]
"""
IVIG = """
[[treatment]]
id = "ivig"
label = "Intravenous immunoglobulin"
class = "immunoglobulin"
case_sensitive = ["IVIG"]
"""
CONFIG = """
[litwatch]
rules = [{rules}]

[ncbi]
email = "operator@example.org"

[[topics]]
id = "scleromyxedema"
query = "scleromyxedema[tiab]"
"""
LABELLED = {
    "id": "1",
    "record": {"title": "Scleromyxedema treated with salicylic acid"},
    "expected": {"treatments": [{"id": "acid", "role": "given"}], "topics": ["scleromyxedema"]},
}


@pytest.fixture
def litwatch(tmp_path: Path) -> Run:
    """Runs `litwatch` in a folder of its own, with an empty home."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LITWATCH", "XDG"))}

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "litwatch", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**inherited, "HOME": str(tmp_path)},
            input=stdin,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def acid(tmp_path: Path) -> Path:
    path = tmp_path / "acid.toml"
    path.write_text(ACID)
    return path


def configure(tmp_path: Path, *rules: str) -> None:
    names = ", ".join(f'"{name}"' for name in rules)
    (tmp_path / "config.toml").write_text(CONFIG.format(rules=names))


# ---- check -----------------------------------------------------------------------------------


def test_check_runs_the_examples_of_the_built_in_rules_without_a_configuration(
    litwatch: Run,
) -> None:
    result = litwatch("rules", "check")

    assert result.returncode == 0, result.stderr
    found = re.fullmatch(r"(\d+) rules and cues, (\d+) of \2 examples hold\n", result.stdout)
    assert found
    assert int(found[1]) > 300


def test_check_of_a_file_runs_the_examples_of_that_file(litwatch: Run, acid: Path) -> None:
    result = litwatch("rules", "check", "acid.toml")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "1 rules and cues, 2 of 2 examples hold\n"


def test_check_reads_the_files_of_the_configuration(
    litwatch: Run, acid: Path, tmp_path: Path
) -> None:
    configure(tmp_path, "acid.toml")
    acid.write_text(ACID.replace("Salicylic acid was", "Soap was"))

    result = litwatch("rules", "check")

    assert result.returncode == 1
    assert result.stderr == (
        f"litwatch: {acid}:2: treatment acid: matches: the rule is not found: Soap was applied.\n"
    )


def test_check_names_a_wrong_file_with_its_line_and_exits_2(litwatch: Run, acid: Path) -> None:
    acid.write_text(ACID.replace("terms", "trems") + '[[treatment]]\nid = "b"\n')

    result = litwatch("rules", "check", "acid.toml", "--json")

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "litwatch: acid.toml:2: treatment acid: unknown key: trems; did you mean terms?",
        "litwatch: acid.toml:9: treatment b: the key label is missing",
        "litwatch: acid.toml:9: treatment b: the key class is missing",
    ]


def test_check_names_a_file_that_is_not_there(litwatch: Run) -> None:
    result = litwatch("rules", "check", "absent.toml")

    assert result.returncode == 2
    assert result.stderr.startswith("litwatch: absent.toml: cannot be read: No such file")


def test_check_says_which_rules_have_no_examples(litwatch: Run, acid: Path) -> None:
    acid.write_text(IVIG)

    result = litwatch("rules", "check", "acid.toml")

    assert result.returncode == 0
    assert "acid.toml:2: treatment ivig: no example shows how it works" in result.stdout


def test_check_prints_one_document(litwatch: Run, acid: Path) -> None:
    acid.write_text(ACID.replace("Lactic", "Salicylic"))

    result = litwatch("rules", "check", "acid.toml", "--json")

    assert result.returncode == 1
    document = json.loads(result.stdout)
    assert (document["rules"], document["examples"]) == (1, 2)
    assert document["failures"] == [
        {
            "place": "acid.toml:2: treatment acid",
            "key": "ignores",
            "text": "Salicylic acid was applied.",
            "fault": "the rule is found",
        }
    ]


# ---- tag with rules of one's own ---------------------------------------------------------------


def test_tag_takes_further_rules_from_a_file_or_a_folder(litwatch: Run, acid: Path) -> None:
    record = json.dumps({"id": "1", **LABELLED["record"]})  # type: ignore[dict-item]

    for place in ("acid.toml", "."):
        result = litwatch("tag", "--rules", place, stdin=record)
        assert result.returncode == 0, result.stderr
        assert [one["id"] for one in json.loads(result.stdout)["treatments"]] == ["acid"]


# ---- evaluate --------------------------------------------------------------------------------


def test_evaluate_scores_labelled_records_and_lists_the_misses(
    litwatch: Run, acid: Path, tmp_path: Path
) -> None:
    (tmp_path / "labelled.jsonl").write_text(json.dumps(LABELLED) + "\n")

    with_rule = litwatch("rules", "evaluate", "labelled.jsonl", "--rules", "acid.toml")
    without = litwatch("rules", "evaluate", "labelled.jsonl")

    assert with_rule.returncode == without.returncode == 0
    assert re.search(r"(?m)^treatments found +1\.000 \(0\.207-1\.000\) ", with_rule.stdout)
    assert "misses" not in with_rule.stdout
    assert without.stdout.endswith(
        "1 misses\n1: treatment acid: expected given, got none: "
        "Scleromyxedema treated with salicylic acid\n"
    )


def test_evaluate_names_bad_lines_by_file_and_line_and_scores_the_rest(
    litwatch: Run, tmp_path: Path
) -> None:
    wrong = {**LABELLED, "expected": {"treatments": [{"id": "acid", "role": "worked"}]}}
    lines = ["{", "", json.dumps(LABELLED), json.dumps(wrong)]
    (tmp_path / "labelled.jsonl").write_text("\n".join(lines))

    result = litwatch("rules", "evaluate", "labelled.jsonl", "absent.jsonl", "--json")

    assert result.returncode == 1
    told = result.stderr.splitlines()
    assert told[0].startswith("litwatch: labelled.jsonl: line 1: not a record in JSON")
    assert told[1].startswith("litwatch: labelled.jsonl: line 4: 1: treatments acid: role 'worked'")
    assert told[2] == "litwatch: absent.jsonl: cannot be read: No such file or directory"
    document = json.loads(result.stdout)
    assert document["records"] == 1
    assert len(document["errors"]) == 3
    assert document["sums"]["treatments"]["missed"] == 1
    assert document["misses"][0] == {
        "id": "1",
        "what": "treatment",
        "tag": "acid",
        "expected": "given",
        "got": None,
        "sentence": "Scleromyxedema treated with salicylic acid",
    }


def test_evaluate_takes_the_rules_of_the_configuration(
    litwatch: Run, acid: Path, tmp_path: Path
) -> None:
    configure(tmp_path, "acid.toml")
    (tmp_path / "labelled.jsonl").write_text(json.dumps(LABELLED) + "\n")

    document = json.loads(litwatch("rules", "evaluate", "labelled.jsonl", "--json").stdout)

    assert document["treatments"]["acid"]["right"] == 1
    assert document["sums"]["topics"]["f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}


# ---- diff and retag ----------------------------------------------------------------------------


@pytest.fixture
def on_file(world: World, tmp_path: Path) -> Path:
    """A store that a run has filled, with a configuration whose rules are others since."""
    world.run()
    configure(tmp_path, "ivig.toml")
    rules = tmp_path / "ivig.toml"
    rules.write_text(IVIG)
    return rules


def test_diff_shows_what_the_next_run_would_change_with_the_sentence(
    litwatch: Run, on_file: Path
) -> None:
    result = litwatch("rules", "diff")

    assert result.returncode == 0, result.stderr
    assert re.search(
        r"(?m)^    - treatment ivig: (given|mentioned)\n        ivig: \S", result.stdout
    )
    assert re.search(r"(?m)^\d+ articles would be tagged otherwise$", result.stdout)
    assert litwatch("rules", "diff").stdout == result.stdout


def test_diff_compares_two_files_and_prints_one_document(
    litwatch: Run, on_file: Path, acid: Path
) -> None:
    document = json.loads(litwatch("rules", "diff", "acid.toml", "ivig.toml", "--json").stdout)

    assert list(document) == ["old", "new", "articles", "errors"]
    assert len(document["articles"]) > 10
    changes = [change for one in document["articles"] for change in one["changes"]]
    assert {change["kind"] for change in changes} >= {"lost"}
    assert all(change["sentence"] and change["rule"] for change in changes)
    same = litwatch("rules", "diff", "acid.toml", "acid.toml")
    assert same.stdout == "no article on file would be tagged otherwise\n"


def test_diff_of_one_place_is_a_fault_of_usage(litwatch: Run, on_file: Path) -> None:
    result = litwatch("rules", "diff", "ivig.toml")

    assert result.returncode == 2
    assert "name both OLD and NEW, or neither" in result.stderr


def test_retag_applies_changed_rules_at_once(litwatch: Run, on_file: Path) -> None:
    dry = litwatch("retag", "--dry-run")
    done = litwatch("retag")
    again = litwatch("retag", "--json")

    assert [one.returncode for one in (dry, done, again)] == [0, 0, 0], done.stderr
    assert dry.stdout == f"dry run, nothing written: {done.stdout}"
    assert re.fullmatch(
        r"\d+ articles tagged anew, \d+ of them otherwise: "
        r"\d+ gained, \d+ lost, \d+ changed\n",
        done.stdout,
    )
    document = json.loads(again.stdout)
    assert document.pop("version")
    assert document == {
        "articles": 0,
        "changed_articles": 0,
        "gained": 0,
        "lost": 0,
        "changed": 0,
        "errors": [],
    }
    assert litwatch("rules", "diff").stdout == "no article on file would be tagged otherwise\n"


def test_retag_beside_a_run_exits_75(litwatch: Run, on_file: Path) -> None:
    with run_lock(f"sqlite:///{on_file.parent / 'litwatch.db'}"):
        result = litwatch("retag")

    assert result.returncode == 75
