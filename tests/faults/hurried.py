"""`litwatch` in a process of its own, at a moment of a test's choosing, whose waits take no time.

    python hurried.py OPTIONS ARGUMENT...

It is the real command line; only the defaults of `run_once` are others. OPTIONS is JSON:
`now`, the moment; `paced`, waits take the time that they take; `offline`, no name can be resolved;
`kill_in`, the function at whose return the process kills itself with SIGKILL; `largest_file`, the
bytes past which no file may grow, as on a full disk.
"""

import json
import os
import resource
import signal
import socket
import sys
from datetime import datetime
from types import FrameType
from typing import Any, NoReturn

from litwatch.cli import main
from litwatch.pipeline import run_once


def _no_such_name(*_: Any, **__: Any) -> NoReturn:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def _killer(name: str) -> Any:
    def kill(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code.co_qualname == name:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def hurry(options: dict[str, Any]) -> None:
    moment = datetime.fromisoformat(options["now"])
    run_once.__kwdefaults__.update(clock=lambda: moment)
    if not options.get("paced"):
        run_once.__kwdefaults__.update(sleep=lambda _: None)
    if options.get("offline"):
        socket.getaddrinfo = _no_such_name
    if size := options.get("largest_file"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    if name := options.get("kill_in"):
        sys.setprofile(_killer(name))


if __name__ == "__main__":
    hurry(json.loads(sys.argv[1]))
    sys.argv = ["litwatch", *sys.argv[2:]]
    main()
