"""How Alembic runs the migrations: on the connection, and so in the transaction, that `drills.store.database` gives."""

from __future__ import annotations

from alembic import context

from drills.store.database import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=VERSION_TABLE, transactional_ddl=False
)
context.run_migrations()
