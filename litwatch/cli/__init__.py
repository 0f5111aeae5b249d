"""The command line: the only home of printing and exit codes, one module a group of commands.

Data goes to standard output, everything else to standard error. A command that was asked for JSON
prints one document whatever happens, but for a wrong configuration. Exit codes: 0 well, 1 something
failed or needs attention, 2 configuration or usage is wrong and nothing was stored, 75 another run
holds the lock, 130 interrupted. Heavy modules are imported by the command that needs them, so that
`litwatch --help` is instant.
"""

import io
import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from litwatch import __version__
from litwatch.cli.demo import demo
from litwatch.cli.digest import digest
from litwatch.cli.ledger import accept, gaps
from litwatch.cli.outbox import outbox
from litwatch.cli.output import (
    FAILED,
    INTERRUPTED,
    LOCKED,
    WELL,
    WRONG,
    Settings,
    print_failure,
    say,
)
from litwatch.cli.rules import retag, rules
from litwatch.cli.run import run
from litwatch.cli.setup import check, init
from litwatch.cli.show import show, status
from litwatch.cli.subscribers import subscribers
from litwatch.cli.tag import tag
from litwatch.cli.why import why, why_not
from litwatch.errors import ConfigError, KeyRefused, LitwatchError, Locked

LEVELS = ("WARNING", "INFO", "DEBUG")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="litwatch", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", count=True, help="Say more on standard error (-vv: everything).")
@click.option("--quiet", is_flag=True, help="Say nothing but errors on standard error.")
@click.pass_context
def cli(context: click.Context, *, verbose: int, quiet: bool) -> None:
    """Watch PubMed for a rare disease, tag what is new, and mail a digest that proves its tags.

    \b
    Examples:
      litwatch demo                 the whole of it, against a built-in stand-in of PubMed
      litwatch init                 write a commented configuration
      litwatch check                see whether it is right
      litwatch run                  one complete run: fetch, tag, store, send what is due
      litwatch tag records.xml.gz   tag records offline
    """
    import logging

    level = "ERROR" if quiet else LEVELS[min(verbose, 2)]
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    context.ensure_object(dict)["quiet"] = quiet


COMMANDS = (
    *(run, demo, init, check, status, gaps, accept),
    *(why, why_not, show, tag, rules, retag),
    *(subscribers, outbox, digest),
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> NoReturn:
    """Runs the command line and exits with its code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a path may hold what no terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(_exit_code())


def _exit_code() -> int:
    settings: Settings = {}
    try:
        return _carry_out(settings)
    except BrokenPipeError:
        _give_up_output()
        return WELL
    except OSError as error:
        reason = f"{error.filename or 'standard output'}: {error.strerror or error}"
        say(reason)
        with suppress(OSError):
            print_failure(settings, "os-error", reason)
        _give_up_output()
        return FAILED


def _carry_out(settings: Settings) -> int:
    """The exit code of the command, once all that it printed is written."""
    try:
        code = cli.main(standalone_mode=False, prog_name="litwatch", obj=settings)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return WRONG
    except LitwatchError as error:
        code = explain(error)
        if code != WRONG:
            from litwatch.cli.wording import code_of

            print_failure(settings, code_of(error), str(error))
    except (KeyboardInterrupt, click.exceptions.Abort):
        say("interrupted")
        print_failure(settings, "interrupted", "interrupted")
        code = INTERRUPTED
    if sys.stdout is not None:
        sys.stdout.flush()
    return code if isinstance(code, int) else WELL


def _give_up_output() -> None:
    """Writes what is left for standard output to nowhere, so that Python does not fail at exit."""
    if sys.stdout is not None:
        with suppress(OSError):
            sys.stdout.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explain(error: LitwatchError) -> int:
    """Prints the error, a line a fault, and returns its exit code."""
    for fault in error.faults if isinstance(error, ConfigError) else (str(error),):
        say(fault)
    if isinstance(error, Locked):
        return LOCKED
    return WRONG if isinstance(error, (ConfigError, KeyRefused)) else FAILED
