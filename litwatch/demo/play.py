"""The demo: the very pipeline of `litwatch run`, over HTTP on the loopback, three weeks in a row.

The clock moves a week between the runs; the tests use the same stand-in and configuration.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from litwatch import config as configuration
from litwatch.config import Config
from litwatch.demo import records
from litwatch.demo.library import Library
from litwatch.demo.server import StandIn
from litwatch.errors import ConfigError
from litwatch.pipeline import run_once
from litwatch.reports import Progress, Report
from litwatch.settings import Secret, Subscriber, printable, sqlite_url
from litwatch.store import open_store

WEEKS: Mapping[datetime, str] = {
    datetime(2026, 11, 2, 6, 30, tzinfo=UTC): "first run: the history is filed",
    datetime(2026, 11, 9, 6, 30, tzinfo=UTC): "a week later: new papers",
    datetime(2026, 11, 16, 6, 30, tzinfo=UTC): "another week later: new papers, and a retraction",
}
"""The moments of the demo's runs, Mondays at half past seven in Berlin, and what happens there."""

READER = Subscriber(
    email="reader@example.org", name="A. Reader", hour=7, timezone="Europe/Berlin", empty="send"
)
MARK = ".litwatch-demo"
"""The file by which a demo knows a folder of an earlier one: only that is cleared."""
KEY = "demo-key"
"""The stand-in grants ten requests a second to this key, as NCBI does to a real one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the demo: its moment, what it shows, how many papers it filed, its report."""

    at: datetime
    what: str
    filed: int
    report: Report


@dataclass(frozen=True, slots=True)
class Result:
    """What the demo did, and the files it left for a reader to open."""

    steps: tuple[Step, ...]
    files: tuple[Path, ...]
    outbox: Path


def play(output: Path, *, progress: Progress) -> Result:
    """Runs the pipeline three times and leaves the third issue as digest.html, .txt and .eml.

    An earlier demo in the same folder is replaced. Raises ConfigError for a folder that holds
    anything else.
    """
    output = output.resolve()
    _clear(output)
    now = next(iter(WEEKS))
    steps = []

    def clock() -> datetime:
        return now

    with StandIn(Library(records.load()), clock, known_keys={KEY}) as stand_in:
        config = demo_config(output, stand_in.base_url)
        for moment, what in WEEKS.items():
            now = moment
            before = _on_file(config)
            report = run_once(config, clock=clock, progress=progress)
            steps.append(Step(moment, what, _on_file(config) - before, report))
    return Result(tuple(steps), _leave_last_issue(steps, output), config.outbox)


def demo_config(folder: Path, base_url: str) -> Config:
    """The shipped configuration, pointed at a stand-in, with its files in `folder`.

    The controls are left out: they are papers of the real PubMed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "config.toml"
        path.write_text(configuration.template(), encoding="utf-8")
        shipped = configuration.load(path, {})
    return replace(
        shipped,
        database=sqlite_url(folder / "litwatch.db"),
        outbox=folder / "outbox",
        ncbi=replace(
            shipped.ncbi,
            base_url=base_url,
            api_key=Secret(KEY),
            pace_file=str(folder / "pace"),
            database_file="",
        ),
        topics=tuple(replace(topic, controls=()) for topic in shipped.topics),
        subscribers=(READER,),
    )


def _clear(output: Path) -> None:
    """Makes way for the demo in a folder that is empty or an earlier demo's, and in no other."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()) and not (output / MARK).exists():
            raise ConfigError(
                f"{printable(output)}: not empty, and not an earlier demo's: choose another folder"
            )
        (output / MARK).touch()
    except OSError as error:
        raise ConfigError(f"{printable(output)}: cannot be written: {error.strerror}") from error
    shutil.rmtree(output / "outbox", ignore_errors=True)
    for pattern in ("litwatch.db*", "digest.*", "pace"):
        for path in output.glob(pattern):
            path.unlink()


def _on_file(config: Config) -> int:
    with open_store(config.database) as store:
        return len(store.articles.known())


def _leave_last_issue(steps: list[Step], output: Path) -> tuple[Path, ...]:
    # by name: a report's paths are for people, and mark what in them is no UTF-8
    written = [Path(digest.file).name for digest in steps[-1].report.digests if digest.file]
    left = []
    for name in written[:1]:
        message = output / "outbox" / name
        for suffix in (".html", ".txt", ".eml"):
            target = output / f"digest{suffix}"
            shutil.copyfile(message.with_suffix(suffix), target)
            left.append(target)
    return tuple(left)
