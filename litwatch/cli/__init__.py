"""The command line: the only home of printing and exit codes, one module a group of commands.

Data goes to standard output, everything else to standard error. Exit codes: 0 well, 1 something
failed or needs attention, 2 configuration or usage is wrong and nothing was stored, 75 another run
holds the lock, 130 interrupted. Heavy modules are imported by the command that needs them, so that
`litwatch --help` is instant.
"""

import os
import sys
from typing import NoReturn

import click

from litwatch import __version__
from litwatch.cli.demo import demo
from litwatch.cli.ledger import accept, gaps
from litwatch.cli.output import FAILED, INTERRUPTED, LOCKED, WELL, WRONG, say
from litwatch.cli.run import run
from litwatch.cli.setup import check, init
from litwatch.cli.show import show, status
from litwatch.cli.tag import tag
from litwatch.errors import ConfigError, KeyRefused, LitwatchError, Locked

LEVELS = ("WARNING", "INFO", "DEBUG")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="litwatch", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", count=True, help="Say more on standard error (-vv: everything).")
@click.option("--quiet", is_flag=True, help="Say nothing but errors on standard error.")
@click.pass_context
def cli(context: click.Context, *, verbose: int, quiet: bool) -> None:
    r"""Watch PubMed for a rare disease, tag what is new, and mail a digest that proves its tags.

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
    context.obj = {"quiet": quiet}


for command in (run, demo, init, check, status, gaps, accept, show, tag):
    cli.add_command(command)


def main() -> NoReturn:
    """Runs the command line and exits with its code."""
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        code = cli.main(standalone_mode=False, prog_name="litwatch")
    except click.ClickException as error:
        error.show()
        return WRONG
    except LitwatchError as error:
        return explain(error)
    except BrokenPipeError:
        # The reader went away: nothing more can be said to it, and Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except (KeyboardInterrupt, click.exceptions.Abort):
        say("interrupted")
        return INTERRUPTED
    return code if isinstance(code, int) else WELL


def explain(error: LitwatchError) -> int:
    """Prints the error, a line a fault, and returns its exit code."""
    for fault in error.faults if isinstance(error, ConfigError) else (str(error),):
        say(fault)
    if isinstance(error, Locked):
        return LOCKED
    return WRONG if isinstance(error, (ConfigError, KeyRefused)) else FAILED
