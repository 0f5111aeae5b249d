"""What Alembic runs its revisions in: the connection and the transaction that the caller has."""

from alembic import context

from litwatch.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
