"""`litwatch init` and `litwatch check`: a configuration, and whether it is right."""

import click

from litwatch.cli.output import WELL, config_option, json_option, load_config, print_json
from litwatch.errors import ConfigError


@click.command()
@click.argument("path", metavar="[FILE]", required=False, type=click.Path())
def init(path: str | None) -> int:
    r"""Write a commented configuration to FILE (default: ./config.toml); never overwrite one.

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
@json_option
def check(*, config_path: str | None, as_json: bool) -> int:
    """Check the configuration, the rules and the database, without asking the network.

    Every fault is named with its line; with one, the exit code is 2.
    """
    config = load_config(config_path)
    from litwatch.checking import inspect

    findings = inspect(config)
    if as_json:
        print_json([{"what": what, "state": state} for what, state in findings])
    else:
        for what, state in findings:
            click.echo(f"{what}: {state}")
    return WELL
