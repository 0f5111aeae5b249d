"""A bound on the time that one piece of work may take, whatever it waits for.

A socket's timeout bounds each single wait, so a server that sends one byte every ten seconds is
never timed out, and the lookup of a name has no timeout at all. The work is therefore done in a
thread of its own, and after the time is up nobody waits for it any more.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What the work returns, or raises; TimeoutError when it is not done within `seconds`.

    Work that is given up goes on in its thread until it ends by itself; the thread does not keep
    the process alive.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller's thread raises it
            future.set_exception(error)

    Thread(target=run, daemon=True, name="litwatch-fetch").start()
    return future.result(timeout=seconds)
