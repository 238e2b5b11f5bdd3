"""The tables are kept as the models say: alembic does not compare storage parameters."""

import asyncpg
import pytest

from jobs.models.tables import metadata

OPTIONS = """
SELECT relname::text, coalesce(reloptions, '{}') FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
TABLES = metadata.sorted_tables


@pytest.fixture
async def options(database_url: str) -> dict[str, dict[str, str]]:
    connection = await asyncpg.connect(database_url)
    found = {
        name: dict(option.split("=") for option in given)
        for name, given in await connection.fetch(OPTIONS)
    }
    await connection.close()
    return found


async def test_migrations_set_what_the_models_say(options: dict[str, dict[str, str]]) -> None:
    wanted = {t.name: dict(t.dialect_options["postgresql"]["with"] or {}) for t in TABLES}

    assert {name: options[name] for name in wanted} == wanted


async def test_tables_that_change_all_the_time_do_not_wait_for_a_fifth_of_them_to_be_dead(
    options: dict[str, dict[str, str]],
) -> None:
    for name in ("jobs", "sequences", "workers", "limits", "batches", "deliveries"):
        assert float(options[name]["autovacuum_vacuum_scale_factor"]) <= 0.05
