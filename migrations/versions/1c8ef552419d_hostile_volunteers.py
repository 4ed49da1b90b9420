"""Hostile volunteers: who was put out, who is kept apart, who was shown which place, and who has whose first name."""

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "1c8ef552419d"
down_revision = "81534bf8d80f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keptapart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("neighbor_id", sa.Integer(), nullable=False),
        sa.Column("helper_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["helper_id"], ["person.id"], name=op.f("fk_keptapart_helper_id_person")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_keptapart_line_id_line")),
        sa.ForeignKeyConstraint(["neighbor_id"], ["person.id"], name=op.f("fk_keptapart_neighbor_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keptapart")),
        sa.UniqueConstraint("neighbor_id", "helper_id", name=op.f("uq_keptapart_neighbor_id_helper_id")),
    )
    with op.batch_alter_table("keptapart", schema=None) as batch_op:
        batch_op.create_index("ix_keptapart_helper", ["helper_id"], unique=False)

    op.create_table(
        "personevent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_personevent_by_person_id_person")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_personevent_line_id_line")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_personevent_person_id_person")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_personevent_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personevent")),
    )
    with op.batch_alter_table("personevent", schema=None) as batch_op:
        batch_op.create_index("ix_personevent_by", ["by_person_id", "kind", "at"], unique=False)
        batch_op.create_index("ix_personevent_person", ["person_id", "kind", "at"], unique=False)

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place_shown_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("banned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("told_apart", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.execute("UPDATE assignment SET place_shown_at = taken_at WHERE state = 'active'")  # they have seen it already
    tell_apart()


def tell_apart() -> None:
    """Mark volunteers of one first name."""
    person = sa.table(
        "person",
        sa.column("id"),
        sa.column("line_id"),
        sa.column("name"),
        sa.column("helper_since"),
        sa.column("told_apart", sa.Boolean),
    )
    named = defaultdict(list)
    for id_, line_id, name in op.get_bind().execute(
        sa.select(person.c.id, person.c.line_id, person.c.name).where(person.c.helper_since.is_not(None))
    ):
        if first := name.lower().partition(" ")[0]:
            named[line_id, first].append(id_)
    for ids in named.values():
        if len(ids) > 1:
            op.execute(sa.update(person).where(person.c.id.in_(ids)).values(told_apart=True))


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("told_apart")
        batch_op.drop_column("banned_at")

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_column("place_shown_at")

    with op.batch_alter_table("personevent", schema=None) as batch_op:
        batch_op.drop_index("ix_personevent_person")
        batch_op.drop_index("ix_personevent_by")

    op.drop_table("personevent")
    with op.batch_alter_table("keptapart", schema=None) as batch_op:
        batch_op.drop_index("ix_keptapart_helper")

    op.drop_table("keptapart")
