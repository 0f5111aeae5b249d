"""Runs in processes of their own, killed with SIGKILL: at a chosen call, or from outside.

    python killed_run.py < REQUESTS > OUTCOMES

One process reads the modules once and forks a child for each run, so that a run costs no start.
Every call and return in PARTS of litwatch is a point at which a child can kill itself; a run that
lives tells how many it has passed, so that a test can choose among them.
"""

import json
import os
import select
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from litwatch.config import Config
from litwatch.demo.play import demo_config
from litwatch.pipeline import run_once
from litwatch.settings import Smtp
from readers import READERS

SENDING = ("delivery.py", "digest/send.py")
"""With smtplib, the part in which a kill comes between a server and what we write down of it."""
PARTS = ("pipeline.py", "filing.py", "retagging.py", "mailing.py", "store", *SENDING)
"""Without the fetch, whose calls are more or fewer with the network's timing."""
NOWHERE = "http://127.0.0.1:9/"
"""No server: a run against it ends soon, and has read nearly all modules."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run: where, against which servers, at which moment of theirs, and how it dies.

    `kill_at` is a point's number, 0 lets the run live and counts its points; None counts none. With
    `sending` only the points of SENDING count.
    Without `smtp_port` the mail goes into files.
    """

    folder: str
    base_url: str
    moment: str
    smtp_port: int | None = None
    twenty: bool = False
    kill_at: int | None = None
    sending: bool = False
    kill_after_seconds: float | None = None

    def config(self) -> Config:
        """The demo's configuration for these servers."""
        config = demo_config(Path(self.folder), self.base_url)
        if self.smtp_port:
            config = replace(config, smtp=Smtp("127.0.0.1", self.smtp_port, security="none"))
        return replace(config, subscribers=READERS) if self.twenty else config


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: its return code as subprocess gives it, the points it passed, its time."""

    code: int
    points: int
    seconds: float


class Runs:
    """The test's end of the process that forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, request: Request) -> Outcome:
        """One run, to its end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that forks has ended"
        return Outcome(**json.loads(line))


@contextmanager
def runs() -> Iterator[Runs]:
    """Starts the process that forks; it ends with its requests."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Runs(process)


# ---- the other end ---------------------------------------------------------------------------


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _run(Request(scratch, NOWHERE, "2026-11-02T06:30:00+00:00"), lambda _: None)
    for line in sys.stdin:
        print(json.dumps(asdict(_outcome(Request(**json.loads(line))))), flush=True)


def _outcome(request: Request) -> Outcome:
    """Forks a run; the pipe between brings its points, and closes when it ends."""
    begun = time.monotonic()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _live(request, writing)
    os.close(writing)
    select.select([reading], [], [], request.kill_after_seconds)
    if request.kill_after_seconds is not None:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(reading) as told:
        return Outcome(code, int(told.read() or 0), time.monotonic() - begun)


def _live(request: Request, writing: int) -> None:
    """The life of a child, which returns to nobody."""
    code = 1
    try:
        _run(request, lambda points: os.write(writing, str(points).encode()))
        code = 0
    except BaseException:  # noqa: BLE001 - told, and the code says it
        traceback.print_exc()
    finally:
        os._exit(code)


def _run(request: Request, tell: Any) -> None:
    root = Path(sys.modules["litwatch"].__file__ or "").parent
    parts = tuple(str(root / part) for part in (SENDING if request.sending else PARTS))
    parts += (smtplib.__file__,) if request.sending else ()
    counted = 0

    @cache
    def is_counted(path: str) -> bool:
        return path.startswith(parts)

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal counted
        if is_counted(frame.f_code.co_filename) and event in {"call", "return"}:
            counted += 1
            if counted == request.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    config, moment = request.config(), datetime.fromisoformat(request.moment)
    if request.kill_at is not None:
        sys.setprofile(count)
    run_once(config, clock=lambda: moment, sleep=lambda _: None)
    sys.setprofile(None)
    tell(counted)


if __name__ == "__main__":
    main()
