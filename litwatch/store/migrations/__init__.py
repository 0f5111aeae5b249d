"""How the tables came to be: Alembic's revisions, found as package data, and when they are run.

A revision is a file `versions/NNNN_what.py` whose id is its number, so that ids compare by age.
Tables are made and changed in one transaction: a process that dies leaves the old schema or the
new one.
"""

from pathlib import Path

from sqlalchemy import inspect, text

from litwatch.errors import SchemaError
from litwatch.store.database import Database

HEAD = "0001"
"""The revision that this litwatch works with."""


def prepare(database: Database) -> None:
    """Makes the tables in an empty database; raises SchemaError where others are there."""
    if revision(database) is None:
        upgrade(database)
    found = revision(database)
    if found is not None and found != HEAD:
        raise SchemaError(advice(database.place, found))


def advice(place: str, found: str) -> str:
    """What to do about a schema that is not ours."""
    if found < HEAD:
        return f"database {place} is of schema {found}, not {HEAD}: run `litwatch db upgrade`"
    return (
        f"database {place} is of schema {found}, made by a newer litwatch than this one, "
        f"which knows {HEAD}: install the newer one"
    )


def revision(database: Database) -> str | None:
    """The schema's revision; None for a database without tables; SchemaError for foreign ones."""
    with database.reading():
        tables = set(inspect(database.connection).get_table_names())
    if "alembic_version" in tables:
        for found in database.column(text("SELECT version_num FROM alembic_version")):
            return str(found)
    if tables - {"alembic_version"}:
        raise SchemaError(
            f"database {database.place} holds tables of another program: name a database of its own"
        )
    return None


def upgrade(database: Database) -> None:
    """Brings the tables to HEAD in one transaction; does nothing where another has just done so."""
    # Imported here: Alembic costs each command a tenth of a second and is needed once a database.
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = database.connection
    with database.writing():
        command.upgrade(config, HEAD)
