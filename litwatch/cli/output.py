"""What the commands share: how they speak, and where they find the configuration."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # pydantic is imported only where a configuration is read
    from litwatch.config import Config

WELL, FAILED, WRONG, LOCKED, INTERRUPTED = 0, 1, 2, 75, 130

config_option = click.option(
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(),
    help="The configuration; default: $LITWATCH_CONFIG, ./config.toml, then your config folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def say(text: str) -> None:
    """Says something to the person at the terminal, on standard error."""
    click.echo(f"litwatch: {text}", err=True)


def print_json(document: object) -> None:
    """Prints one JSON document on standard output."""
    import json

    click.echo(json.dumps(document, ensure_ascii=False))


def load_config(path: str | None) -> "Config":
    """The configuration that was named, or the first that is found. Raises ConfigError."""
    from pathlib import Path

    from litwatch import config

    named = Path(path) if path else None
    return config.load(config.find(named, os.environ), os.environ)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Shows how far the work is, on standard error and only where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _doing, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(doing: str, done: int, of: int) -> None:
            task = tasks.setdefault(doing, TaskID(-1))
            if task == -1:
                task = tasks[doing] = bar.add_task(doing, total=of)
            bar.update(task, completed=done, total=of)

        yield show
