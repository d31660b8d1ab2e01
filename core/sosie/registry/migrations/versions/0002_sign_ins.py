"""Machines that wait to be signed in by a short code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("device_code_sha256", sa.Text(), nullable=False),
        sa.Column("user_code_sha256", sa.Text(), nullable=False),
        sa.Column("ticket_sha256", sa.Text(), nullable=True),
        sa.Column("ticket_party_id", sa.Text(), nullable=True),
        sa.Column("signing_key", sa.Text(), nullable=False),
        sa.Column("sealing_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seat_id", sa.Text(), nullable=True),
        sa.Column("interval", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_party_id"], ["parties.id"], name=op.f("fk_sign_ins_ticket_party_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_sign_ins_seat_id")),
        sa.PrimaryKeyConstraint("device_code_sha256", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("user_code_sha256", name=op.f("uq_sign_ins_user_code_sha256")),
        sa.UniqueConstraint("ticket_sha256", name=op.f("uq_sign_ins_ticket_sha256")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("sign_ins")
