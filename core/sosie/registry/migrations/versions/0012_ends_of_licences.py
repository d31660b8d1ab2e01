"""When a licence's term ends, as a column: lists of running licences are read a page at a time, not whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAYS = {
    "sqlite": "json_extract(terms, '$.not_after')",
    "postgresql": "CAST(CAST(terms AS json) ->> 'not_after' AS bigint)",
}


def upgrade() -> None:
    op.add_column("licences", sa.Column("ends_at", BIG, nullable=False, server_default="0"))
    op.execute(f"UPDATE licences SET ends_at = {_SAYS[op.get_bind().dialect.name]}")  # noqa: S608  # words of this file


def downgrade() -> None:
    op.drop_column("licences", "ends_at")
