"""Passkeys, and the challenges they answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "console_passkeys",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_console_passkeys_party_id")),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_console_passkeys")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_console_passkeys_party_id"), "console_passkeys", ["party_id"])
    op.create_table(
        "console_challenges",
        sa.Column("challenge_sha256", sa.Text(), nullable=False),
        sa.Column("browser_sha256", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=True),
        sa.Column("expires_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_console_challenges_party_id")),
        sa.PrimaryKeyConstraint("challenge_sha256", name=op.f("pk_console_challenges")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_console_challenges_expires_at"), "console_challenges", ["expires_at"])


def downgrade() -> None:
    for table in ("console_challenges", "console_passkeys"):
        op.drop_table(table)
