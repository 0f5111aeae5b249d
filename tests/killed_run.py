"""One run in a process of its own, which kills itself with SIGKILL at a chosen call.

    python killed_run.py FOLDER BASE_URL MOMENT KILL_AT [SMTP_PORT]

Every call of a function of litwatch is a point; KILL_AT 0 kills at none, and the number of points
is printed, so that a test can choose among them.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from litwatch.demo.play import demo_config
from litwatch.pipeline import run_once
from litwatch.settings import Smtp

PARTS = ("store", "filing.py", "mailing.py", "delivery.py", "digest/send.py")


def main() -> None:
    folder, base_url, moment, kill_at = sys.argv[1:5]
    config = demo_config(Path(folder), base_url)
    if len(sys.argv) > 5:
        config = replace(config, smtp=Smtp("127.0.0.1", int(sys.argv[5]), security="none"))
    root = Path(sys.modules["litwatch"].__file__ or "").parent
    parts = tuple(str(root / part) for part in PARTS)
    counted = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal counted
        name = frame.f_code.co_filename
        if event in {"call", "return"} and name.startswith(parts):
            counted += 1
            if counted == int(kill_at):
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    run_once(config, clock=lambda: datetime.fromisoformat(moment), sleep=lambda _: None)
    sys.setprofile(None)
    print(counted)


if __name__ == "__main__":
    main()
