"""The audit log in the database: it takes entries, gives none back changed, and forgets the very old."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from jobs.audit import Deed, record
from jobs.db import Statements
from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.store.reading import ids_since
from jobs.upkeep import prune
from tests.jobs.conftest import ANNA
from tests.jobs.happenings import value

OLD = """
INSERT INTO audit (id, at, via, action, subject) VALUES ($1, $2, 'bearer', 'queue.pause', 'queue:old')
"""
NUMBER = "SELECT count(*) FROM audit"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'mallory'", "DELETE FROM audit", "TRUNCATE audit"],
)
async def test_what_is_in_it_is_neither_changed_nor_removed(
    resources: Resources, statement: str
) -> None:
    await record(resources.db, ANNA, Deed("queue.pause", "queue:default", org=None))

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await resources.db.fetch(statement)

    assert await value(resources, NUMBER) == 1


async def test_upkeep_removes_what_is_older_than_its_retention_and_keeps_the_rest(
    resources: Resources,
) -> None:
    now, retention = datetime.now(UTC), resources.settings.audit_retention
    for age in (timedelta(0), retention - timedelta(days=1), retention + timedelta(days=1)):
        ident = UUID(int=ids_since(now - age).int | uuid7().int & (1 << 64) - 1)
        await resources.db.fetch(OLD, ident, now - age)

    await prune(resources.db, resources.settings)

    assert await value(resources, NUMBER) == 2
    assert await value(resources, "SELECT min(at) > now() - interval '365 days' FROM audit")


async def test_an_entry_goes_with_its_transaction(resources: Resources) -> None:
    class Changed(Exception):
        """The change failed behind its entry."""

    async def failing(tx: Statements) -> None:
        await record(tx, ANNA, Deed("queue.pause", "queue:default", org=None))
        raise Changed

    with pytest.raises(Changed):
        await resources.db.in_transaction(failing)

    assert await value(resources, NUMBER) == 0
