"""A payment names what it was: a bank's reference beside the ledger's entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_entries", sa.Column("reference", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("ledger_entries", "reference")
