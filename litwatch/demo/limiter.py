"""NCBI's limit: three requests a second for each address, ten for each API key (NBK25497)."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

WITHOUT_KEY = 3
WITH_KEY = 10
WINDOW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a caller stands after a request: how many in the window, of how many allowed."""

    count: int
    limit: int

    @property
    def remaining(self) -> int:
        """How many more the window allows."""
        return max(0, self.limit - self.count)

    @property
    def is_exceeded(self) -> bool:
        """Whether this request was one too many."""
        return self.count > self.limit


class Limiter:
    """Counts requests in a sliding window, those of all connections together."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def count(self, caller: str, *, has_key: bool) -> Allowance:
        """Counts one request of a caller (a key, or an address); refused ones count as well."""
        with self._lock:
            now = self._monotonic()
            calls = self._calls[caller]
            while calls and now - calls[0] >= WINDOW_SECONDS:
                calls.popleft()
            calls.append(now)
            return Allowance(len(calls), WITH_KEY if has_key else WITHOUT_KEY)
