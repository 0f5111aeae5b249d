"""`litwatch subscribers`: who the readers are, and whether they get anything."""

import sys

import click

from litwatch.cli.output import WELL, config_option, json_option, load_config, print_json
from litwatch.errors import ConfigError

ADDRESS = click.argument("address")


@click.group()
def subscribers() -> None:
    """List the readers; pause, resume or remove one.

    What a reader wants is in the configuration. Whether the reader gets it is kept in the database,
    and beats the configuration.
    """


@subscribers.command("list")
@config_option
@json_option
def list_(*, config_path: str | None, as_json: bool) -> int:
    """List every address that the configuration or the database knows, and how it stands.

    States: active; new (no run has seen it); paused; suppressed (the server knows no such mailbox);
    removed; left (the configuration names it no more).

    \b
    Example:
      litwatch subscribers list --json
    """
    config = load_config(config_path)
    from datetime import UTC, datetime

    from litwatch.readers import readers

    known = readers(config, datetime.now(UTC))
    if as_json:
        print_json([reader.as_json() for reader in known])
        return WELL
    for reader in known:
        for line in reader.lines():
            click.echo(line)
    if not known:
        click.echo(f"no reader: add a [[subscribers]] table to {config.path.name}")
    return WELL


@subscribers.command()
@ADDRESS
@config_option
def pause(address: str, *, config_path: str | None) -> int:
    """Write nothing for the reader at ADDRESS until resumed; what becomes owed waits.

    A digest that is in the outbox already waits too.

    \b
    Example:
      litwatch subscribers pause a.reader@example.org
    """
    config = load_config(config_path)
    from litwatch import readers

    click.echo(readers.pause(config, address))
    return WELL


@subscribers.command()
@ADDRESS
@config_option
def resume(address: str, *, config_path: str | None) -> int:
    """End a pause or a suppression of ADDRESS, or bring back, as a new reader, one who was removed.

    What became owed meanwhile comes in one issue, the next.

    \b
    Example:
      litwatch subscribers resume a.reader@example.org
    """
    config = load_config(config_path)
    from litwatch import readers

    click.echo(readers.resume(config, address))
    return WELL


@subscribers.command()
@ADDRESS
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def remove(address: str, *, yes: bool, config_path: str | None) -> int:
    """Erase the reader at ADDRESS: the address, the stored mails and their files, what was owed.

    A keyed hash of the address stays, so that a configuration that still names it brings nobody
    back; `litwatch subscribers resume` does.

    \b
    Example:
      litwatch subscribers remove a.reader@example.org --yes
    """
    config = load_config(config_path)
    from datetime import UTC, datetime
    from secrets import token_bytes

    from litwatch import readers

    if not yes:
        if sys.stdin is None or not sys.stdin.isatty():
            raise ConfigError(f"{address}: nobody can be asked here: add --yes to erase it unasked")
        click.confirm(f"Erase {address} and all mails to it?", abort=True, err=True)
    salt = token_bytes(readers.SALT_BYTES)
    click.echo(readers.remove(config, address, now=datetime.now(UTC), salt=salt))
    return WELL
