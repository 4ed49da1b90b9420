"""What dependable carriage needs: paces and rests of senders, a day's spending, limits and flags of addresses."""

import sqlalchemy as sa
from alembic import op

revision = "c8f397f6cde8"
down_revision = "9bda0d1725b5"
branch_labels = None
depends_on = None

HELPS = "vouched_at IS NOT NULL AND helper_since IS NOT NULL AND opted_out_at IS NULL"
FREE = f"{HELPS} AND weighs_id IS NULL"


def upgrade() -> None:
    op.create_table(
        "sender",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_code", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_sender_line_id_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.UniqueConstraint("channel", "number", name=op.f("uq_sender_channel_number")),
    )
    op.create_table(
        "spending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_spending_line_id_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending")),
        sa.UniqueConstraint("line_id", "day", name=op.f("uq_spending_line_id_day")),
    )
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("echo", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("strikes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("bad_code", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("bad_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_address_line_id_channel_value"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_address_line_id_value_channel"), ["line_id", "value", "channel"]
        )

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbound_line_id"))

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("returns", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_outbound_line_id"))
        batch_op.drop_index(batch_op.f("ix_outbound_next"))
        batch_op.create_index(
            "ix_outbound_next",
            ["channel", "sender", "lane", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'ready'"),
            postgresql_where=sa.text("state = 'ready'"),
        )
        batch_op.create_index(
            "ix_outbound_pending",
            ["state", "changed_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('leased', 'uncertain', 'held')"),
            postgresql_where=sa.text("state IN ('leased', 'uncertain', 'held')"),
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weighs_id", sa.Integer(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_person_line_id"))
        batch_op.drop_index(batch_op.f("ix_person_duty"))
        batch_op.create_index(
            "ix_person_duty",
            ["line_id"],
            unique=False,
            sqlite_where=sa.text("on_duty_since IS NOT NULL"),
            postgresql_where=sa.text("on_duty_since IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_person_helpers"))
        batch_op.create_index(
            "ix_person_helpers",
            ["line_id", "last_asked_at", "id"],
            unique=False,
            sqlite_where=sa.text(HELPS),
            postgresql_where=sa.text(HELPS),
        )

        batch_op.create_index(
            "ix_person_free",
            ["line_id", "last_asked_at", "id"],
            unique=False,
            sqlite_where=sa.text(
                "vouched_at IS NOT NULL AND helper_since IS NOT NULL AND opted_out_at IS NULL AND weighs_id IS NULL"
            ),
            postgresql_where=sa.text(
                "vouched_at IS NOT NULL AND helper_since IS NOT NULL AND opted_out_at IS NULL AND weighs_id IS NULL"
            ),
        )
        batch_op.create_index(
            "ix_person_weighs",
            ["weighs_id"],
            unique=False,
            sqlite_where=sa.text("weighs_id IS NOT NULL"),
            postgresql_where=sa.text("weighs_id IS NOT NULL"),
        )

    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_open"))
        batch_op.drop_index(batch_op.f("ix_request_due"))
        batch_op.create_index(
            "ix_request_due",
            ["next_look_at"],
            unique=False,
            sqlite_where=sa.text("next_look_at IS NOT NULL"),
            postgresql_where=sa.text("next_look_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_request_live",
            ["line_id", "state", "number"],
            unique=False,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_request_live",
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(
            "ix_request_due",
            sqlite_where=sa.text("next_look_at IS NOT NULL"),
            postgresql_where=sa.text("next_look_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_request_due"), ["state", "next_look_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_open"), ["line_id", "state"], unique=False)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_person_helpers",
            sqlite_where=sa.text(HELPS),
            postgresql_where=sa.text(HELPS),
        )
        batch_op.create_index(
            batch_op.f("ix_person_helpers"), ["line_id", "vouched_at", "last_asked_at"], unique=False
        )
        batch_op.drop_index(
            "ix_person_duty",
            sqlite_where=sa.text("on_duty_since IS NOT NULL"),
            postgresql_where=sa.text("on_duty_since IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_person_duty"), ["line_id", "on_duty_since"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_line_id"), ["line_id"], unique=False)
        batch_op.drop_index("ix_person_weighs", sqlite_where=sa.text("weighs_id IS NOT NULL"))
        batch_op.drop_index("ix_person_free")
        batch_op.drop_column("weighs_id")

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbound_pending",
            sqlite_where=sa.text("state IN ('leased', 'uncertain', 'held')"),
            postgresql_where=sa.text("state IN ('leased', 'uncertain', 'held')"),
        )
        batch_op.drop_index(
            "ix_outbound_next", sqlite_where=sa.text("state = 'ready'"), postgresql_where=sa.text("state = 'ready'")
        )
        batch_op.create_index(batch_op.f("ix_outbound_next"), ["state", "lane", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbound_line_id"), ["line_id"], unique=False)
        batch_op.drop_column("expires_at")
        batch_op.drop_column("returns")

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbound_line_id"), ["line_id"], unique=False)

    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_address_line_id_value_channel"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_address_line_id_channel_value"), ["line_id", "channel", "value"]
        )
        batch_op.drop_column("bad_at")
        batch_op.drop_column("bad_code")
        batch_op.drop_column("strikes")
        batch_op.drop_column("rests_until")
        batch_op.drop_column("muted_until")
        batch_op.drop_column("echo")
        batch_op.drop_column("answered")

    op.drop_table("spending")
    op.drop_table("sender")
