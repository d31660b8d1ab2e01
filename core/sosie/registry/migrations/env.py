"""Alembic's entry: the connection comes from `Database.migrate`, already inside its transaction."""

from alembic import context

from sosie.registry.tables_people import BankAccount

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=BankAccount.metadata,  # of every table: this module builds on all the others
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
