"""Leases, times at which things are needed, offers that expire, duty that rotates."""

import sqlalchemy as sa
from alembic import op

revision = "ee746e6ded85"
down_revision = "18e6db7eb93e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_timer_line_id_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("line_id", "kind", name=op.f("uq_timer_line_id_kind")),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index("ix_timer_due", ["next_at"], unique=False)

    op.create_table(
        "broadcast",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("audience", sa.String(length=24), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_person_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_broadcast_area_id_area")),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_broadcast_by_person_id_person")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_person_id"], ["person.id"], name=op.f("fk_broadcast_confirmed_by_person_id_person")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_broadcast_line_id_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
    )
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.create_index("ix_broadcast_line", ["line_id", "created_at"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cover_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_shift_line_id_line")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_shift_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint("line_id", "person_id", "starts_at", name=op.f("uq_shift_line_id_person_id_starts_at")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index("ix_shift_ends", ["line_id", "ends_at"], unique=False)

    op.create_table(
        "dutytask",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("about_person_id", sa.Integer(), nullable=True),
        sa.Column("phrase", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by_person_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["about_person_id"], ["person.id"], name=op.f("fk_dutytask_about_person_id_person")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_dutytask_line_id_line")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_dutytask_request_id_request")),
        sa.ForeignKeyConstraint(
            ["taken_by_person_id"], ["person.id"], name=op.f("fk_dutytask_taken_by_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dutytask")),
    )
    with op.batch_alter_table("dutytask", schema=None) as batch_op:
        batch_op.create_index(
            "ix_dutytask_due",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index("ix_dutytask_request", ["request_id"], unique=False)
        batch_op.create_index(
            "ix_dutytask_waits",
            ["line_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("comes_as", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("comes_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("comes_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("at_door_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answering", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("resources", sa.JSON(), nullable=False, server_default="[]"))

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_offer_expires",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sent') AND expires_at IS NOT NULL"),
            postgresql_where=sa.text("state IN ('queued', 'sent') AND expires_at IS NOT NULL"),
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hours_from", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("hours_until", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("digest_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("unanswered", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("survey_sent_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("duty_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("needed_as", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("needed_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("needed_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("unfilled_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_column("due_by")
        batch_op.drop_index(
            "ix_request_due",
            sqlite_where=sa.text("next_action_at IS NOT NULL"),
            postgresql_where=sa.text("next_action_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_request_due",
            ["next_action_at", "wave"],
            unique=False,
            sqlite_where=sa.text("next_action_at IS NOT NULL"),
            postgresql_where=sa.text("next_action_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_request_unfilled",
            ["line_id", "unfilled_since"],
            unique=False,
            sqlite_where=sa.text("state = 'open' AND unfilled_since IS NOT NULL"),
            postgresql_where=sa.text("state = 'open' AND unfilled_since IS NOT NULL"),
        )

    # What was claimed, asked and told before there were leases: time looks at it now.
    op.execute("UPDATE request SET next_action_at = changed_at WHERE state = 'claimed' AND next_action_at IS NULL")
    op.execute("UPDATE request SET next_action_at = changed_at WHERE state = 'held' AND next_action_at IS NULL")
    op.execute("UPDATE person SET duty_at = on_duty_since WHERE on_duty_since IS NOT NULL")
    op.execute("UPDATE offer SET expires_at = created_at WHERE state IN ('queued', 'sent')")
    op.execute("UPDATE person SET introduced_at = last_asked_at WHERE last_asked_at IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_by", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(
            "ix_request_unfilled",
            sqlite_where=sa.text("state = 'open' AND unfilled_since IS NOT NULL"),
            postgresql_where=sa.text("state = 'open' AND unfilled_since IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_request_due",
            sqlite_where=sa.text("next_action_at IS NOT NULL"),
            postgresql_where=sa.text("next_action_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_request_due",
            ["next_action_at"],
            unique=False,
            sqlite_where=sa.text("next_action_at IS NOT NULL"),
            postgresql_where=sa.text("next_action_at IS NOT NULL"),
        )
        batch_op.drop_column("unfilled_since")
        batch_op.drop_column("wanted_at")
        batch_op.drop_column("needed_until")
        batch_op.drop_column("needed_from")
        batch_op.drop_column("needed_as")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("duty_at")
        batch_op.drop_column("survey_sent_at")
        batch_op.drop_column("unanswered")
        batch_op.drop_column("introduced_at")
        batch_op.drop_column("digest_since")
        batch_op.drop_column("hours_until")
        batch_op.drop_column("hours_from")

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_offer_expires",
            sqlite_where=sa.text("state IN ('queued', 'sent') AND expires_at IS NOT NULL"),
            postgresql_where=sa.text("state IN ('queued', 'sent') AND expires_at IS NOT NULL"),
        )
        batch_op.drop_column("expires_at")

    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.drop_column("resources")
        batch_op.drop_column("answering")
        batch_op.drop_column("paused_until")

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_column("at_door_at")
        batch_op.drop_column("warned_at")
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("heard_at")
        batch_op.drop_column("nudged_at")
        batch_op.drop_column("comes_until")
        batch_op.drop_column("comes_from")
        batch_op.drop_column("comes_as")

    with op.batch_alter_table("dutytask", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_dutytask_waits",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_dutytask_request")
        batch_op.drop_index(
            "ix_dutytask_due",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.drop_table("dutytask")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index("ix_shift_ends")

    op.drop_table("shift")
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.drop_index("ix_broadcast_line")

    op.drop_table("broadcast")
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.drop_index("ix_timer_due")

    op.drop_table("timer")
