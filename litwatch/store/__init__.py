"""The store: all that litwatch must not forget, in SQLite now and PostgreSQL by the same code.

`open_store` gives the one way in. What goes in and comes out are models and plain values; no type
of SQLAlchemy leaves this package, and its errors leave as StoreError or SchemaError.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Self

from litwatch.errors import LitwatchError
from litwatch.store import migrations
from litwatch.store.articles import Articles
from litwatch.store.counts import Counts
from litwatch.store.database import Database
from litwatch.store.deliveries import Deliveries
from litwatch.store.outbox import Outbox
from litwatch.store.pending import PendingRecords
from litwatch.store.runs import Runs
from litwatch.store.subscribers import Subscribers

__all__ = ["Store", "open_store"]


class Store:
    """An open database; closed when the `with` block ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.articles = Articles(database)
        self.counts = Counts(database)
        self.pending = PendingRecords(database)
        self.runs = Runs(database)
        self.outbox = Outbox(database)
        self.deliveries = Deliveries(database)
        self.subscribers = Subscribers(database)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: rolled back on any exception; within another, a savepoint."""
        return self._database.transaction()

    def make_durable(self) -> None:
        """Sees that what was committed outlives a power loss; not within a transaction."""
        self._database.make_durable()

    def forget(self, email: str, *, salt: bytes, at: datetime) -> None:
        """Erases a reader: the address, the mails, what was owed; files of mails stay.

        What stays is a hash of the address, keyed by the fresh `salt`, so that a configuration
        that names it still brings nobody back.
        """
        self._database.overwrite_deleted()
        with self.transaction():
            self.outbox.forget(email)
            self.subscribers.remove(email, salt=salt, at=at)
            self.runs.forget(email)
        self.make_durable()

    def close(self) -> None:
        """Lets the database go."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_store(url: str, *, keep: bool = True) -> Store:
    """The store at that URL; a new file, or an empty database, gets its tables.

    Without `keep` nothing stays of what is done through this store, and a missing file is not made:
    SQLite works on a copy in memory, PostgreSQL in a transaction that is rolled back. Raises
    SchemaError for the tables of an older or newer litwatch, and StoreError where it cannot open.
    """
    database = Database(url, keep=keep)
    try:
        migrations.prepare(database)
    except LitwatchError:
        database.close()
        raise
    return Store(database)
