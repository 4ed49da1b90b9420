"""What may stand behind the ? of PostgreSQL's address, and what others write there that means nothing to us."""

from collections.abc import Iterable, Mapping

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OURS = "leave it out: the hotline sees to that by itself"
FOR_OTHERS = {  # what hosts hand out for other programs' libraries
    "pgbouncer": "leave it out: the hotline notices a pooler by itself",
    "connection_limit": OURS,
    "pool_timeout": OURS,
    "pool_size": OURS,
    "max_pool_size": OURS,
    "socket_timeout": OURS,
    "statement_cache_size": OURS,
    "prepare_threshold": OURS,
    "prepared_statements": OURS,
    "reconnect": OURS,
    "encoding": OURS,
    "supa": "leave it out",
    "workaround": "leave it out",
    "schema": "leave it out, or for another schema than public write options=-csearch_path%3DNAME",
    "currentschema": "leave it out, or for another schema than public write options=-csearch_path%3DNAME",
    "ssl": "write sslmode=require",
    "sslaccept": "write sslmode=require",
    "tls": "write sslmode=require",
    "sslcert_path": "write sslrootcert=FILE",
    "statusColor": "leave it out",
}


def complaint(query: Mapping[str, "str | tuple[str, ...]"]) -> str | None:
    """What is wrong with these parameters and what to write; None if PostgreSQL's library knows them all."""
    if not query:
        return None
    from psycopg import pq  # slow to read, and SQLite does without

    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
    for name in query:
        if name not in known:
            do = (
                FOR_OTHERS.get(name.lower())
                or "leave it out, or write one that PostgreSQL's own library (libpq) knows"
            )
            return f"{shortened(name)!r} behind its ? is not for PostgreSQL; {do}"
    for mode in _all(query.get("sslmode", ())):
        if mode not in MODES:
            return f"sslmode is one of {', '.join(MODES)}; hosts mostly want require"
    return None


def shortened(name: str) -> str:
    """A name as it may be shown: what somebody pasted in the wrong place may be a password."""
    return name if name.lower() in FOR_OTHERS else f"{name[:2]}…"


def _all(value: str | Iterable[str]) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value
