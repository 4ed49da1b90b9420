"""WhatsApp's window."""

import sqlalchemy as sa
from alembic import op

revision = "73d332a2582e"
down_revision = "569ed344ec67"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("approval", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
        sa.UniqueConstraint(
            "account", "kind", "name", "language", "digest", name=op.f("uq_content_account_kind_name_language_digest")
        ),
    )
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.add_column(sa.Column("window_opened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("window_closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("knocked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("waits_told_at", sa.DateTime(timezone=True), nullable=True))

    op.execute("UPDATE address SET window_opened_at = last_heard_at WHERE channel = 'whatsapp'")
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form", sa.JSON(), nullable=True))
        batch_op.create_index(
            "ix_outbound_waits",
            ["person_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waits'"),
            postgresql_where=sa.text("state = 'waits'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbound_waits", sqlite_where=sa.text("state = 'waits'"), postgresql_where=sa.text("state = 'waits'")
        )
        batch_op.drop_column("form")

    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_column("waits_told_at")
        batch_op.drop_column("cut_off_at")
        batch_op.drop_column("knocked_at")
        batch_op.drop_column("waits_since")
        batch_op.drop_column("window_closed_at")
        batch_op.drop_column("window_opened_at")

    op.drop_table("content")
