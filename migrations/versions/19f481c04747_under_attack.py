"""What holds under attack: lanes for emergencies, fair ranks, who leases, what a day may bring."""

import sqlalchemy as sa
from alembic import op

revision = "19f481c04747"
down_revision = "0ebec61fc9ae"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "prefix",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("phones", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_prefix_line_id_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prefix")),
        sa.UniqueConstraint("line_id", "prefix", "day", name=op.f("uq_prefix_line_id_prefix_day")),
    )
    op.create_table(
        "surge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("free_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_surge_line_id_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge")),
        sa.UniqueConstraint("line_id", name=op.f("uq_surge_line_id")),
    )
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_on", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("answered_today", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("ranked_until", sa.JSON(), nullable=False, server_default="{}"))

    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("carrier", sa.String(), nullable=True))

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("leased_by", sa.String(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_outbound_next"), sqlite_where=sa.text("state = 'ready'"))
        batch_op.create_index(
            "ix_outbound_next",
            ["channel", "from_number", "lane", "rank", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'ready'"),
            postgresql_where=sa.text("state = 'ready'"),
        )
        batch_op.create_index(
            "ix_outbound_unarrived",
            ["state", "changed_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('accepted', 'failed')"),
            postgresql_where=sa.text("state IN ('accepted', 'failed')"),
        )

    # Texts keep their order, and their lanes move up by one: there is a new first one.
    op.execute("UPDATE outbound SET rank = created_at, lane = lane + 1")
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.alter_column("rank", existing_type=sa.DateTime(timezone=True), nullable=False)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_on", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("asked_today", sa.Integer(), nullable=False, server_default="0"))

    with op.batch_alter_table("spending", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ceiling_reported_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("spending", schema=None) as batch_op:
        batch_op.drop_column("ceiling_reported_at")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("asked_today")
        batch_op.drop_column("asked_on")

    # An emergency answer becomes a safety text, as it was.
    op.execute("UPDATE outbound SET lane = lane - 1 WHERE lane > 0")
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index("ix_outbound_unarrived")
        batch_op.drop_index(
            "ix_outbound_next", sqlite_where=sa.text("state = 'ready'"), postgresql_where=sa.text("state = 'ready'")
        )
        batch_op.create_index(
            batch_op.f("ix_outbound_next"),
            ["channel", "from_number", "lane", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'ready'"),
            postgresql_where=sa.text("state = 'ready'"),
        )
        batch_op.drop_column("leased_by")
        batch_op.drop_column("rank")

    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.drop_column("carrier")

    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_column("ranked_until")
        batch_op.drop_column("answered_today")
        batch_op.drop_column("answered_on")

    op.drop_table("surge")
    op.drop_table("prefix")
    op.drop_table("worker")
