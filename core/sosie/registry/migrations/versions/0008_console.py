"""The console: passwords, sessions, and who signed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "console_accounts",
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_console_accounts_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_console_accounts")),
        sa.UniqueConstraint("handle", name=op.f("uq_console_accounts_handle")),
        sqlite_strict=True,
    )
    op.create_table(
        "console_sessions",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_console_sessions_party_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_console_sessions")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_console_sessions_party_id"), "console_sessions", ["party_id"])
    op.create_index(op.f("ix_console_sessions_expires_at"), "console_sessions", ["expires_at"])
    op.create_table(
        "console_visits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_console_visits_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_visits")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_console_visits_party_id"), "console_visits", ["party_id"])


def downgrade() -> None:
    for table in ("console_visits", "console_sessions", "console_accounts"):
        op.drop_table(table)
