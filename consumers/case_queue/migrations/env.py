"""Alembic's entry: runs the migrations on the connection that migrate.py hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from consumers.case_queue.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
