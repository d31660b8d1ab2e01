"""Alembic's entry: the connection comes from `Database.migrate`, already inside its transaction."""

from alembic import context

from sosie.registry.console.tables import ConsoleAccount
from sosie.registry.tables_people import BankAccount

FARTHEST = (BankAccount, ConsoleAccount)  # their modules build on all the others: every table is known now

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=FARTHEST[0].metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
