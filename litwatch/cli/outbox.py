"""`litwatch outbox`: the digests that were written, and what became of each."""

import sys
from typing import TYPE_CHECKING

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    config_option,
    json_option,
    load_config,
    print_json,
    say,
)

if TYPE_CHECKING:  # SQLAlchemy is imported only where the store is opened
    from litwatch.store.outbox import OutboxRow, State

STATES = ("queued", "sending", "sent", "written", "deferred", "failed", "skipped", "dropped")
NUMBER = click.IntRange(min=1, max=2**62)


@click.group()
def outbox() -> None:
    """List the digests, show one, try one again, or drop it."""


@outbox.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option(
    "--limit", type=NUMBER, default=50, show_default=True, help="At most so many, newest first."
)
@config_option
@json_option
def list_(*, state: "State | None", limit: int, config_path: str | None, as_json: bool) -> int:
    """List the digests, the newest first: number, when, state, period, reader, what it holds.

    \b
    Example:
      litwatch outbox list --state failed
    """
    config = load_config(config_path)
    from litwatch import outgoing

    rows = outgoing.digests(config, state, limit)
    if as_json:
        print_json([outgoing.as_json(row) for row in rows])
        return WELL
    for row in rows:
        click.echo(outgoing.line(row))
    if not rows:
        click.echo("no digest" + (f" is {state}" if state else " yet: litwatch run"))
    return WELL


@outbox.command()
@click.argument("number", metavar="ID", type=NUMBER)
@click.option("--eml", "form", flag_value="eml", help="The mail to the byte, as it is sent.")
@click.option("--html", "form", flag_value="html", help="The HTML alone.")
@config_option
def show(number: int, *, form: str | None, config_path: str | None) -> int:
    """Show digest ID: what became of it, its headers and its text.

    \b
    Examples:
      litwatch outbox show 7
      litwatch outbox show 7 --eml > digest.eml
    """
    config = load_config(config_path)
    from litwatch import outgoing

    row = outgoing.digest(config, number)
    if form == "eml" and sys.stdout is not None:
        sys.stdout.buffer.write(row.message)
    elif form == "html":
        click.echo(row.html)
    elif form is None:
        _show(row)
    return WELL


def _show(row: "OutboxRow") -> None:
    from litwatch import outgoing

    click.echo(outgoing.line(row))
    if row.last_reply:
        click.echo(f"last reply: {row.last_reply}")
    if row.file:
        click.echo(f"file: {row.file}")
    click.echo("")
    for name, value in outgoing.headers(row):
        click.echo(f"{name}: {value}")
    click.echo("")
    click.echo(row.text)


@outbox.command()
@click.argument("numbers", metavar="ID...", nargs=-1, type=NUMBER)
@click.option("--all", "every", is_flag=True, help="All that failed or are deferred.")
@config_option
def retry(numbers: tuple[int, ...], *, every: bool, config_path: str | None) -> int:
    """Make digest ID due now: the next run sends it, the same bytes under the same Message-ID.

    A failed digest whose papers came in a later one is not sent again: no paper is sent twice. Exit
    code 1 says that some digest cannot be sent.

    \b
    Examples:
      litwatch outbox retry 7
      litwatch outbox retry --all
    """
    if every == bool(numbers):
        raise click.UsageError("name digests by their numbers, or give --all")
    config = load_config(config_path)
    from datetime import UTC, datetime

    from litwatch import outgoing

    outcomes = outgoing.retry(config, numbers, datetime.now(UTC))
    for outcome in outcomes:
        if outcome.is_done:
            click.echo(outcome.message)
        else:
            say(outcome.message)
    if not outcomes:
        click.echo("no digest failed or is deferred")
    return WELL if all(outcome.is_done for outcome in outcomes) else FAILED


@outbox.command()
@click.argument("number", metavar="ID", type=NUMBER)
@config_option
def drop(number: int, *, config_path: str | None) -> int:
    """See that digest ID is not sent any more; what it held is owed again.

    Where a run died while it was sent, or the server's answer was lost, it may have arrived, and
    its papers count as delivered.

    \b
    Example:
      litwatch outbox drop 7
    """
    config = load_config(config_path)
    from datetime import UTC, datetime

    from litwatch import outgoing

    click.echo(outgoing.drop(config, number, datetime.now(UTC)))
    return WELL
