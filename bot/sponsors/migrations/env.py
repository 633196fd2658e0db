"""Alembic's entry point. Run by bot.sponsors.migrate with a connection; there is no alembic.ini."""

from alembic import context

from bot.sponsors.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
