"""Alembic's entry. It is handed a connection and the tables to compare with; it imports nothing of ours."""

from alembic import context
from sqlalchemy.types import TypeDecorator, TypeEngine


def render(kind: str, thing: object, _: object) -> str | bool:
    """Write column types of ours as what the database sees, so that migrations outlive our classes."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        plain: TypeEngine[object] = thing.impl_instance
        return f"sa.{plain!r}"
    return False


attributes = context.config.attributes
if "connection" not in attributes:
    raise SystemExit('Run "hotline migrate", or "hotline migrate --new WORDS" to write a migration.')

context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    render_as_batch=True,  # SQLite cannot alter most of a table in place
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
