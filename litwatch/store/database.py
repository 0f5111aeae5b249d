"""One connection to the database, and the only place where its errors become ours.

SQLite wants care that PostgreSQL does not (https://www.sqlite.org/wal.html): the busy timeout
before all else, then write-ahead logging and foreign keys; and a transaction that will write says
so when it begins, for one that reads first is refused at once when another has written in between.

A store that keeps nothing (a dry run) works in a transaction that is never committed; on SQLite in
a copy of the file in memory, so that it neither holds up a real run nor leaves a byte on disk.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import (
    URL,
    Connection,
    Executable,
    RootTransaction,
    Row,
    Table,
    Transaction,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from litwatch.errors import MalformedRecord, StoreError
from litwatch.settings import printable
from litwatch.store.codec import dump

BUSY_TIMEOUT_MS = 60_000
"""Longer than any transaction of ours, so that two commands at once wait instead of failing."""

CHECKPOINT = "PRAGMA wal_checkpoint(FULL)"
"""Waits for writers and readers, then copies the log into the file and syncs both."""

AnyRow = Row[*tuple[Any, ...]]

REASONS = {
    sqlite3.SQLITE_NOTADB: "it is not a SQLite database: name another file, or restore a backup",
    sqlite3.SQLITE_CORRUPT: "it is damaged: restore a backup",
    sqlite3.SQLITE_FULL: "the disk is full: make room and run again",
    sqlite3.SQLITE_BUSY: "another process is writing to it: run again when that is done",
    sqlite3.SQLITE_READONLY: "it cannot be written: look at the permissions of file and folder",
    sqlite3.SQLITE_IOERR: "it cannot be read or written: see that it is a file on a sound disk",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: see that its folder exists and may be written",
}
"""SQLite's primary result codes in words, with what to do."""


def parse_url(text: str) -> URL:
    """The database's URL, checked; raises StoreError, which does not show it.

    The file of SQLite is a path again, as `settings.sqlite_url` was given it.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise StoreError("litwatch.database is not a database URL: see `litwatch init`") from error
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError(
            f"litwatch.database: {url.drivername} is not supported: "
            "use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        )
    if url.get_backend_name() != "sqlite":
        return url
    if url.query:
        raise StoreError("litwatch.database: sqlite:///FILE takes nothing after a ?")
    # SQLAlchemy would put a mark in place of each byte that is no UTF-8
    return url.set(database=unquote(text.partition(":///")[2], errors="surrogateescape"))


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite database; None for one in memory and for other databases."""
    in_memory = url.database in {None, "", ":memory:"}
    if url.get_backend_name() != "sqlite" or in_memory:
        return None
    return Path(str(url.database))


def place_of(url: URL) -> str:
    """How messages name the database: its file, or its URL without passwords and options."""
    path = sqlite_path(url)
    if path is not None:
        return printable(path)
    return url.set(query={}).render_as_string(hide_password=True)


def passwords_of(url: URL) -> tuple[str, ...]:
    """The passwords that the URL holds, among its options too (libpq: password, sslpassword)."""
    options = [
        value
        for name, values in url.normalized_query.items()
        if "password" in name.lower()
        for value in values
    ]
    return tuple(filter(None, (url.password, *options)))


class Database:
    """One connection with its transactions."""

    def __init__(self, url_text: str, *, keep: bool = True) -> None:
        url = parse_url(url_text)
        path = sqlite_path(url)
        self._passwords = passwords_of(url)
        self.place = place_of(url)
        with self._our_errors():
            if keep and path is not None:
                _make_private(path)
            self.connection = _connect(url if keep or path is None else make_url("sqlite://"))
            try:
                if not keep and path is not None and path.exists():
                    _copy_into_memory(path, self.connection)
                self._discarded = None if keep else self._begin("DEFERRED")
            except (SQLAlchemyError, sqlite3.Error, OSError):
                self.connection.close()
                raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: rolled back on any exception; a savepoint within another transaction."""
        with self._our_errors():
            nested = self.connection.in_transaction()
            transaction = self.connection.begin_nested() if nested else self._begin("IMMEDIATE")
        with ExitStack() as undo:
            undo.callback(_roll_back, transaction)
            yield
            with self._our_errors():
                transaction.commit()
            undo.pop_all()

    def rows(self, statement: Executable, **parameters: Any) -> Sequence[AnyRow]:
        """What the statement selects, all of it."""
        with self.reading():
            return self.connection.execute(statement, parameters).all()

    def row(self, statement: Executable, **parameters: Any) -> AnyRow | None:
        """The first row that the statement selects."""
        with self.reading():
            return self.connection.execute(statement, parameters).first()

    def column(self, statement: Executable, **parameters: Any) -> Sequence[Any]:
        """The first column of what the statement selects."""
        with self.reading():
            return self.connection.execute(statement, parameters).scalars().all()

    def write(self, statement: Executable, **parameters: Any) -> int:
        """Carries out the statement; returns how many rows it touched."""
        with self.writing():
            result = self.connection.execute(
                statement, parameters, execution_options={"preserve_rowcount": True}
            )
            return result.rowcount

    def write_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carries out the statement once for each of the rows."""
        if rows:
            with self.writing():
                self.connection.execute(statement, rows)

    def add(self, table: Table, **values: Any) -> int:
        """Inserts one row; returns its key."""
        with self.writing():
            result = self.connection.execute(table.insert(), values)
            return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that can say `on_conflict_...`, in the database's own dialect."""
        if self.connection.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def make_durable(self) -> None:
        """Puts on the disk what was committed, outside of a transaction: it outlives a power loss.

        With synchronous = NORMAL SQLite leaves the log to the system until it is copied back into
        the file; PostgreSQL has written through at each commit. Raises StoreError where that cannot
        be done. What is not kept needs nothing.
        """
        if self.connection.dialect.name != "sqlite" or self._discarded is not None:
            return
        with self._our_errors():
            raw = self.connection.connection.dbapi_connection
            is_busy, *_ = raw.execute(CHECKPOINT).fetchone()  # type: ignore[union-attr]  # open
        if is_busy:
            raise StoreError(
                f"database {self.place}: another process is reading it: run again when that is done"
            )

    def overwrite_deleted(self) -> None:
        """From now on SQLite writes zeros over what is deleted, outside of a transaction.

        PostgreSQL leaves it to its own VACUUM.
        """
        if self.connection.dialect.name == "sqlite":
            with self._our_errors():
                raw = self.connection.connection.dbapi_connection
                raw.execute("PRAGMA secure_delete = ON")  # type: ignore[union-attr]  # open

    def close(self) -> None:
        """Lets the connection go; what is not to be kept is rolled back."""
        with self._our_errors():
            if self._discarded is not None and self._discarded.is_active:
                self._discarded.rollback()
            self.connection.close()

    def _begin(self, lock: str) -> RootTransaction:
        """Begins a transaction; `lock` is SQLite's word for when it locks out other writers."""
        self.connection.info["lock"] = lock
        return self.connection.begin()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The transaction at work, or one that is over when the rows are here."""
        with self._our_errors():
            if self.connection.in_transaction():
                yield
            else:
                with self._begin("DEFERRED"):
                    yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The transaction at work, or one for this statement."""
        if self.connection.in_transaction():
            with self._our_errors():
                yield
        else:
            with self.transaction(), self._our_errors():
                yield

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except (DataError, OverflowError, UnicodeEncodeError) as error:
            said = reason(error, *self._passwords)
            raise MalformedRecord(f"a value does not fit the database: {said}") from error
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            message = f"database {self.place}: {reason(error, *self._passwords)}"
            raise StoreError(message) from error


def reason(error: Exception, *passwords: str) -> str:
    """What went wrong, in one line without the passwords; in our words where SQLite has a code."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in REASONS:
        return REASONS[code & 0xFF]
    line = (str(cause).strip() or type(cause).__name__).splitlines()[0]
    for password in filter(None, passwords):
        line = line.replace(password, "***")
    return line


def _connect(url: URL) -> Connection:
    try:
        engine = create_engine(url, poolclass=NullPool, json_serializer=dump)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{url.drivername} needs a package that is not installed: {error.name}: "
            "pip install 'litwatch[postgres]'"
        ) from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine.connect()


def _make_private(path: Path) -> None:
    """Makes a new file for its owner alone: it will hold addresses; SQLite's own follow it."""
    with suppress(OSError):  # SQLite says what hinders
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: `_begin_sqlite`
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.info['lock']}")


def _roll_back(transaction: Transaction) -> None:
    """Undoes the transaction, unless SQLite has done so by itself, as it does on a full disk."""
    with suppress(SQLAlchemyError):
        transaction.rollback()


def _copy_into_memory(path: Path, memory: Connection) -> None:
    """Copies the file without touching it or its folder.

    Without a log file nobody has it open, and SQLite is told that it cannot change, lest it make
    one; should a writer come in between after all, the copy is made again.
    """
    log = path.with_name(f"{path.name}-wal")
    while True:
        logged, before = log.exists(), path.stat().st_mtime_ns
        uri = f"{path.absolute().as_uri()}?mode=ro{'' if logged else '&immutable=1'}"
        source = sqlite3.connect(uri, uri=True)
        try:
            source.backup(memory.connection.dbapi_connection)  # type: ignore[arg-type]
        finally:
            source.close()
        if logged or (not log.exists() and path.stat().st_mtime_ns == before):
            return
