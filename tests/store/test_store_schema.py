"""The tables: what the migrations make is what the schema says, and whose tables we work with."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, event, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from litwatch.errors import ConfigError, SchemaError, StoreError
from litwatch.store import migrations, open_store
from litwatch.store.database import Database
from litwatch.store.schema import Moment, metadata


@pytest.fixture
def rows(database_file: Path) -> Callable[[str], list[tuple[object, ...]]]:
    """Reads the file as another program would."""

    def read(statement: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(database_file)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    return read


def stamp(file: Path, revision: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()


def test_the_migrations_make_the_tables_that_the_schema_describes(url: str) -> None:
    database = Database(url)
    migrations.prepare(database)

    with database.reading():
        context = MigrationContext.configure(database.connection)
        differences = compare_metadata(context, metadata)
    database.close()

    assert differences == []


def test_the_revision_we_work_with_is_the_last_one() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert scripts.get_current_head() == migrations.HEAD


def test_every_table_can_be_made_on_postgresql() -> None:
    statements = [
        str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        for table in metadata.sorted_tables
    ]

    assert any("id BIGSERIAL NOT NULL" in statement for statement in statements)
    assert any("TIMESTAMP WITH TIME ZONE" in statement for statement in statements)


def test_every_constraint_has_a_name_of_the_convention() -> None:
    names = {str(item.name) for table in metadata.tables.values() for item in table.constraints}
    names |= {str(index.name) for table in metadata.tables.values() for index in table.indexes}

    assert "uq_outbox_email_period_key" in names
    assert {name.split("_")[0] for name in names} == {"pk", "fk", "uq", "ix"}


def test_a_new_file_gets_its_tables_and_a_second_opening_leaves_them(
    url: str, rows: Callable[[str], list[tuple[object, ...]]]
) -> None:
    open_store(url).close()
    open_store(url).close()

    assert rows("SELECT version_num FROM alembic_version") == [(migrations.HEAD,)]
    assert rows("SELECT count(*) FROM articles") == [(0,)]


def test_tables_that_another_process_makes_in_the_meantime_are_taken_over(url: str) -> None:
    database = Database(url)
    overtaken: list[str] = []

    def overtake(*call: str) -> None:
        """Lets another store in after ours has looked and before it begins to write."""
        if call[2] == "BEGIN IMMEDIATE" and not overtaken:
            overtaken.append("yes")
            open_store(url).close()

    event.listen(database.connection.engine, "before_cursor_execute", overtake)
    migrations.prepare(database)
    found = migrations.revision(database)
    database.close()

    assert overtaken == ["yes"]
    assert found == migrations.HEAD


def test_an_empty_file_gets_its_tables(url: str, database_file: Path) -> None:
    database_file.touch()

    with open_store(url) as store:
        assert store.articles.known() == frozenset()


def test_an_older_schema_names_the_command_to_run(url: str, database_file: Path) -> None:
    open_store(url).close()
    stamp(database_file, "0000")

    with pytest.raises(SchemaError, match=r"of schema 0000.*run `litwatch db upgrade`") as caught:
        open_store(url)

    assert isinstance(caught.value, ConfigError)
    assert str(database_file) in str(caught.value)


@pytest.mark.parametrize("keep", [True, False])
def test_a_newer_schema_is_left_alone(url: str, database_file: Path, *, keep: bool) -> None:
    open_store(url).close()
    stamp(database_file, "0999")
    before = database_file.read_bytes()

    with pytest.raises(SchemaError, match="made by a newer litwatch"):
        open_store(url, keep=keep)

    assert database_file.read_bytes() == before


def test_the_tables_of_another_program_are_left_alone(url: str, database_file: Path) -> None:
    connection = sqlite3.connect(database_file)
    connection.execute("CREATE TABLE recipes (name)")
    connection.close()

    with pytest.raises(SchemaError, match="holds tables of another program"):
        open_store(url)


def test_tables_whose_age_cannot_be_told_are_left_alone(url: str, database_file: Path) -> None:
    open_store(url).close()
    connection = sqlite3.connect(database_file)
    connection.execute("DELETE FROM alembic_version")
    connection.commit()
    connection.close()

    with pytest.raises(SchemaError, match="holds tables of another program"):
        open_store(url)


def test_a_file_is_opened_with_write_ahead_logging_foreign_keys_and_patience(url: str) -> None:
    database = Database(url)

    def pragma(name: str) -> object:
        return database.connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    with database.reading():
        found = [pragma(name) for name in ("journal_mode", "foreign_keys", "synchronous")]
        patience = pragma("busy_timeout")
    database.close()

    assert found == ["wal", 1, 1]
    assert patience == 60_000


def test_a_key_that_points_nowhere_is_refused(store, article, findings, monday) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError, match="FOREIGN KEY constraint failed"):
        store.articles.save(article, findings, rules_version="1", run_id=404, at=monday)

    assert store.articles.known() == frozenset()


MOMENTS = Table("moments", MetaData(), Column("at", Moment))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 2, 6, 10, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 2, 6, 10, tzinfo=timezone(timedelta(hours=-5))),
        datetime(1, 1, 2, tzinfo=UTC),
        None,
    ],
)
def test_a_moment_comes_back_aware_and_in_utc(moment: datetime | None) -> None:
    database = Database("sqlite://")
    with database.writing():
        MOMENTS.create(database.connection)
    database.write(MOMENTS.insert(), at=moment)

    (back,) = database.column(select(MOMENTS.c.at))
    database.close()

    assert back == moment
    assert back is None or back.tzinfo is UTC


def test_moments_are_compared_by_the_instant_and_not_by_their_zone() -> None:
    database = Database("sqlite://")
    with database.writing():
        MOMENTS.create(database.connection)
    noon_in_tokyo = datetime(2026, 11, 2, 12, tzinfo=timezone(timedelta(hours=9)))
    database.write(MOMENTS.insert(), at=noon_in_tokyo)

    later = select(MOMENTS.c.at).where(MOMENTS.c.at > datetime(2026, 11, 2, 4, tzinfo=UTC))
    found = database.column(later)
    database.close()

    assert found == []


def test_a_moment_without_a_zone_is_refused() -> None:
    database = Database("sqlite://")
    with database.writing():
        MOMENTS.create(database.connection)

    with pytest.raises(StoreError, match="has no time zone"):
        database.write(MOMENTS.insert(), at=datetime(2026, 11, 2))  # noqa: DTZ001 - the fault
    database.close()
