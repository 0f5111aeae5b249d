"""Several processes at one database."""

import subprocess
import sys
from pathlib import Path

from litwatch.store import open_store

WRITE = """
import sys
from datetime import UTC, datetime
from litwatch.models import Article, Findings
from litwatch.store import open_store

at = datetime(2026, 11, 2, tzinfo=UTC)
with open_store(sys.argv[1]) as store:
    run = store.runs.start(at)
    for number in range(100):
        with store.transaction():
            known = store.articles.known()
            article = Article(f"pubmed:{sys.argv[2]}{number:03}", title=str(len(known)))
            store.articles.save(article, Findings(), rules_version="1", run_id=run, at=at)
"""


def test_processes_that_create_one_database_and_write_to_it_lose_nothing(
    url: str, database_file: Path
) -> None:
    """Each reads first and writes then, which WAL refuses unless the transaction began as a writer.

    Each writes down how many articles it saw: that no two saw the same says that none overlapped.
    """
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, url, name], stderr=subprocess.PIPE, text=True
        )
        for name in ("1", "2", "3")
    ]
    complaints = [writer.communicate()[1] for writer in writers]

    assert complaints == ["", "", ""]
    with open_store(url) as store:
        titles = [store.articles.get(uid) for uid in store.articles.known()]
        counts = sorted(int(stored.article.title) for stored in titles if stored)
        assert counts == list(range(300))
        assert len(store.runs.recent(9)) == 3
