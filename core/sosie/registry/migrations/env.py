"""Alembic's entry: the connection comes from `Database.migrate`, already inside its transaction."""

from alembic import context

from sosie.registry.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
