"""a missed distribution is told, not noted."""

import sqlalchemy as sa
from alembic import op

revision = "c653c9218fbb"
down_revision = "01b3dfe0b036"
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_column("missed_at")


def downgrade() -> None:

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True))
