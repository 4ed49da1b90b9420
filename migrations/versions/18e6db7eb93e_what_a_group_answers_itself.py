"""What a group answers itself."""

import sqlalchemy as sa
from alembic import op

revision = "18e6db7eb93e"
down_revision = "4dd01289031d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.drop_column("answers")
