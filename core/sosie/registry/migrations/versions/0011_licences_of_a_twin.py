"""The licences of one twin, found without reading a brand's others: machines ask for them before each lease."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_licences_twin_id", "licences", ["twin_id"])


def downgrade() -> None:
    op.drop_index("ix_licences_twin_id", table_name="licences")
