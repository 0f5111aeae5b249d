"""What the simulation watches, for whom, and how it asks: the same in every process of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from litwatch.config import Config
from litwatch.demo.play import demo_config
from litwatch.fetch.entrez import Entrez, Limits
from litwatch.fetch.pace import INTERVAL_WITH_KEY_SECONDS, Pace
from litwatch.fetch.pubmed import PubMed
from litwatch.settings import Filters, Secret, Smtp, Subscriber

START = date(2026, 11, 2)
"""A Monday; the year's end, with its pause of indexing and its mass revision, comes soon."""
KEY = "key-5e1f0c9a27d84b36"
PASSWORD = "password-81d3e7a04f"
SECRETS = (KEY, PASSWORD)
"""What must never stand in a log, a file, an error or a mail."""
LATECOMER_AFTER = timedelta(days=20)
LAST_TOPIC_AFTER = timedelta(days=33)
"""When one more reader subscribes, and when the last topic begins to be watched."""
RECHECK_DAYS = 14
KEEP_DAYS = 10_000
"""Mails are kept to the end: what came is compared with what was written."""
LIMITS = Limits(timeout_seconds=1.0, answer_bytes=4_000_000)
"""Whoever says nothing is given up sooner than in life, and a flood is cut off sooner."""

ALL = Filters()
SOME = Filters(topics=("scleredema", "papular_mucinosis"))

DAILY = Subscriber("daily@example.org", frequency="daily", empty="skip")
WEEKLY = Subscriber("weekly@example.org", timezone="Europe/Berlin")
EVERY_RUN = Subscriber("every-run@example.org", frequency="every-run", empty="skip")
FILTERED = Subscriber("filtered@example.org", filters=SOME, day="thursday")
MONTHLY = Subscriber("monthly@example.org", frequency="monthly", timezone="America/New_York")
REFUSED = Subscriber("refused@example.org", frequency="daily", empty="send")
SHUNNED = Subscriber("shunned@example.org", frequency="daily", empty="skip")
LATECOMER = Subscriber("latecomer@example.org", frequency="daily", empty="skip")
READERS = (DAILY, WEEKLY, EVERY_RUN, FILTERED, MONTHLY, REFUSED, SHUNNED)
"""REFUSED is put off by its server for a week; SHUNNED is refused for good at times."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one simulation happens: its files, its PubMed, its mail server."""

    folder: Path
    base_url: str
    smtp_port: int

    def config(self, today: date) -> Config:
        """The configuration of that day: the topics and the readers that there are by then."""
        config = demo_config(self.folder, self.base_url)
        late = (LATECOMER,) if today - START >= LATECOMER_AFTER else ()
        watched = None if today - START >= LAST_TOPIC_AFTER else -1
        return replace(
            config,
            ncbi=replace(config.ncbi, api_key=Secret(KEY)),
            smtp=Smtp(
                "127.0.0.1",
                self.smtp_port,
                security="none",
                username="litwatch",
                password=Secret(PASSWORD),
            ),
            mail=replace(config.mail, keep_days=KEEP_DAYS),
            recheck_days=RECHECK_DAYS,
            topics=config.topics[:watched],
            subscribers=(*READERS, *late),
        )


class Hours:
    """A time that sleeping moves and nothing else."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._slept = 0.0

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._slept += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self._slept


def pubmed(config: Config, hours: Hours) -> PubMed:
    """PubMed as a run asks it, with waits that cost nothing."""
    clock: Callable[[], datetime] = hours.clock
    entrez = Entrez(
        config.ncbi,
        pace=Pace(
            Path(config.ncbi.pace_file),
            INTERVAL_WITH_KEY_SECONDS,
            sleep=hours.sleep,
            monotonic=hours.monotonic,
        ),
        clock=clock,
        sleep=hours.sleep,
        random=Random(hours.now.isoformat()),
        monotonic=hours.monotonic,
        limits=LIMITS,
    )
    return PubMed(entrez, clock=clock)
