"""Rows by the million: copies of a real job, made inside Postgres, whatever columns it has."""

from collections.abc import Mapping

import asyncpg

COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = 'jobs' AND is_generated = 'NEVER'
"""
OWN = {
    "id": "uuidv7(interval '-1 day' + n * interval '1 ms')",
    "user_id": "'user' || n % 7",
    "change_seq": "n",
    "created_at": "now() - interval '1 day'",
}
FINISHED = {
    **OWN, "org_id": "'old' || n % 1000", "finished_at": "now() - make_interval(secs => n % 86400)",
}  # fmt: skip
QUEUED = {**OWN, "user_id": "'user'", "score": "j.score + n"}
ONE_ORG = {**QUEUED, "org_id": "'mountain'"}
MANY_ORGS = {**QUEUED, "org_id": "'org' || n % 1000"}
PATIENCE_SECONDS = 600.0


async def copies(
    record: asyncpg.Connection, count: int, state: str, own: Mapping[str, str]
) -> None:
    """Insert ``count`` copies of one job in ``state``, each with ``own`` values for some columns."""
    columns = [row["column_name"] for row in await record.fetch(COLUMNS)]
    values = ", ".join(own.get(name, f"j.{name}") for name in columns)
    await record.execute(
        f"INSERT INTO jobs ({', '.join(columns)}) SELECT {values}"  # noqa: S608 - our own words
        f" FROM (SELECT * FROM jobs WHERE state = '{state}' LIMIT 1) j, generate_series(1, {count}) n",
        timeout=PATIENCE_SECONDS,
    )
    await record.execute("VACUUM ANALYZE", timeout=PATIENCE_SECONDS)
    await record.execute("CHECKPOINT", timeout=PATIENCE_SECONDS)  # or it is written out meanwhile
