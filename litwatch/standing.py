"""How things stand: what `litwatch status` shows, read from the store's ledger."""

from dataclasses import asdict

from litwatch.config import Config
from litwatch.store import open_store

RECENT_RUNS = 5


def standing(config: Config) -> tuple[dict[str, object], list[str], bool]:
    """The state as plain values, in lines for a person, and whether all is well."""
    with open_store(config.database, keep=False) as store:
        runs = store.runs.recent(RECENT_RUNS)
        pending = store.articles.pending()
        outbox = store.outbox.counts()
        on_file = len(store.articles.known())
        failed = store.outbox.rows(RECENT_RUNS, state="failed")
        unclear = store.outbox.rows(RECENT_RUNS, state="sending")
    document: dict[str, object] = {
        "articles": on_file,
        "runs": [asdict(run) for run in runs],
        "pending": [asdict(entry) for entry in pending],
        "outbox": outbox,
    }
    return document, [], not failed and not unclear
