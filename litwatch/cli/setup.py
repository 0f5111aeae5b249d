"""`litwatch init` and `litwatch check`: a configuration, and whether it is right."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    config_option,
    find_config,
    json_option,
    print_json,
    progress_bar,
    say,
)
from litwatch.errors import ConfigError

if TYPE_CHECKING:  # pydantic is imported only where a configuration is read
    from litwatch.checking import LiveTopic
    from litwatch.config import Config

LONGEST_CLAUSE = 100
"""Characters of a clause that a line shows."""


@click.command()
@click.argument("path", metavar="[FILE]", required=False, type=click.Path())
def init(path: str | None) -> int:
    """Write a commented configuration to FILE (default: ./config.toml); never overwrite one.

    \b
    Example:
      litwatch init ~/.config/litwatch/config.toml
    """
    from pathlib import Path

    from litwatch import config

    target = Path(path or "config.toml")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(config.template())
    except FileExistsError as error:
        raise ConfigError(f"{target}: exists already, and is not overwritten") from error
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written: {error.strerror}") from error
    click.echo(f"wrote {target}")
    click.echo("Set your e-mail address in [ncbi] and [[subscribers]], then: litwatch check")
    return WELL


@click.command()
@config_option
@click.option("--live", is_flag=True, help="Ask NCBI for every clause's count and translation.")
@click.option(
    "--send-test", "send_to", metavar="ADDRESS", help="Mail a test message through [smtp]."
)
@json_option
@click.pass_obj
def check(
    settings: Mapping[str, Any],
    *,
    config_path: str | None,
    live: bool,
    send_to: str | None,
    as_json: bool,
) -> int:
    """Check the configuration, the queries, the rules and the database.

    Every fault is named with its line, those of the queries too (what PubMed would read otherwise);
    with one, the exit code is 2. What else the lint of the queries advises changes no exit code.
    With --live it is 1 where PubMed warned or a control is not found.

    \b
    Examples:
      litwatch check
      litwatch check --live
      litwatch check --send-test you@example.org
    """
    import os

    from litwatch.checking import advice, inspect, load

    config = load(find_config(config_path), os.environ)
    document: dict[str, Any] = {
        "checks": [{"what": what, "state": state} for what, state in inspect(config)],
        "advice": [{"topic": topic, **asdict(remark)} for topic, remark in advice(config.topics)],
    }
    if not as_json:
        _print_offline(document)
    if send_to:
        document["sent"] = _send_test(config, send_to, as_json=as_json)
    is_well = not live or _ask_live(config, document, quiet=settings["quiet"], as_json=as_json)
    if as_json:
        print_json({**document, "errors": []})
    return WELL if is_well else FAILED


def _print_offline(document: dict[str, Any]) -> None:
    for row in document["checks"]:
        click.echo(f"{row['what']}: {row['state']}")
    for row in document["advice"]:
        clause = _shortened(row["clause"])
        click.echo(f"{row['topic']}: {row['code']}: {clause}: {row['message']}")


def _send_test(config: "Config", address: str, *, as_json: bool) -> dict[str, str]:
    from datetime import UTC, datetime

    from litwatch.checking import send_test

    reply = send_test(config, address, datetime.now(UTC))
    if not as_json:
        click.echo(f"test message to {address}: accepted: {reply}")
    return {"to": address, "reply": reply}


def _ask_live(config: "Config", document: dict[str, Any], *, quiet: bool, as_json: bool) -> bool:
    """Adds what NCBI said to the document and prints it; True where all is well."""
    from litwatch.checking import ask_live

    with progress_bar(quiet=quiet or as_json) as progress:
        topics = ask_live(config, progress=progress)
    document["topics"] = [topic.as_json() for topic in topics]
    for topic in topics:
        if not as_json:
            for line in _live_lines(topic):
                click.echo(line)
        for line in _complaints(topic):
            say(line)
    return all(topic.is_well for topic in topics)


def _live_lines(topic: "LiveTopic") -> list[str]:
    """A topic's table: each clause's own count, what it adds, and what PubMed made of it."""
    if topic.count is None:
        return [f"{topic.id}: not answered"]
    controls = len(topic.controls_found) + len(topic.controls_missing)
    found = f", {len(topic.controls_found)} of {controls} controls found" if controls else ""
    lines = [f"{topic.id}: {topic.count} papers{found}", f"{'alone':>10} {'adds':>8}  clause"]
    for clause in topic.clauses:
        name = {"alternative": "", "requirement": "AND ", "exclusion": "NOT "}[clause.kind]
        text = _shortened(clause.clause)
        lines.append(f"{clause.count:>10} {clause.adds:>+8}  {name}{text}")
        lines.append(f"{'':>19}  = {_shortened(clause.query_translation)}")
    return lines


def _complaints(topic: "LiveTopic") -> list[str]:
    """What wants to be looked at, a line each."""
    missing = [
        f"{topic.id}: control-failed: the query does not find PMID {pmid}, as it always must"
        for pmid in topic.controls_missing
    ]
    warned = [f"{topic.id}: {notice.code}: {notice.message}" for notice in topic.notices]
    failed = [f"{topic.id}: {topic.error}"] if topic.error else []
    empty = [f"{topic.id}: the query finds nothing: look at it"] if topic.count == 0 else []
    return [*failed, *empty, *missing, *warned]


def _shortened(text: str) -> str:
    """A clause on one line of bearable length."""
    return text if len(text) <= LONGEST_CLAUSE else f"{text[: LONGEST_CLAUSE - 1]}…"
