"""A PubMed at a virtual time, and one litwatch that watches it, for the end-to-end tests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from litwatch.config import Config
from litwatch.demo.server import StandIn
from litwatch.pipeline import run_once
from litwatch.reports import Report
from litwatch.store import Store, open_store

FIRST_MONDAY = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@dataclass
class World:
    """A PubMed, the moment that it is there, and one litwatch that watches it."""

    stand_in: StandIn
    config: Config
    now: datetime = FIRST_MONDAY
    waits: list[float] = field(default_factory=list)

    def run(self, **options: Any) -> Report:
        """One run now; waiting costs nothing."""
        ways: dict[str, Any] = {"sleep": self.waits.append, **options}
        return run_once(self.config, clock=lambda: self.now, **ways)

    def run_after(self, pause: timedelta, **options: Any) -> Report:
        """One run after that pause."""
        self.now += pause
        return self.run(**options)

    def configure(self, **changes: Any) -> None:
        """Changes keys of the configuration."""
        self.config = replace(self.config, **changes)

    def store(self) -> Store:
        """The store as it is now; what is done to it is not kept."""
        return open_store(self.config.database, keep=False)

    def calls(self, endpoint: str) -> int:
        """How many requests the stand-in has had at that endpoint."""
        return sum(request.endpoint == endpoint for request in self.stand_in.log)


MakeWorld = Callable[..., World]
