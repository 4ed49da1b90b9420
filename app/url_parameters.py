"""What may stand behind the ? of PostgreSQL's address, and what others write there that means nothing to us."""

from collections.abc import Iterable, Mapping
from importlib import import_module

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
    "statuscolor": "leave it out",
}


def complaint(query: Mapping[str, "str | tuple[str, ...]"]) -> str | None:
    """What is wrong with these parameters and what to write; None if PostgreSQL's library knows them all."""
    if not query:
        return None
    pq = import_module("psycopg").pq  # slow to read, and SQLite does without
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
    for place, name in enumerate(query, start=1):
        if name not in known:
            if do := FOR_OTHERS.get(name.lower()):
                return f"{name} behind its ? is for other programs; {do}"
            # Not named: what somebody wrote in the wrong place may be of a password.
            return f"nobody knows parameter {place} behind its ?; leave it out, or write one of libpq's, as sslmode"
    for mode in _all(query.get("sslmode", ())):
        if mode not in MODES:
            return f"sslmode is one of {', '.join(MODES)}; hosts mostly want require"
    return None


def _all(value: str | Iterable[str]) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value
