"""The licences that are no longer active, found without reading all: each lease comes with their list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ENDED = sa.text("state <> 'active'")


def upgrade() -> None:
    op.create_index(
        "ix_licences_ended", "licences", ["status_index"], sqlite_where=ENDED, postgresql_where=ENDED
    )


def downgrade() -> None:
    op.drop_index("ix_licences_ended", table_name="licences")
