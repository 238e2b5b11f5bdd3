"""A change of SECRET_KEY, finished: everything that is kept sealed is sealed anew by the newest key."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import InvalidToken

from jobs.db import Database
from jobs.sealing import Seal
from jobs.vault import PURPOSE as CONNECTIONS
from jobs.webhooks.signing import PURPOSE as WEBHOOKS

PAGE = 500
PLACES = (
    (CONNECTIONS, "connections", "credentials"),
    (WEBHOOKS, "webhooks", "secret"),
    (WEBHOOKS, "webhooks", "old_secret"),
)
"""Purpose, table and column of all that is sealed for long."""


@dataclass(slots=True)
class Resealed:
    """How much of one purpose was sealed anew, and how much no listed key opens."""

    anew: int = 0
    locked: int = 0


async def reseal(db: Database, secret_key: str) -> dict[str, Resealed]:
    """Seal everything by the first key of ``secret_key``; what is sealed by it already stays.

    May run beside everything else, and again: what is written meanwhile is sealed by the newest key.
    """
    found = {purpose: Resealed() for purpose, _, _ in PLACES}
    for purpose, table, column in PLACES:
        await renew(db, Seal(secret_key, purpose), table, column, found[purpose])
    return found


async def renew(db: Database, seal: Seal, table: str, column: str, counted: Resealed) -> None:
    """Go through one column, a page at a time."""
    page = (
        f"SELECT id, {column} AS sealed FROM {table} WHERE id > $1 AND {column} IS NOT NULL"  # noqa: S608 - ours
        f" ORDER BY id LIMIT {PAGE}"
    )
    last = UUID(int=0)
    while rows := await db.fetch(page, last):
        last = rows[-1]["id"]
        changed = [
            (row["id"], row["sealed"], new)
            for row in rows
            if (new := renewed(seal, row["sealed"], counted)) is not None
        ]
        counted.anew += await write(db, table, column, changed)


def renewed(seal: Seal, sealed: bytes, counted: Resealed) -> bytes | None:
    """Return what is to be written, if anything; counts what cannot be opened."""
    try:
        return seal.renew(sealed)
    except InvalidToken:
        counted.locked += 1
        return None


async def write(
    db: Database, table: str, column: str, changed: Sequence[tuple[UUID, bytes, bytes]]
) -> int:
    """Write those that nobody has changed meanwhile; returns how many."""
    sql = (
        f"UPDATE {table} t SET {column} = i.new"  # noqa: S608 - ours
        " FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS i(id, old, new)"
        f" WHERE t.id = i.id AND t.{column} = i.old RETURNING t.id"
    )
    ids, olds, news = ([row[index] for row in changed] for index in range(3))
    return len(await db.fetch(sql, ids, olds, news)) if changed else 0
