"""Killed at any statement, the database holds the old state or the new one, never half of it.

One child process forks one victim a statement: each opens the database, does the same work, and is
killed by SIGKILL right before or after its Nth statement; the last one lives to the end.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

VICTIM = '''
import json, os, shutil, signal, sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event, func, select

from litwatch.models import Article, Correction, Evidence, Finding, Findings, Tag
from litwatch.store import open_store, schema

AT = datetime(2026, 11, 2, tzinfo=UTC)
PROOF = Evidence("title", 0, 0, 4, "IVIG", "IVIG.", "ivig")
OLD = Article("pubmed:1", title="IVIG.")
NEW = replace(OLD, title="IVIG again.", corrections=(Correction("RetractionIn", "pubmed:2"),))


def found(*ids):
    tags = (Tag("treatment", one, one) for one in ids)
    return Findings(treatments=tuple(Finding(tag, "given", (PROOF,)) for tag in tags))


def prepare(url):
    with open_store(url) as store:
        run = store.runs.start(AT)
        store.articles.save(OLD, found("ivig"), rules_version="1", run_id=run, at=AT)
        store.pending.set("pubmed:1", ["t"], "missing", "", run_id=run, at=AT)


def create(url):
    open_store(url).close()


def save(url):
    with open_store(url) as store:
        reading = {"rules_version": "2", "run_id": 1, "at": AT}
        store.articles.save(NEW, found("ivig", "thalidomide"), **reading)


def queue(url):
    with open_store(url) as store:
        store.outbox.queue(
            run_id=1, email="a@example.org", period_key="W1", period_start=AT, period_end=AT,
            message_id="<1>", subject="", message=b"m", html="", text="", uids=["pubmed:1"],
            change_ids=[], at=AT, articles=1, corrections=0,
        )


def state(url):
    """How many rows are in each table, and what the article says."""
    with open_store(url) as store:
        counts = {
            table.name: store._database.column(select(func.count()).select_from(table))[0]
            for table in schema.metadata.sorted_tables
        }
        stored = store.articles.get("pubmed:1")
        store._database.reading().__enter__()
        check = store._database.connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        return [counts, stored and stored.article.title, check]


def die_at(number):
    """Kills this process before its Nth call of the hooks that surround each statement."""
    from sqlalchemy import Engine

    calls = [0]

    def count(*_):
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        calls[0] += 1

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, count)


folder, work = Path(sys.argv[1]), {"create": create, "save": save, "queue": queue}[sys.argv[2]]
states, number, lived = [], 0, False
if sys.argv[2] != "create":
    prepare(f"sqlite:///{folder}/origin.db")
while not lived and number < 400:
    file = folder / f"{number}.db"
    if (folder / "origin.db").exists():
        shutil.copy(folder / "origin.db", file)
    pid = os.fork()
    if pid == 0:
        die_at(number)
        work(f"sqlite:///{file}")
        os._exit(0)
    lived = os.waitpid(pid, 0)[1] == 0
    states.append(state(f"sqlite:///{file}"))
    number += 1
print(json.dumps({"lived": lived, "states": states}))
'''


def states_after_kills(folder: Path, work: str) -> list[Any]:
    """The state after a kill at each statement of that work; the last one is after its end."""
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, folder, work], check=True, capture_output=True, text=True
    )
    result = json.loads(done.stdout)
    assert result["lived"]
    return result["states"]  # type: ignore[no-any-return]


def different(states: list[Any]) -> list[Any]:
    """The states in order, each once."""
    return [state for number, state in enumerate(states) if state not in states[:number]]


@pytest.mark.parametrize(
    ("work", "changed"),
    [
        ("save", {"findings": (1, 2), "revisions": (0, 1), "changes": (0, 1), "pending": (1, 0)}),
        ("queue", {"outbox": (0, 1), "deliveries": (0, 1)}),
    ],
)
def test_a_kill_leaves_the_old_state_or_the_new_one(
    tmp_path: Path, work: str, changed: dict[str, tuple[int, int]]
) -> None:
    states = states_after_kills(tmp_path, work)

    old, new = different(states)
    assert len(states) > 10
    assert states == [old] * states.count(old) + [new] * states.count(new)
    assert old[2] == new[2] == "ok"
    moved = {name: (old[0][name], new[0][name]) for name in old[0] if old[0][name] != new[0][name]}
    assert moved == changed
    assert (old[1], new[1]) == ("IVIG.", "IVIG again." if work == "save" else "IVIG.")


def test_a_kill_while_the_tables_are_made_leaves_a_file_that_opens(tmp_path: Path) -> None:
    states = states_after_kills(tmp_path, "create")

    (empty,) = different(states)
    assert len(states) > 30
    assert set(empty[0].values()) == {0}
