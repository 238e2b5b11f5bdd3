"""What ails a Postgres in the long run: old transactions, unread replication slots, broken indexes."""

from collections.abc import AsyncIterator

import asyncpg

from service.doctor.finding import Finding, judge

LONG_SECONDS = 60
MANY_BYTES = 1024**3

# Somebody else's queries are hidden from those without rights, their age is not.
OLDEST = """
SELECT pid, extract(epoch FROM now() - xact_start)::int AS seconds,
  coalesce(nullif(application_name, ''), usename, 'somebody') AS who
FROM pg_stat_activity
WHERE xact_start < now() - make_interval(secs => $1) AND backend_type = 'client backend'
ORDER BY xact_start LIMIT 1
"""
SLOTS = """
SELECT slot_name FROM pg_replication_slots
WHERE NOT active AND NOT pg_is_in_recovery()
  AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > $1
"""
BROKEN = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname = 'public'
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
"""


async def examine_upkeep(connection: asyncpg.Connection) -> AsyncIterator[Finding]:
    """Yield what is found."""
    yield long_transactions(await connection.fetchrow(OLDEST, LONG_SECONDS))
    slots = [row["slot_name"] for row in await connection.fetch(SLOTS, MANY_BYTES)]
    yield replication(slots)
    yield indexes([row["relname"] for row in await connection.fetch(BROKEN)])


def long_transactions(oldest: asyncpg.Record | None) -> Finding:
    """Judge transactions that keep dead rows from being removed, and migrations from their locks."""
    if oldest is None:
        return judge("postgres transactions", "none is old")
    message = f"one of {oldest['who']} has been open for {oldest['seconds']} s"
    advice = (
        f"End it (pg_terminate_backend({oldest['pid']})) and let "
        "idle_in_transaction_session_timeout do so from now on: while it is open nothing dead goes."
    )
    return judge("postgres transactions", message, warn=advice)


def replication(slots: list[str]) -> Finding:
    """Judge slots nobody reads: Postgres keeps everything written since for them."""
    if not slots:
        return judge("postgres replication", "nobody is far behind")
    advice = "Let its reader read, or drop it (pg_drop_replication_slot): it will fill the disk."
    return judge("postgres replication", f"nobody reads {', '.join(slots)}", warn=advice)


def indexes(broken: list[str]) -> Finding:
    """Judge what CREATE INDEX CONCURRENTLY leaves when it fails: an index that costs and helps not."""
    if not broken:
        return judge("postgres indexes", "all are whole")
    advice = "A migration was cut short: run `jobcast migrate`, or REINDEX INDEX CONCURRENTLY them."
    return judge("postgres indexes", f"left unfinished: {', '.join(broken)}", warn=advice)
