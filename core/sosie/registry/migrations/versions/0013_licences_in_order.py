"""A party's licences in the order they were asked for: a page of them is found without sorting them all."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PARTIES = ("talent_id", "agency_id", "brand_id")


def upgrade() -> None:
    for party in PARTIES:
        op.create_index(f"ix_licences_of_{party}", "licences", [party, "created_at", "id"])
        op.drop_index(f"ix_licences_{party}", table_name="licences")


def downgrade() -> None:
    for party in PARTIES:
        op.create_index(f"ix_licences_{party}", "licences", [party])
        op.drop_index(f"ix_licences_of_{party}", table_name="licences")
