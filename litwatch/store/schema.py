"""The tables: one schema for SQLite and PostgreSQL.

    runs ── topic_runs                 what each run did, and for which topic
    topics                             the query in force and since when
    articles ── findings               the record, and what the rules found in it
      ├─ revisions                     what the record said before
      └─ links                         which topic's query found it, and in which run
    changes                            what happened to papers: retraction, erratum …
    pending                            records that were listed and are not on file, by uid
    subscribers ── owed                readers as the store has seen them, and what they are owed
    removed                            readers who were erased, by a keyed hash of the address
    outbox ── deliveries               each digest, and what it made owed no more
           └─ change_deliveries

`metadata` says how the tables are; `migrations/` says how they came to be so, and a test compares
the two. Names follow one convention, so that a migration can name every constraint on both.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only where the key is an INTEGER."""


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC: SQLite would hand it back without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC; without its zone where the database knows none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


runs = Table(
    "runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    Column("complete", Boolean),
    Column("blocked", Boolean, nullable=False),
    Column("report", JSON(none_as_null=True)),
)

topics = Table(
    "topics",
    metadata,
    Column("id", String, primary_key=True),
    Column("query", Text, nullable=False),
    Column("query_since", Moment, nullable=False),
    Column("first_complete_run", ForeignKey("runs.id")),
    Column("accepted_run", ForeignKey("runs.id")),
    Column("quiet_judged_at", Moment),
)

topic_runs = Table(
    "topic_runs",
    metadata,
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("topic_id", String, nullable=False),
    Column("query", Text, nullable=False),
    Column("query_translation", Text, nullable=False),
    Column("count", Integer),
    Column("complete", Boolean, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("on_file", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("report", JSON, nullable=False),
    PrimaryKeyConstraint("topic_id", "run_id"),
)

articles = Table(
    "articles",
    metadata,
    Column("uid", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("doi", String, nullable=False),
    Column("published_on", Date),
    Column("created_on", Date),
    Column("revised_on", Date),
    Column("retracted", Boolean, nullable=False),
    Column("record", JSON, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("study_type", String),
    Column("patients", Integer),
    Column("outcome", String),
    Column("rules_version", String, nullable=False),
    Column("first_run", ForeignKey("runs.id"), nullable=False),
    Column("first_stored_at", Moment, nullable=False),
    Column("last_read_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Index(None, "doi"),
    Index(None, "last_read_at"),
)

findings = Table(
    "findings",
    metadata,
    Column("uid", ForeignKey("articles.uid"), nullable=False),
    Column("category", String, nullable=False),
    Column("tag_id", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("label", String, nullable=False),
    Column("tag_group", String, nullable=False),
    Column("role", String, nullable=False),
    Column("evidence", JSON, nullable=False),
    PrimaryKeyConstraint("uid", "category", "tag_id"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("uid", ForeignKey("articles.uid"), nullable=False),
    Column("replaced_run", ForeignKey("runs.id"), nullable=False),
    Column("replaced_at", Moment, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("record", JSON, nullable=False),
    Index(None, "uid"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("uid", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("notice_uid", String, nullable=False),
    Column("citation", Text, nullable=False),
    UniqueConstraint("uid", "kind", "notice_uid", "citation"),
    Index(None, "run_id"),
)

links = Table(
    "links",
    metadata,
    Column("topic_id", String, nullable=False),
    Column("uid", ForeignKey("articles.uid"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("news", Boolean, nullable=False),
    Column("held", Boolean, nullable=False),
    PrimaryKeyConstraint("topic_id", "uid"),
    Index(None, "uid"),
)

pending = Table(
    "pending",
    metadata,
    Column("uid", String, primary_key=True),
    Column("listed_by", JSON, nullable=False),
    Column("reason", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("last_run", ForeignKey("runs.id"), nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("email", String, primary_key=True),
    Column("since_run", ForeignKey("runs.id"), nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("filters_since", Moment, nullable=False),
    Column("judged_run", ForeignKey("runs.id"), nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("suppressed", Text),
    Column("refusals", Integer, nullable=False),
)

removed = Table(
    "removed",
    metadata,
    Column("salt", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("at", Moment, nullable=False),
)

owed = Table(
    "owed",
    metadata,
    Column("email", String, nullable=False),
    Column("uid", ForeignKey("articles.uid"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    PrimaryKeyConstraint("email", "uid"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("email", String, nullable=False),
    Column("period_key", String, nullable=False),
    Column("period_start", Moment, nullable=False),
    Column("period_end", Moment, nullable=False),
    Column("state", String, nullable=False),
    Column("message_id", String),
    Column("subject", Text, nullable=False),
    Column("message", LargeBinary, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("corrections", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_attempt_at", Moment),
    Column("first_failed_at", Moment),
    Column("next_attempt_at", Moment),
    Column("done_at", Moment),
    Column("file", Text),
    Column("last_code", Integer),
    Column("last_reply", Text),
    Column("released", JSON(none_as_null=True)),
    Column("may_have_arrived", Boolean, nullable=False),
    UniqueConstraint("email", "period_key"),
    UniqueConstraint("message_id"),
    Index(None, "state"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("email", String, nullable=False),
    Column("uid", ForeignKey("articles.uid"), nullable=False),
    Column("outbox_id", ForeignKey("outbox.id"), nullable=False),
    PrimaryKeyConstraint("email", "uid"),
)

change_deliveries = Table(
    "change_deliveries",
    metadata,
    Column("email", String, nullable=False),
    Column("change_id", ForeignKey("changes.id"), nullable=False),
    Column("outbox_id", ForeignKey("outbox.id"), nullable=False),
    PrimaryKeyConstraint("email", "change_id"),
)
