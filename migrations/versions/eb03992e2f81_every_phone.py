"""every phone."""

import sqlalchemy as sa
from alembic import op

revision = "eb03992e2f81"
down_revision = "c55aeb4e4613"
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
    op.create_table(
        "numberchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_person_id", sa.Integer(), nullable=True),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("old_addresses", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_numberchange_by_person_id_person")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_numberchange_line_id_line")),
        sa.ForeignKeyConstraint(
            ["other_person_id"], ["person.id"], name=op.f("fk_numberchange_other_person_id_person")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_numberchange_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_numberchange")),
    )
    with op.batch_alter_table("numberchange", schema=None) as batch_op:
        batch_op.create_index(
            "ix_numberchange_due",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_numberchange_open",
            ["line_id", "code"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_numberchange_person",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("receipt", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_attachment_line_id_line")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attachment_person_id_person")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_attachment_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attachment_due",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("state = 'arrived'"),
            postgresql_where=sa.text("state = 'arrived'"),
        )
        batch_op.create_index(
            "ix_attachment_kept",
            ["line_id", "created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'kept'"),
            postgresql_where=sa.text("state = 'kept'"),
        )
        batch_op.create_index("ix_attachment_person", ["person_id", "created_at"], unique=False)
        batch_op.create_index("ix_attachment_request", ["request_id"], unique=False)

    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_rcs", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
        batch_op.add_column(sa.Column("window_opened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("window_closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("knocked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("waits_told_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cost", sa.Integer(), nullable=True))

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_rcs", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
        batch_op.add_column(sa.Column("form", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("attachment_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("media", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("cost", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_outbound_attachment",
            ["attachment_id"],
            unique=False,
            sqlite_where=sa.text("attachment_id IS NOT NULL"),
            postgresql_where=sa.text("attachment_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbound_media",
            ["media"],
            unique=True,
            sqlite_where=sa.text("media IS NOT NULL"),
            postgresql_where=sa.text("media IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbound_waits",
            ["person_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waits'"),
            postgresql_where=sa.text("state = 'waits'"),
        )

    with op.batch_alter_table("spending", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heard_micros", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("heard_to", sa.Integer(), server_default="0", nullable=False))

    op.execute("UPDATE address SET window_opened_at = last_heard_at WHERE channel = 'whatsapp'")


def downgrade() -> None:
    with op.batch_alter_table("spending", schema=None) as batch_op:
        batch_op.drop_column("heard_to")
        batch_op.drop_column("heard_micros")

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbound_waits", sqlite_where=sa.text("state = 'waits'"), postgresql_where=sa.text("state = 'waits'")
        )
        batch_op.drop_index(
            "ix_outbound_media",
            sqlite_where=sa.text("media IS NOT NULL"),
            postgresql_where=sa.text("media IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_outbound_attachment",
            sqlite_where=sa.text("attachment_id IS NOT NULL"),
            postgresql_where=sa.text("attachment_id IS NOT NULL"),
        )
        batch_op.drop_column("cost")
        batch_op.drop_column("media")
        batch_op.drop_column("attachment_id")
        batch_op.drop_column("form")
        batch_op.drop_column("by_rcs")

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_column("cost")

    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_column("waits_told_at")
        batch_op.drop_column("cut_off_at")
        batch_op.drop_column("knocked_at")
        batch_op.drop_column("waits_since")
        batch_op.drop_column("window_closed_at")
        batch_op.drop_column("window_opened_at")
        batch_op.drop_column("by_rcs")

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_request")
        batch_op.drop_index("ix_attachment_person")
        batch_op.drop_index(
            "ix_attachment_kept", sqlite_where=sa.text("state = 'kept'"), postgresql_where=sa.text("state = 'kept'")
        )
        batch_op.drop_index(
            "ix_attachment_due",
            sqlite_where=sa.text("state = 'arrived'"),
            postgresql_where=sa.text("state = 'arrived'"),
        )

    op.drop_table("attachment")
    with op.batch_alter_table("numberchange", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_numberchange_person",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_numberchange_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_numberchange_due",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.drop_table("numberchange")
    op.drop_table("content")
