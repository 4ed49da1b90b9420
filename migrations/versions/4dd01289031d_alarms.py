"""Alarms that wait until somebody has heard them; who may be woken; who asked for silence."""

import sqlalchemy as sa
from alembic import op

revision = "4dd01289031d"
down_revision = "19f481c04747"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by_person_id", sa.Integer(), nullable=True),
        sa.Column("safe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_alarm_line_id_line")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alarm_person_id_person")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_alarm_request_id_request")),
        sa.ForeignKeyConstraint(
            ["taken_by_person_id"], ["person.id"], name=op.f("fk_alarm_taken_by_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("request_id", name=op.f("uq_alarm_request_id")),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alarm_due",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_alarm_unheard",
            ["line_id"],
            unique=False,
            sqlite_where=sa.text("heard_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("heard_at IS NULL AND ended_at IS NULL"),
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wake_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("watch_asked_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("danger", sa.String(), nullable=True))

    # Those in danger of whom nobody has heard yet wait as alarms from now on.
    op.execute("UPDATE request SET danger = 'life' WHERE emergency")
    op.execute(
        "INSERT INTO alarm (line_id, request_id, person_id, kind, words, raised_at, step, next_at)"
        " SELECT line_id, id, person_id, 'life', text, changed_at, 0, next_action_at FROM request"
        " WHERE emergency AND state = 'held' AND next_action_at IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_column("danger")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("watch_asked_at")
        batch_op.drop_column("wake_since")
        batch_op.drop_column("silent_since")

    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_alarm_unheard",
            sqlite_where=sa.text("heard_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("heard_at IS NULL AND ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_alarm_due",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.drop_table("alarm")
