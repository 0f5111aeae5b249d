"""The history server: results kept under a WebEnv and a key, until they are too old.

A result is a list of UIDs as they were: later changes of the library do not touch it. NCBI names
eight hours as a rule of thumb (rentrez issue 110).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock

LIFETIME = timedelta(hours=8)


class History:
    """Environments of numbered results; the names are the same in every run."""

    def __init__(self, clock: Callable[[], datetime], lifetime: timedelta = LIFETIME) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._lock = Lock()
        self._made = 0
        self._environments: dict[str, tuple[datetime, dict[int, tuple[str, ...]]]] = {}

    def keep(self, uids: Sequence[str], environment: str = "") -> tuple[str, int]:
        """Keeps a result in an environment, or in a new one; returns its name and the key."""
        with self._lock:
            if not self._holds(environment):
                environment = self._new()
            _, results = self._environments[environment]
            key = len(results) + 1
            results[key] = tuple(uids)
            self._environments[environment] = self._clock(), results
            return environment, key

    def results(self, environment: str) -> Mapping[int, tuple[str, ...]]:
        """All results of an environment by key; none if it is unknown or too old."""
        with self._lock:
            return dict(self._environments[environment][1]) if self._holds(environment) else {}

    def expire(self) -> None:
        """Forgets everything at once."""
        with self._lock:
            self._environments.clear()

    def _holds(self, environment: str) -> bool:
        kept = self._environments.get(environment)
        return kept is not None and self._clock() - kept[0] < self._lifetime

    def _new(self) -> str:
        self._made += 1
        name = "MCID_" + hashlib.sha256(str(self._made).encode()).hexdigest()[:24]
        self._environments[name] = self._clock(), {}
        return name
