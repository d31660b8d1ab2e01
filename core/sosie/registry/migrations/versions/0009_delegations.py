"""A talent may let her agency decide on single pictures; until she says so, nobody else does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("parties", sa.Column("delegates_pictures", BIG, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("parties", "delegates_pictures")
