"""The faults that concern the process: its network, its twin, its death, its disk, its home.

Each is met by the real command line, with its exit code, in a process of its own (hurried.py).
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faults.bench import HISTORY, KEY, NEWS, sample

from litwatch.config import Config, load, template
from litwatch.demo.calls import Options
from litwatch.demo.proxy import Asked, Proxy
from litwatch.demo.server import StandIn
from litwatch.store import open_store
from world import FIRST_MONDAY, WEEK

HERE = Path(__file__).parent
NCBI = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
SUBSCRIBER = "a.reader@example.org"


@dataclass
class Machine:
    """A folder with a configuration, a PubMed, and a `litwatch` that is started as a process."""

    folder: Path
    stand_in: StandIn
    now: datetime = FIRST_MONDAY
    environ: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def write_config(self, base_url: str) -> None:
        text = template().replace(NCBI, base_url)
        text = re.sub(r"(?m)^controls = \[[^\]]*\]", "", text)
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        options = {"now": self.now.isoformat(), **options}
        return subprocess.Popen(
            [sys.executable, str(HERE / "hurried.py"), json.dumps(options), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environ,
        )

    def run(self, **options: Any) -> tuple[int, str]:
        """One run to its end: the exit code, and all that it said."""
        process = self.start("-vv", "run", "--json", **options)
        out, err = process.communicate(timeout=120)
        self.said += [out, err]
        return process.returncode, out + err

    def config(self) -> Config:
        return load(self.folder / "config.toml", {})

    def on_file(self) -> set[str]:
        with open_store(self.config().database, keep=False) as store:
            return {uid.partition(":")[2] for uid in store.articles.known()}

    def digests(self) -> list[tuple[str, str, int]]:
        """The subscriber's digests: period, state, papers."""
        with open_store(self.config().database, keep=False) as store:
            rows = reversed(store.outbox.rows(99))
            return [(row.period_key, row.state, row.articles) for row in rows]

    def delivered(self) -> set[str]:
        with open_store(self.config().database, keep=False) as store:
            return {uid.partition(":")[2] for uid in store.deliveries.uids(SUBSCRIBER)}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine that has never run; after the test, no key may stand in its files or words."""
    moment: list[Machine] = []
    (tmp_path / "home").mkdir()
    with StandIn(
        sample(),
        lambda: moment[0].now if moment else FIRST_MONDAY,
        rate_limit=False,
        known_keys={KEY},
    ) as stand_in:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(HERE.parents[1]),
            "LITWATCH_NCBI_API_KEY": KEY,
        }
        machine = Machine(tmp_path, stand_in, environ=environ)
        moment.append(machine)
        machine.write_config(stand_in.base_url)
        yield machine
    assert KEY not in "".join(machine.said)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


ON_FILE = {*HISTORY, *NEWS}
"""What the shipped topics find of the sample in the second week."""


# ---- the network -------------------------------------------------------------------------------


@pytest.fixture
def proxy(machine: Machine) -> Iterator[Proxy]:
    """The proxy that the environment names: the only way to NCBI, whose address is untouched."""
    (machine.folder / "proxy").mkdir()
    with Proxy(machine.stand_in, machine.folder / "proxy") as proxy:
        machine.write_config(NCBI)
        machine.environ |= proxy.environment
        yield proxy


def test_f18_behind_an_https_proxy_a_failing_server_never_brings_the_key_into_clear_text(
    machine: Machine, proxy: Proxy
) -> None:
    """The third use of one request of urllib would be plain HTTP to port 80, key and all."""
    machine.stand_in.fail("esearch", "unavailable", times=4)
    machine.stand_in.fail("efetch", "bad-gateway", times=2)

    code, said = machine.run()

    assert code == 0, said
    assert machine.on_file() == set(HISTORY)
    assert len(proxy.log) == len(machine.stand_in.log) == 6 + 4 + 1 + 2
    assert set(proxy.log) == {Asked("CONNECT", "eutils.ncbi.nlm.nih.gov:443", "served")}


def test_f19_a_whole_run_without_network_changes_nothing_and_the_next_catches_up(
    machine: Machine, proxy: Proxy
) -> None:
    assert machine.run()[0] == 0
    machine.now += WEEK
    environ = dict(machine.environ)
    for name in proxy.environment:
        machine.environ.pop(name)
    calls = len(machine.stand_in.log)

    code, said = machine.run(offline=True)

    assert code == 1
    assert "eutils.ncbi.nlm.nih.gov cannot be reached: its name cannot be resolved" in said
    assert '"code": "unreachable"' in said
    assert said.count("trying again in") == 5 - 1, "asked for the second topic all the same"
    assert len(machine.stand_in.log) == calls
    assert machine.on_file() == set(HISTORY)
    assert machine.digests() == [("2026-W45", "written", 5)]
    machine.environ = environ
    assert machine.run()[0] == 0
    assert machine.on_file() == ON_FILE
    assert machine.digests() == [("2026-W45", "written", 5), ("2026-W46", "written", 4)]


# ---- its twin, and its death -------------------------------------------------------------------


def test_f38_a_second_instance_leaves_and_the_lock_of_a_dead_one_is_recovered(
    machine: Machine,
) -> None:
    machine.stand_in.fail("esearch", "silent")
    first = machine.start("run")
    while not machine.stand_in.log:
        assert first.poll() is None
        time.sleep(0.02)  # until the other process has asked

    code, said = machine.run()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    after, _ = machine.run()

    assert (code, after) == (75, 0)
    assert f"another run is at work (process {first.pid}" in said
    assert machine.on_file() == set(HISTORY)


@pytest.mark.parametrize(
    "moment", ["PubMed._read", "Articles.save", "Watch.count", "Filing._fetch_all"]
)
def test_f40_a_run_killed_after_the_fetch_is_made_good_by_the_next(
    machine: Machine, moment: str
) -> None:
    """Killed with the records in hand, within the transaction that saves them, and after it.

    A batch is one transaction: at the first of its records, and when it has all of them.
    """
    assert machine.run()[0] == 0
    machine.now += WEEK

    code, _ = machine.run(kill_in=moment)
    assert code == -signal.SIGKILL
    assert machine.stand_in.log[-1].endpoint == "efetch"
    assert machine.on_file() == (ON_FILE if moment == "Filing._fetch_all" else set(HISTORY))
    assert machine.run()[0] == 0
    machine.now += timedelta(hours=1)
    assert machine.run()[0] == 0

    assert machine.on_file() == ON_FILE
    assert machine.digests() == [("2026-W45", "written", 5), ("2026-W46", "written", 4)]
    assert machine.delivered() == ON_FILE


# ---- its disk and its home ---------------------------------------------------------------------


def test_f41_a_disk_that_is_full_leaves_what_was_there(machine: Machine) -> None:
    assert machine.run()[0] == 0
    before = machine.on_file()
    machine.now += WEEK

    code, said = machine.run(largest_file=30_000)

    assert code == 1
    assert "litwatch.db" in said
    assert machine.on_file() == before
    assert machine.digests() == [("2026-W45", "written", 5)]
    assert machine.run()[0] == 0
    assert machine.on_file() == ON_FILE
    assert machine.digests() == [("2026-W45", "written", 5), ("2026-W46", "written", 4)]


@pytest.mark.parametrize("home", [None, "/proc", "/dev/null"])
def test_f42_a_home_that_is_missing_or_cannot_be_written_hinders_nothing(
    machine: Machine, home: str | None
) -> None:
    machine.environ.pop("HOME")
    if home:
        machine.environ["HOME"] = home

    code, said = machine.run()

    assert code == 0, said
    assert machine.on_file() == set(HISTORY)


def test_f76_no_dtd_is_ever_fetched_or_kept(machine: Machine) -> None:
    """A page stored in place of a DTD would fail every later parse; here nothing is stored."""
    machine.stand_in.options = Options(dtd_year=2031)

    code, said = machine.run()

    assert code == 0, said
    assert machine.on_file() == set(HISTORY)
    left = [path.name for path in (machine.folder / "home").rglob("*") if path.is_file()]
    assert not any("dtd" in name or "html" in name for name in left), left
    assert {request.endpoint for request in machine.stand_in.log} == {"esearch", "efetch"}
