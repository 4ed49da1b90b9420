"""Erased by number: what a restore and a late text must know of somebody erased or taken off."""

import sqlalchemy as sa
from alembic import op

revision = "5202ccc18c6e"
down_revision = "5613cbf522bc"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sids", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("known_again_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("former")
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.drop_column("known_again_at")
        batch_op.drop_column("sids")
