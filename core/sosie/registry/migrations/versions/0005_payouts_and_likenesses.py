"""Bank accounts and payouts, the end of a licence, enrolment proofs, twins of no living person, erasure.

One list, as long as that day's tables are: what databases have gone through is neither edited nor split.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("parties", sa.Column("likeness", sa.Text(), nullable=False, server_default="person"))
    op.add_column("parties", sa.Column("erased_at", BIG, nullable=True))
    op.add_column("licences", sa.Column("closed_at", BIG, nullable=True))
    op.create_table(
        "bank_accounts",
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("bic", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_bank_accounts_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_bank_accounts")),
        sqlite_strict=True,
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payments", sa.Text(), nullable=False),
        sa.Column("leaf_index", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sqlite_strict=True,
    )
    op.create_table(
        "challenges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("talent_id", sa.Text(), nullable=False),
        sa.Column("twin_id", sa.Text(), nullable=False),
        sa.Column("twin_revision", BIG, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("pose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["talent_id"], ["parties.id"], name=op.f("fk_challenges_talent_id")),
        sa.ForeignKeyConstraint(
            ["twin_id", "twin_revision"], ["twins.id", "twins.revision"], name=op.f("fk_challenges_twin_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_challenges_twin_id"), "challenges", ["twin_id"])
    op.create_table(
        "contributions",
        sa.Column("blend_id", sa.Text(), nullable=False),
        sa.Column("contributor_id", sa.Text(), nullable=False),
        sa.Column("share_bp", BIG, nullable=False),
        sa.Column("consent_sha256", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["blend_id"], ["parties.id"], name=op.f("fk_contributions_blend_id")),
        sa.ForeignKeyConstraint(
            ["contributor_id"], ["parties.id"], name=op.f("fk_contributions_contributor_id")
        ),
        sa.ForeignKeyConstraint(
            ["consent_sha256"], ["consents.sha256"], name=op.f("fk_contributions_consent_sha256")
        ),
        sa.PrimaryKeyConstraint("blend_id", "contributor_id", name=op.f("pk_contributions")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_contributions_contributor_id"), "contributions", ["contributor_id"])


def downgrade() -> None:
    for table in ("contributions", "challenges", "payouts", "bank_accounts"):
        op.drop_table(table)
    op.drop_column("licences", "closed_at")
    op.drop_column("parties", "erased_at")
    op.drop_column("parties", "likeness")
