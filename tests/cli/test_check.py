"""`litwatch check` as a person types it: what it prints, and its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from litwatch.settings import Smtp
from postbox import Postbox, Serve
from world import World

Check = Callable[..., subprocess.CompletedProcess[str]]

CONFIG = """
[ncbi]
email = "operator@example.org"
base_url = "{base_url}"

[[topics]]
id = "mucinoses"
query = '{query}'
controls = [{controls}]
"""
QUERY = "scleromyxedema*[tiab] OR scleromyxoedema*[tiab]"


@pytest.fixture
def check(world: World, tmp_path: Path) -> Check:
    """Runs `litwatch check` on a small configuration that points at the stand-in."""

    def run(
        *arguments: str, query: str = QUERY, controls: str = "", smtp: Smtp | None = None
    ) -> subprocess.CompletedProcess[str]:
        text = CONFIG.format(base_url=world.stand_in.base_url, query=query, controls=controls)
        if smtp:
            text += f'[smtp]\nhost = "{smtp.host}"\nport = {smtp.port}\nsecurity = "none"\n'
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LITWATCH", "XDG"))}
        return subprocess.run(
            [sys.executable, "-m", "litwatch", "check", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**kept, "HOME": str(tmp_path), "LITWATCH_NCBI_API_KEY": "demo-key"},
            timeout=120,
            check=False,
        )

    return run


def said(result: subprocess.CompletedProcess[str]) -> list[str]:
    """What the command said; that the stand-in's clock is another one is said in the log."""
    return [line for line in result.stderr.splitlines() if line.startswith("litwatch: ")]


def test_advice_is_printed_and_changes_no_exit_code(check: Check, world: World) -> None:
    result = check(query="tumor[ti]")

    assert result.returncode == 0
    assert "topics: 1 (mucinoses)" in result.stdout
    assert "mucinoses: missing-spelling: tumor[ti]: " in result.stdout
    assert result.stderr == ""
    assert world.stand_in.log == ()


def test_a_fault_of_a_query_exits_2(check: Check) -> None:
    result = check(query="ab*[ti] OR skin[ti]")

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("litwatch: config.toml:8: topics.1.query: truncation: ")


def test_faults_of_queries_are_named_with_those_of_the_configuration(check: Check) -> None:
    result = check(query="ab*[ti] OR skin[ti]", controls='"x"')

    assert result.returncode == 2
    assert "topics.1.controls" in result.stderr
    assert "config.toml:8: topics.1.query: truncation: " in result.stderr


def test_a_placeholder_address_is_told(check: Check) -> None:
    assert "address: operator@example.org is a placeholder" in check().stdout


def test_offline_json_holds_checks_and_advice(check: Check) -> None:
    document = json.loads(check("--json", query="tumor[ti]").stdout)

    assert list(document) == ["checks", "advice", "errors"]
    assert document["checks"][1] == {"what": "topics", "state": "1 (mucinoses)"}
    assert list(document["advice"][0]) == ["topic", "code", "message", "clause", "is_fault"]
    assert document["errors"] == []


def test_live_prints_a_table_and_exits_0_where_pubmed_has_nothing_to_say(check: Check) -> None:
    result = check("--live", controls="99008011")

    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    heading = next(n for n, line in enumerate(lines) if line.startswith("mucinoses: "))
    assert lines[heading].endswith(" papers, 1 of 1 controls found")
    assert lines[heading + 1].split() == ["alone", "adds", "clause"]
    alone, adds, clause = lines[heading + 2].split()
    assert int(alone) >= int(adds) > 0
    assert clause == "scleromyxedema*[tiab]"
    assert lines[heading + 3].strip() == '= "scleromyxedema*"[Title/Abstract]'
    assert said(result) == []


def test_live_exits_1_where_a_control_is_missing_or_pubmed_warned(check: Check) -> None:
    missing = check("--live", controls="1")
    warned = check("--live", query=f'{QUERY} OR "quite unheard of words"[tiab]')

    assert missing.returncode == warned.returncode == 1
    assert said(missing) == [
        "litwatch: mucinoses: control-failed: the query does not find PMID 1, as it always must"
    ]
    (warning,) = said(warned)
    assert warning.startswith("litwatch: mucinoses: phrase-not-found: ")


def test_live_exits_1_where_a_query_finds_nothing(check: Check) -> None:
    result = check("--live", query='"no such thing"[tiab:~0]')

    assert result.returncode == 1
    assert said(result) == ["litwatch: mucinoses: the query finds nothing: look at it"]


def test_live_json_is_one_document_with_every_clause(check: Check) -> None:
    result = check("--live", "--json", controls="1")

    assert result.returncode == 1
    document = json.loads(result.stdout)
    (topic,) = document["topics"]
    assert [clause["clause"] for clause in topic["clauses"]] == QUERY.split(" OR ")
    assert topic["controls_missing"] == ["1"]
    assert topic["count"] == sum(clause["adds"] for clause in topic["clauses"])


def test_a_block_exits_1_and_still_prints_json(check: Check, world: World) -> None:
    world.stand_in.fail("esearch", "blocked")

    result = check("--live", "--json")

    assert result.returncode == 1
    assert json.loads(result.stdout)["errors"][0]["code"] == "source-blocked"
    assert "info@ncbi.nlm.nih.gov" in result.stderr


def test_a_test_message_is_sent_and_the_servers_answer_shown(
    check: Check, postbox: Postbox, serve: Serve
) -> None:
    result = check("--send-test", "operator@example.org", smtp=serve())

    assert result.returncode == 0, result.stderr
    assert "test message to operator@example.org: accepted: 250 kept as 17" in result.stdout
    assert postbox.recipients() == ["operator@example.org"]


def test_a_refused_test_message_exits_1(check: Check, postbox: Postbox, serve: Serve) -> None:
    postbox.answers["RCPT", "nobody@example.org"] = "550 no such user here"

    result = check("--send-test", "nobody@example.org", smtp=serve())

    assert result.returncode == 1
    assert "550 no such user here" in result.stderr


def test_without_smtp_a_test_message_is_a_fault_that_says_so(check: Check) -> None:
    result = check("--send-test", "operator@example.org")

    assert result.returncode == 2
    assert "config.toml has no [smtp]" in result.stderr
