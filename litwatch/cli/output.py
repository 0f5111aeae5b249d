"""What the commands share: how they speak, and where they find the configuration."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypedDict

import click

if TYPE_CHECKING:  # pydantic is imported only where a configuration is read
    from pathlib import Path

    from litwatch.config import Config

WELL, FAILED, WRONG, LOCKED, INTERRUPTED = 0, 1, 2, 75, 130

config_option = click.option(
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(),
    help="The configuration; default: $LITWATCH_CONFIG, ./config.toml, then your config folder.",
)


class Settings(TypedDict, total=False):
    """What all commands are told; `owes` names the one that has to print a JSON document still."""

    quiet: bool
    owes: str


def _owe(context: click.Context, _option: click.Parameter, asked: bool) -> bool:
    if asked:
        context.obj["owes"] = context.info_name
    return asked


json_option = click.option(
    "--json", "as_json", is_flag=True, callback=_owe, help="Print one JSON document."
)


def say(text: str) -> None:
    """Says something to the person at the terminal, on standard error, if that can be written."""
    with suppress(OSError):
        click.echo(f"litwatch: {text}", err=True)


def print_json(document: object) -> None:
    """Prints one JSON document on one line; it is UTF-8, and what that cannot carry is escaped."""
    import json

    context = click.get_current_context(silent=True)
    if context and context.obj:
        context.obj.pop("owes", None)
    if sys.stdout is not None:
        line = json.dumps(document, ensure_ascii=False)
        sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")


def print_failure(settings: Settings, code: str, message: str) -> None:
    """Prints the JSON document that a command owes and could not make; `run` has its own form."""
    command = settings.pop("owes", "")
    if command == "run":
        from litwatch.cli.wording import failed

        print_json(failed(code, message).as_json())
    elif command:
        print_json({"errors": [{"code": code, "message": message, "topic": ""}]})


def load_config(path: str | None) -> "Config":
    """The configuration that was named, or the first that is found. Raises ConfigError."""
    from litwatch import config

    return config.load(find_config(path), os.environ)


def find_config(path: str | None) -> "Path":
    """The file that was named, or the first that is found. Raises ConfigError."""
    from pathlib import Path

    from litwatch import config

    return config.find(Path(path) if path else None, os.environ)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Shows how far the work is, on standard error and only where that is a terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
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
