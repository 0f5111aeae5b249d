"""Faults on purpose: which call meets which one, and what it makes of a good reply.

The known ones have names (`faults.toml`); a test may make its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from litwatch.demo.calls import Framing, Reply, Silence
from litwatch.demo.damage import DAMAGES
from litwatch.demo.tables import table


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a reply; what is None stays as it is.

    `body` and `headers` may hold {root}, {misuse}, {endpoint}, {caller}, {count} and {limit}.
    """

    status: int | None = None
    type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | bytes | None = None
    framing: Framing | None = None
    gzip: bool = False
    damage: str | None = None
    silence: Silence | None = None


def _named(row: dict[str, Any]) -> Fault:
    return Fault(**(row | {"headers": tuple(row.get("headers", {}).items())}))


FAULTS: dict[str, Fault] = {name: _named(row) for name, row in table("faults").items()}
"""Every fault that has a name."""


def spoil(
    fault: Fault, good: Reply, pmids: Collection[str], words: Mapping[str, str]
) -> Reply | Silence:
    """The reply that a fault makes of a good one; `words` fill the places in its texts."""
    if fault.silence:
        return fault.silence
    body = good.body if fault.body is None else _filled(fault.body, words)
    if fault.damage:
        body = DAMAGES[fault.damage](body, pmids)
    headers = dict(good.headers) | {
        name: _filled(value, words).decode() for name, value in fault.headers
    }
    return replace(
        good,
        body=body,
        status=fault.status or good.status,
        content_type=fault.type or good.content_type,
        headers=tuple(headers.items()),
        framing=fault.framing or good.framing,
        gzip=fault.gzip,
    )


def _filled(text: str | bytes, words: Mapping[str, str]) -> bytes:
    if isinstance(text, bytes):
        return text
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text.encode()


@dataclass(slots=True)
class _Planned:
    endpoint: str
    fault: Fault
    ids: frozenset[str]
    skip: int
    left: int | None
    more_than: int

    def concerns(self, endpoint: str, ids: Collection[str]) -> bool:
        if self.left == 0 or self.endpoint not in ("*", endpoint):
            return False
        if self.more_than and len(ids) <= self.more_than:
            return False
        return not self.ids or not self.ids.isdisjoint(ids)


class Script:
    """The faults to come, in the order in which they were planned."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._planned: list[_Planned] = []

    def plan(
        self,
        endpoint: str,
        fault: Fault,
        *,
        times: int | None,
        after: int,
        ids: Collection[str],
        more_than: int,
    ) -> None:
        """Plans a fault for the calls of an endpoint (`*`: any) that name one of the ids.

        The first `after` such calls are spared, the next `times` meet it (None: all of them). With
        `more_than` it meets those calls only that name more ids than that.
        """
        planned = _Planned(endpoint, fault, frozenset(ids), after, times, more_than)
        with self._lock:
            self._planned.append(planned)

    def clear(self) -> None:
        """Forgets all that was planned."""
        with self._lock:
            self._planned.clear()

    def take(self, endpoint: str, ids: Collection[str]) -> tuple[Fault, frozenset[str]] | None:
        """The fault that this call meets, with the ids it was planned for."""
        with self._lock:
            for planned in self._planned:
                if not planned.concerns(endpoint, ids):
                    continue
                if planned.skip:
                    planned.skip -= 1
                    continue
                if planned.left is not None:
                    planned.left -= 1
                return planned.fault, planned.ids
        return None
