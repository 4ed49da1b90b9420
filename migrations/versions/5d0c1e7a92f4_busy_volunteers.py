"""Volunteers who have an offer to answer get an index of their own, as the free ones have."""

import sqlalchemy as sa
from alembic import op

revision = "5d0c1e7a92f4"
down_revision = "b6426dff3e7b"
branch_labels = None
depends_on = None

HELPS = "vouched_at IS NOT NULL AND helper_since IS NOT NULL AND opted_out_at IS NULL"
ORDER = ["line_id", "last_asked_at", "id"]


def upgrade() -> None:
    op.drop_index("ix_person_helpers", table_name="person")
    busy = sa.text(f"{HELPS} AND weighs_id IS NOT NULL")
    op.create_index("ix_person_busy", "person", ORDER, sqlite_where=busy, postgresql_where=busy)


def downgrade() -> None:
    op.drop_index("ix_person_busy", table_name="person")
    helps = sa.text(HELPS)
    op.create_index("ix_person_helpers", "person", ORDER, sqlite_where=helps, postgresql_where=helps)
