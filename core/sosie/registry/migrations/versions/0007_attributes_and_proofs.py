"""What talents declare of themselves, for those who search; who decided on an enrolment proof, and how like it was; why a no."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERS = ("skin_tone", "age_from", "age_to", "height_cm", "chest_cm", "waist_cm", "hips_cm", "shoe_eu")


def upgrade() -> None:
    op.create_table(
        "attributes",
        sa.Column("party_id", sa.Text(), nullable=False),
        *(sa.Column(name, BIG, nullable=True) for name in NUMBERS),
        sa.Column("changed_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_attributes_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_attributes")),
        sqlite_strict=True,
    )
    op.add_column("licences", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("challenges", sa.Column("distance_milli", BIG, nullable=True))
    op.add_column("challenges", sa.Column("reviewer_id", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("licences", "reason")
    op.drop_column("challenges", "reviewer_id")
    op.drop_column("challenges", "distance_milli")
    op.drop_table("attributes")
