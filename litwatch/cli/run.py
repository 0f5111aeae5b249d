"""`litwatch run`: one complete run."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    config_option,
    json_option,
    load_config,
    print_json,
    progress_bar,
    say,
)
from litwatch.errors import ConfigError, KeyRefused, LitwatchError
from litwatch.reports import Report, RunError


@click.command()
@config_option
@click.option("--topic", "topics", multiple=True, metavar="ID", help="Only this topic (repeat).")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be done; write, send nothing.")
@click.option("--no-send", is_flag=True, help="Leave the digests in the outbox.")
@json_option
@click.pass_obj
def run(
    settings: dict[str, bool],
    *,
    config_path: Path | None,
    topics: tuple[str, ...],
    dry_run: bool,
    no_send: bool,
    as_json: bool,
) -> int:
    r"""One complete run: fetch, tag, store, send what is due.

    \b
    Examples:
      litwatch run --dry-run
      litwatch run --topic scleromyxedema --json
    """
    config = load_config(config_path)
    from litwatch.pipeline import run_once

    quiet = settings["quiet"]
    try:
        with progress_bar(quiet=quiet or as_json) as progress:
            report = run_once(
                config, topics=topics, dry_run=dry_run, send=not no_send, progress=progress
            )
    except (ConfigError, KeyRefused):
        raise
    except LitwatchError as error:
        if as_json:
            print_json(failed(error).as_json())
        raise
    if as_json:
        print_json(report.as_json())
    elif not quiet:
        for line in lines(report, dry_run=dry_run):
            click.echo(line)
    for line in complaints(report):
        say(line)
    return WELL if report.is_well else FAILED


def failed(error: LitwatchError) -> Report:
    """The report of a run that could not begin."""
    now = datetime.now(UTC)
    return Report(now, now, complete=False, errors=(RunError(code_of(error), str(error)),))


def code_of(error: LitwatchError) -> str:
    """The error's code in JSON: `StoreError` -> `store-error`."""
    name = type(error).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def lines(report: Report, *, dry_run: bool = False) -> list[str]:
    """The report for a person: a line a topic, a line a digest, a line in sum."""
    found = [
        f"{topic.id}: {topic.count} in PubMed, {topic.new} new, {topic.updated} updated"
        + (f", {topic.pending} pending" if topic.pending else "")
        + (f", {topic.withdrawn} withdrawn" if topic.withdrawn else "")
        for topic in report.topics
        if topic.error is None
    ]
    sent = [
        f"{digest.subscriber}: {digest.status}, {digest.articles} papers, "
        f"{digest.corrections} corrections" + (f": {shorten(digest.file)}" if digest.file else "")
        for digest in report.digests
    ]
    seconds = (report.finished - report.started).total_seconds()
    end = "complete" if report.complete else "not complete"
    prefix = "dry run, nothing written: " if dry_run else ""
    return [*found, *sent, f"{prefix}{end} in {seconds:.1f} s"]


def complaints(report: Report) -> list[str]:
    """What went wrong or wants to be looked at, a line each."""
    warned = [
        f"{topic.id}: {warning.code}: {warning.message}"
        for topic in report.topics
        for warning in topic.warnings
    ]
    return warned + [
        f"{error.topic}: {error.message}" if error.topic else error.message
        for error in report.errors
    ]


def shorten(path: str) -> str:
    """The path from where the person stands, where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path
