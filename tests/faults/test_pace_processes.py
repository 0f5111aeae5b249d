"""F39, and the pace of four processes at once, judged by the log of the one who is asked.

The only tests here whose waits are real: what they are about is the time between calls.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from faults.bench import KEY, sample

from litwatch.config import template
from litwatch.demo.play import demo_config
from litwatch.demo.server import StandIn
from litwatch.fetch.pubmed import PubMed
from litwatch.settings import Secret
from world import FIRST_MONDAY

HERE = Path(__file__).parent
NCBI = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
PROCESSES = 4
LIMITS = pytest.mark.parametrize(("key", "limit"), [("", 3), (KEY, 10)], ids=["address", "key"])


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A PubMed that refuses whoever is too fast."""
    with StandIn(sample(), lambda: FIRST_MONDAY, known_keys={KEY}) as stand_in:
        yield stand_in


def most_in_a_second(ticks: Sequence[float]) -> int:
    """How many calls fall into the fullest window of one second."""
    return max(sum(start <= tick < start + 1 for tick in ticks) for start in ticks)


def judge(stand_in: StandIn, limit: int, *, calls: int) -> None:
    log = stand_in.log
    assert len(log) >= calls
    assert {request.status for request in log} == {200}
    assert most_in_a_second([request.tick for request in log]) <= limit


@LIMITS
def test_four_processes_at_once_never_exceed_the_limit(
    stand_in: StandIn, tmp_path: Path, key: str, limit: int
) -> None:
    """Each a `litwatch run` with a database of its own; what they share is a home."""
    topics = 1 if limit == 3 else 6
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE.parents[1])}
    environ |= {"HOME": str(tmp_path)} | ({"LITWATCH_NCBI_API_KEY": key} if key else {})
    options = json.dumps({"now": FIRST_MONDAY.isoformat(), "paced": True})
    command = [sys.executable, str(HERE / "hurried.py"), options, "run"]
    running = []
    for number in range(PROCESSES):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_config(folder / "config.toml", stand_in.base_url, topics)
        running.append(
            subprocess.Popen(
                command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        )
    ends = [(process.communicate()[1], process.returncode) for process in running]

    assert [code for _, code in ends] == [0] * PROCESSES, ends
    judge(stand_in, limit, calls=PROCESSES * (topics + 1))


def write_config(path: Path, base_url: str, topics: int) -> None:
    """The shipped configuration with so many of its topics."""
    text = template().replace(NCBI, base_url)
    text = re.sub(r"(?m)^controls = \[[^\]]*\]", "", text)
    head, *tables = re.split(r"(?m)^(?=\[\[topics\]\])", text)
    last, bracket, rest = tables[-1].partition("\n[[subscribers]]")
    path.write_text(head + "".join([*tables[:-1], last][:topics]) + bracket + rest, "utf-8")


@LIMITS
def test_f39_threads_together_keep_to_the_limit(
    stand_in: StandIn, tmp_path: Path, key: str, limit: int
) -> None:
    config = demo_config(tmp_path, stand_in.base_url)
    ncbi = replace(config.ncbi, api_key=Secret(key))
    pubmed = PubMed.over_network(ncbi, clock=lambda: FIRST_MONDAY)
    times = limit + 2

    def search() -> None:
        for _ in range(times // 2):
            pubmed.search(config.topics[0])

    threads = [Thread(target=search) for _ in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    judge(stand_in, limit, calls=PROCESSES * (times // 2))
