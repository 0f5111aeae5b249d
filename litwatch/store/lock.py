"""One run at a time: a lock that a dead process gives back by itself.

The lock is the operating system's (flock), not the file, which stays behind and names the holder.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import URL

from litwatch.errors import Locked, StoreError
from litwatch.store.database import parse_url, sqlite_path


@contextmanager
def run_lock(url: str) -> Iterator[None]:
    """Holds the database's run lock; raises Locked, which names the holder, when it is taken.

    The file lies beside a SQLite database, links followed, so that all its names share one lock;
    else in the folder for temporary files. A database in memory needs none.
    """
    path = lock_path(parse_url(url))
    if path is None:
        yield
        return
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"lock file {path}: {error.strerror}") from error
    try:
        _take(handle, path)
        yield
    finally:
        os.close(handle)


def is_locked(url: str) -> bool:
    """Whether a run is at work on the database at this moment; no lock file is made."""
    path = lock_path(parse_url(url))
    if path is None or not path.exists():
        return False
    try:
        with run_lock(url):
            return False
    except Locked:
        return True


def lock_path(url: URL) -> Path | None:
    """Where the lock file of that database is; None for one in memory."""
    if url.get_backend_name() == "sqlite":
        path = sqlite_path(url)
        return path and Path(f"{os.path.realpath(path)}.lock")
    name = f"{url.host}:{url.port}/{url.database}"
    return Path(tempfile.gettempdir()) / f"litwatch-{sha256(name.encode()).hexdigest()[:16]}.lock"


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Locked(f"another run is at work{_holder(handle)}: it holds {path}") from error
    except OSError as error:
        raise StoreError(f"lock file {path}: {error.strerror}") from error
    with suppress(OSError):  # a full disk keeps the holder's name out of the file, not the run
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)


def _holder(handle: int) -> str:
    """The holder as the file names it: its process and when it took the lock."""
    pid = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
    since = datetime.fromtimestamp(os.fstat(handle).st_mtime, UTC)
    return f" (process {pid}, since {since:%Y-%m-%d %H:%M:%S} UTC)" if pid else ""
