"""Runs in processes of their own, which kill themselves with SIGKILL at a chosen call.

    python -m simulation.killed_run

Each line on standard input asks for one run: FOLDER BASE_URL SMTP_PORT MOMENT PART CALL, parted by
tabs. It is made in a fork of this process, so that what takes longest, the imports and the rules,
is done once. Calls and returns of functions of that part of litwatch are counted; at the CALL-th
the process dies, if it comes so far. How it ended is answered by a line on standard output.
Standard error is the log of all runs, in all detail.
"""

import logging
import os
import signal
import sys
import traceback
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from simulation.setting import Hours, Place, pubmed

from litwatch.classify.rules import load_ruleset
from litwatch.errors import KeyRefused
from litwatch.pipeline import run_once

REFUSED = 2


def main() -> None:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
    load_ruleset()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run_and_exit(*line.rstrip("\n").split("\t"))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run_and_exit(folder: str, base_url: str, port: str, moment: str, part: str, call: str) -> None:
    code = 1
    try:
        hours = Hours(datetime.fromisoformat(moment))
        config = Place(Path(folder), base_url, int(port)).config(hours.now.date())
        die_at(part, int(call))
        run_once(config, clock=hours.clock, sleep=hours.sleep, source=pubmed(config, hours))
        code = 0
    except KeyRefused:
        code = REFUSED
    except BaseException:  # noqa: BLE001 - a fork must not return to its parent's work
        traceback.print_exc()
    finally:
        os._exit(code)


def die_at(part: str, call: int) -> None:
    """Lets this process die at the call-th call or return in that part of litwatch."""
    root = str(Path(sys.modules["litwatch"].__file__ or "").parent / part)
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1
        if counted == call:
            os.kill(os.getpid(), signal.SIGKILL)

    def at_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(root):
            return None
        frame.f_trace_lines = False
        count()
        return at_return

    def at_return(_frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "return":
            count()
        return at_return

    sys.settrace(at_call)


if __name__ == "__main__":
    main()
