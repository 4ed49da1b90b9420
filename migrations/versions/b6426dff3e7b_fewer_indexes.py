"""An index that no query used goes; another keeps only the texts that the carrier has named."""

import sqlalchemy as sa
from alembic import op

revision = "b6426dff3e7b"
down_revision = "c8f397f6cde8"
branch_labels = None
depends_on = None

UNANSWERED = sa.text("state IN ('queued', 'sent')")
TAKEN = sa.text("sid IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_offer_line", table_name="offer")
    op.drop_index("ix_offer_waiting", table_name="offer")
    op.create_index("ix_offer_waiting", "offer", ["person_id"], sqlite_where=UNANSWERED, postgresql_where=UNANSWERED)
    op.drop_index("ix_outbound_sid", table_name="outbound")
    op.create_index("ix_outbound_sid", "outbound", ["sid"], sqlite_where=TAKEN, postgresql_where=TAKEN)


def downgrade() -> None:
    op.drop_index("ix_outbound_sid", table_name="outbound")
    op.create_index("ix_outbound_sid", "outbound", ["sid"])
    op.drop_index("ix_offer_waiting", table_name="offer")
    op.create_index("ix_offer_waiting", "offer", ["person_id", "state"])
    op.create_index("ix_offer_line", "offer", ["line_id", "state"])
