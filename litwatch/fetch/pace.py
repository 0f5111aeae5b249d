"""How fast NCBI may be asked: one pace for all processes of this machine.

NCBI counts calls per key, or per address without one: 3 a second, 10 with a key, and who is too
fast for long is blocked (NBK25497). So the next free moment stands in a file that every process
locks for an instant: whoever finds that it has come takes it and moves it on. One such file is
the user's, and one lies beside the database, for all its users: who asks, locks the one and then
the other. Moments are of the monotonic clock, which all processes share and nobody can set back.
"""

import errno
import fcntl
import logging
import math
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
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
"""The mode of the user's file: whoever can open it can lock it, and would hold every call."""
SHARED = 0o660
"""The most that others may do with the file beside a database: those who may write that too."""


class Pace:
    """Hands out moments at which NCBI may be called, at least an interval apart."""

    def __init__(
        self,
        path: Path,
        interval_seconds: float,
        *,
        database: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files: dict[Path, Callable[[int], None]] = {path: _refuse_others}
        if database is not None and database.exists():
            beside = database.with_name(f"{database.name}.{path.name}")
            self._files[beside] = lambda descriptor: _refuse_strangers(descriptor, database)
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
        with self._lock, ExitStack() as locked:
            files: dict[Path, FileIO] = {}
            moments = [self._free]
            for path, refuse in tuple(self._files.items()):
                with self._heeding(path):
                    files[path] = locked.enter_context(_locked(path, refuse))
                    moments.append(_believable(_number(files[path].read(64)), now))
            free = max(moments)
            self._free = following(free)
            for path, file in files.items():
                with self._heeding(path):
                    file.seek(0)
                    file.truncate()
                    file.write(b"%.6f\n" % self._free)
            return free

    @contextmanager
    def _heeding(self, path: Path) -> Iterator[None]:
        """Goes on without the file where it cannot be used, and says so once."""
        try:
            yield
        except OSError as error:
            log.warning(
                "%s: %s: other litwatch processes cannot be heeded in the pace of calls",
                path,
                error.strerror or error,
            )
            self._files.pop(path, None)


@contextmanager
def _locked(path: Path, refuse: Callable[[int], None]) -> Iterator[FileIO]:
    """The file, made where it is missing, for as long as nobody else has it; not buffered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with FileIO(os.open(path, flags, PRIVATE), "r+") as file:
        refuse(file.fileno())
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _refuse_others(descriptor: int) -> None:
    """Raises PermissionError unless it is a file of this user alone; then nobody else may open it.

    In the folder for temporary files anybody may put a file, or a link, by the name of ours.
    """
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
        raise PermissionError(errno.EPERM, "not a file of this user alone")
    if stat.S_IMODE(found.st_mode) != PRIVATE:
        os.fchmod(descriptor, PRIVATE)


def _refuse_strangers(descriptor: int, database: Path) -> None:
    """Raises PermissionError unless the file belongs to those who may write the database.

    Who makes it gives it the owner and the group of the database, as far as the system lets him.
    """
    owner, found = database.stat(), os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise PermissionError(errno.EPERM, "not a file of its own")
    mode = stat.S_IMODE(owner.st_mode) & SHARED
    is_of_group = found.st_gid == owner.st_gid and bool(mode & stat.S_IWGRP)
    if found.st_uid not in (0, os.geteuid(), owner.st_uid) and not is_of_group:
        raise PermissionError(errno.EPERM, "not a file of those who may write the database")
    if found.st_uid == os.geteuid():
        with suppress(PermissionError):
            os.fchown(descriptor, owner.st_uid if found.st_uid == 0 else -1, owner.st_gid)
        os.fchmod(descriptor, mode)


def _believable(moment: float, now: float) -> float:
    return moment if moment <= now + HORIZON_SECONDS else -math.inf


def _number(text: bytes) -> float:
    """The moment written in the file; one long past where there is none."""
    try:
        moment = float(text)
    except ValueError:
        return -math.inf
    return moment if math.isfinite(moment) else -math.inf
