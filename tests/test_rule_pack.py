"""The second rule pack, and docs/rules.md: each command line runs, and each key is named."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from litwatch.classify import classify
from litwatch.classify.examples import run_examples, without_examples
from litwatch.classify.rule_tables import KEYS
from litwatch.classify.rules import SENSES, load_ruleset, rule_files
from litwatch.classify.score import Found, Score, score
from litwatch.errors import SourceError
from litwatch.reading import read_articles, read_labelled

ROOT = Path(__file__).parent.parent
PACK = ROOT / "examples" / "systemic_sclerosis"
GUIDE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
RULESET = load_ruleset(rule_files([PACK / "rules"]))


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command line of the guide with the lines that it shows of the output."""
    lines = GUIDE.splitlines()
    for number, line in enumerate(lines):
        if command := re.match(r" {4,}\$ litwatch (.+)", line):
            shown = []
            for following in lines[number + 1 :]:
                if not following.startswith("    ") or "$ litwatch" in following:
                    break
                shown.append(following.strip())
            yield command[1], shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the examples, as the repository has them."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), list(commands()))
def test_each_command_of_the_guide_runs_and_prints_what_it_shows(
    folder: Path, command: str, shown: list[str]
) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LITWATCH", "XDG"))}

    result = subprocess.run(
        [sys.executable, "-m", "litwatch", *shlex.split(command)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**inherited, "HOME": str(folder)},
        timeout=120,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    printed = [line.strip() for line in result.stdout.splitlines()]
    assert [line for line in shown if line != "..." and line not in printed] == []


def test_the_guide_has_every_command_of_the_work_on_rules() -> None:
    found = {re.split(r" examples| --", command)[0] for command, _ in commands()}

    assert found >= {"rules check", "rules evaluate", "rules diff", "retag", "tag", "check"}


@pytest.mark.parametrize("kind", KEYS)
def test_the_guide_names_every_key(kind: str) -> None:
    assert [key for key in KEYS[kind] if f"`{key}`" not in GUIDE] == []


def test_the_table_of_cues_names_every_key_and_no_other() -> None:
    table = GUIDE.split("## A cue")[1].split("Roles, strongest")[0]

    assert set(re.findall(r"(?m)^\| `(\w+)` \|", table)) == set(KEYS["cue"])


def test_every_example_of_the_pack_holds_and_each_rule_has_some() -> None:
    own = [one for one in run_examples(RULESET) if str(PACK) in one.place]

    assert len(own) > 50
    assert [one for one in own if one.fault] == []
    assert [place for place in without_examples(RULESET) if str(PACK) in place] == []


def test_the_pack_breaks_no_example_of_the_built_in_rules() -> None:
    assert [one for one in run_examples(RULESET) if one.fault] == []


def test_the_pack_replaces_a_built_in_rule_and_adds_labels() -> None:
    treatments = RULESET.ids("treatment")
    topics = {tag for rule in RULESET.rules if rule.category == "topic" for tag in rule.tags}

    assert treatments.count("antifibrotic_new") == 1
    assert {"nintedanib", "pirfenidone", "ivig"} <= set(treatments)
    assert {"systemic_sclerosis", "morphea", "scleromyxedema"} <= topics


def test_the_sample_records_are_tagged_with_what_the_pack_adds() -> None:
    records = [
        record
        for record in read_articles(PACK / "records.jsonl", None)
        if not isinstance(record, SourceError)
    ]
    found = [classify(article, RULESET) for _, article in records]

    assert [[topic.value for topic in one.facts.topics] for one in found] == [
        ["systemic_sclerosis"],
        ["systemic_sclerosis"],
        ["morphea"],
    ]
    assert [{tag.tag.id for tag in one.treatments} for one in found] == [
        {"nintedanib", "mycophenolate"},
        {"ace_inhibitor"},
        {"methotrexate"},
    ]


def test_the_pack_scores_well_on_its_own_labelled_records() -> None:
    records = tuple(read_labelled(PACK / "labelled.jsonl"))
    assert not [record for record in records if isinstance(record, SourceError)]

    figures = score(
        [
            (record, classify(record.article, RULESET))
            for record in records
            if not isinstance(record, SourceError)
        ]
    )

    assert figures.records == len(records) >= 8
    assert f1(figures, "treatments") >= 0.9
    assert f1(figures, "organs") >= 0.9
    assert f1(figures, "topics") == 1


def f1(figures: Score, name: str) -> float:
    figure = figures.sums[name]
    assert isinstance(figure, Found)
    assert figure.f1
    return figure.f1.value


@pytest.mark.parametrize("about", SENSES)
def test_the_guide_names_every_role_of_a_cue(about: str) -> None:
    assert [role for role in SENSES[about] if f"`{role}`" not in GUIDE] == []
