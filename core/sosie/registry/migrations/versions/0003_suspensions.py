"""Who has suspended a licence: only that side lifts it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("licences", sa.Column("suspended_by", sa.Text(), nullable=False, server_default=""))
    # Until now only the talent's side could lift a suspension, whoever it came from: so it stays for those there are.
    op.execute("UPDATE licences SET suspended_by = 'talent' WHERE state = 'suspended'")


def downgrade() -> None:
    op.drop_column("licences", "suspended_by")
