"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes them."""
    _runs()
    _topics()
    _articles()
    _findings()
    _history()
    _links()
    _subscribers()
    _outbox()
    _deliveries()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("finished", MOMENT),
        sa.Column("complete", sa.Boolean()),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )


def _topics() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("query_since", MOMENT, nullable=False),
        sa.Column("first_complete_run", KEY),
        sa.Column("accepted_run", KEY),
        sa.Column("quiet_judged_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        _references("topics", "first_complete_run", "runs.id"),
        _references("topics", "accepted_run", "runs.id"),
    )
    op.create_table(
        "topic_runs",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("query_translation", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer()),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("on_file", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "run_id", name=op.f("pk_topic_runs")),
        _references("topic_runs", "run_id", "runs.id"),
    )


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("doi", sa.String(), nullable=False),
        sa.Column("published_on", sa.Date()),
        sa.Column("created_on", sa.Date()),
        sa.Column("revised_on", sa.Date()),
        sa.Column("retracted", sa.Boolean(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("study_type", sa.String()),
        sa.Column("patients", sa.Integer()),
        sa.Column("outcome", sa.String()),
        sa.Column("rules_version", sa.String(), nullable=False),
        sa.Column("first_run", KEY, nullable=False),
        sa.Column("first_stored_at", MOMENT, nullable=False),
        sa.Column("last_read_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_articles")),
        _references("articles", "first_run", "runs.id"),
    )
    op.create_index(op.f("ix_articles_doi"), "articles", ["doi"])
    op.create_index(op.f("ix_articles_last_read_at"), "articles", ["last_read_at"])


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("tag_group", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("uid", "category", "tag_id", name=op.f("pk_findings")),
        _references("findings", "uid", "articles.uid"),
    )


def _history() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("replaced_run", KEY, nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        _references("revisions", "uid", "articles.uid"),
        _references("revisions", "replaced_run", "runs.id"),
    )
    op.create_index(op.f("ix_revisions_uid"), "revisions", ["uid"])
    unique = ("uid", "kind", "notice_uid", "citation")
    op.create_table(
        "changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("notice_uid", sa.String(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint(*unique, name=op.f("uq_changes_uid_kind_notice_uid_citation")),
        _references("changes", "run_id", "runs.id"),
    )
    op.create_index(op.f("ix_changes_run_id"), "changes", ["run_id"])


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("news", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "uid", name=op.f("pk_links")),
        _references("links", "uid", "articles.uid"),
        _references("links", "run_id", "runs.id"),
    )
    op.create_index(op.f("ix_links_uid"), "links", ["uid"])
    op.create_table(
        "pending",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("listed_by", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("last_run", KEY, nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_pending")),
        _references("pending", "last_run", "runs.id"),
    )


def _subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("since_run", KEY, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("filters_since", MOMENT, nullable=False),
        sa.Column("judged_run", KEY, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("suppressed", sa.Text()),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_subscribers")),
        _references("subscribers", "since_run", "runs.id"),
        _references("subscribers", "judged_run", "runs.id"),
    )
    op.create_table(
        "removed",
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("salt", name=op.f("pk_removed")),
    )
    op.create_table(
        "owed",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("email", "uid", name=op.f("pk_owed")),
        _references("owed", "uid", "articles.uid"),
        _references("owed", "run_id", "runs.id"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("period_key", sa.String(), nullable=False),
        sa.Column("period_start", MOMENT, nullable=False),
        sa.Column("period_end", MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message_id", sa.String()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_attempt_at", MOMENT),
        sa.Column("first_failed_at", MOMENT),
        sa.Column("next_attempt_at", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.Column("file", sa.Text()),
        sa.Column("last_code", sa.Integer()),
        sa.Column("last_reply", sa.Text()),
        sa.Column("released", sa.JSON()),
        sa.Column("may_have_arrived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        _references("outbox", "run_id", "runs.id"),
        sa.UniqueConstraint("email", "period_key", name=op.f("uq_outbox_email_period_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index(op.f("ix_outbox_state"), "outbox", ["state"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("outbox_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("email", "uid", name=op.f("pk_deliveries")),
        _references("deliveries", "uid", "articles.uid"),
        _references("deliveries", "outbox_id", "outbox.id"),
    )
    op.create_table(
        "change_deliveries",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("change_id", KEY, nullable=False),
        sa.Column("outbox_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("email", "change_id", name=op.f("pk_change_deliveries")),
        _references("change_deliveries", "change_id", "changes.id"),
        _references("change_deliveries", "outbox_id", "outbox.id"),
    )


def _references(table: str, column: str, key: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [key], name=op.f(f"fk_{table}_{column}"))
