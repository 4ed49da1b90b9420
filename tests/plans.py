"""How a database would answer a query: with a million rows, a plan that reads them all takes seconds."""

from typing import Any

from models.store.session import Session


def plan(session: Session, sql: str, values: Any) -> str:
    """The plan, in the database's words; on PostgreSQL as if rows could only be read by an index, in its order."""
    explain = "EXPLAIN QUERY PLAN "
    if session.dialect.name != "sqlite":
        # What it believes of a table depends on when it was last looked at, by whichever test had the database then.
        session.connection.exec_driver_sql("ANALYZE")
        session.connection.exec_driver_sql(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off"
        )
        explain = "EXPLAIN "
    rows = session.connection.exec_driver_sql(explain + sql, values)
    return "\n".join(str(row) for row in rows)
