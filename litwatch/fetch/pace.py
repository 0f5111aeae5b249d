"""How fast NCBI may be asked: one pace for all processes of this machine.

NCBI counts calls per key, or per address without one: 3 a second, 10 with a key, and who is too
fast for long is blocked (NBK25497). So the next free moment stands in a file that every process
locks for an instant: whoever finds that it has come takes it and moves it on. Moments are of the
monotonic clock, which all processes share and nobody can set back.
"""

import errno
import fcntl
import logging
import math
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.4
"""Between calls without a key: the fourth comes 1.2 seconds after the first.

NCBI counts calls as they arrive, and one that is held up on its way comes close to the next.
"""
INTERVAL_WITH_KEY_SECONDS = 0.12
"""Between calls with a key: the eleventh comes 1.2 seconds after the first."""
SLOWEST_SECONDS = 2.0
"""The interval grows no further, however often NCBI says that it is too short."""
HORIZON_SECONDS = 60.0
"""A moment further ahead was written before the machine was started anew: that clock began at 0."""
LONGEST_HOLD_SECONDS = HORIZON_SECONDS / 2
"""A pause that NCBI asks for is kept within the horizon, so that all processes believe it."""

PRIVATE = 0o600
"""The mode of the file: whoever can open it can lock it, and would hold every call."""


class Pace:
    """Hands out moments at which NCBI may be called, at least an interval apart."""

    def __init__(
        self,
        path: Path,
        interval_seconds: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path: Path | None = path
        self._interval = interval_seconds
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = Lock()
        self._free = -math.inf

    def wait(self) -> float:
        """Sleeps until a moment is free, takes it, and returns it.

        It is taken after the sleep, not before: who wakes late would otherwise call just before the
        next one does, and NCBI counts calls as they come.
        """
        now = self._monotonic()
        while (free := self._take(now)) > now:
            self._sleep(free - now)
            now = max(free, self._monotonic())  # a sleep may end a little too early
        return now

    def slow_down(self, seconds: float) -> None:
        """Lets nobody call for `seconds`, and keeps to half the pace afterwards."""
        now = self._monotonic()
        held_until = now + min(seconds, LONGEST_HOLD_SECONDS)
        self._book(now, lambda free: max(free, held_until))
        self._interval = min(2 * self._interval, SLOWEST_SECONDS)

    def _take(self, now: float) -> float:
        """The moment that is free; one that has come is taken, and the next one is free then."""
        return self._book(now, lambda free: free if free > now else now + self._interval)

    def _book(self, now: float, following: Callable[[float], float]) -> float:
        """Puts what follows in the place of the free moment; returns the one that was free."""
        with self._lock:
            if self._path is not None:
                try:
                    return self._book_shared(self._path, now, following)
                except OSError as error:
                    log.warning(
                        "%s: %s: other litwatch processes cannot be heeded in the pace of calls",
                        self._path,
                        error.strerror or error,
                    )
                    self._path = None
            free, self._free = self._free, following(self._free)
            return free

    def _book_shared(self, path: Path, now: float, following: Callable[[float], float]) -> float:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, PRIVATE), "r+b") as file:
            _refuse_others(file.fileno())
            fcntl.flock(file, fcntl.LOCK_EX)
            free = max(self._free, _believable(_number(file.read(64)), now))
            self._free = following(free)
            file.seek(0)
            file.truncate()
            file.write(b"%.6f\n" % self._free)
            file.flush()
            return free


def _refuse_others(descriptor: int) -> None:
    """Raises PermissionError unless it is a file of this user alone; then nobody else may open it.

    In the folder for temporary files anybody may put a file, or a link, by the name of ours.
    """
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
        raise PermissionError(errno.EPERM, "not a file of this user alone")
    if stat.S_IMODE(found.st_mode) != PRIVATE:
        os.fchmod(descriptor, PRIVATE)


def _believable(moment: float, now: float) -> float:
    return moment if moment <= now + HORIZON_SECONDS else -math.inf


def _number(text: bytes) -> float:
    """The moment written in the file; one long past where there is none."""
    try:
        moment = float(text)
    except ValueError:
        return -math.inf
    return moment if math.isfinite(moment) else -math.inf
