import asyncpg
import pytest

from jobs.settings import JobsSettings
from service.doctor.budget import ALLOWED, postgres_budget, redis_budget

SETTINGS = JobsSettings(database_pool_size=6, session_pool_size=3, redis_pool_size=7)


@pytest.mark.parametrize(
    ("allowed", "workers", "level", "told"),
    [
        (20, 1, "ok", "one web process, 1 worker and a release take up to 17 of 20"),
        (25, 2, "warn", "DATABASE_POOL_SIZE=5"),
        (20, 2, "warn", "DATABASE_POOL_SIZE=4"),
        (20, 5, "warn", "fewer workers"),
    ],
)
def test_postgres_connections_are_added_up(
    allowed: int, workers: int, level: str, told: str
) -> None:
    finding = postgres_budget(allowed, workers, SETTINGS)

    assert str(finding.level) == level
    assert told in finding.message + finding.advice


def test_what_it_advises_fits() -> None:
    for allowed in range(14, 60):
        for workers in (1, 2, 3):
            advice = postgres_budget(allowed, workers, SETTINGS).advice
            if "DATABASE_POOL_SIZE=" in advice:
                pool = int(advice.partition("=")[2].partition(",")[0])
                mended = SETTINGS.model_copy(update={"database_pool_size": pool})
                assert postgres_budget(allowed, workers, mended).advice == ""


@pytest.mark.parametrize(
    ("allowed", "workers", "advice"),
    [(20, 1, ""), (20, 2, "REDIS_POOL_SIZE=4"), (20, 3, "fewer workers")],
)
def test_redis_connections_are_added_up(allowed: int, workers: int, advice: str) -> None:
    finding = redis_budget(allowed, workers, SETTINGS)

    assert advice in finding.advice
    assert bool(finding.advice) == bool(advice)


async def test_a_plan_s_limit_on_the_role_counts(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    of_the_server = await connection.fetchval(ALLOWED)
    await connection.execute("ALTER ROLE CURRENT_USER CONNECTION LIMIT 20")

    of_the_role = await connection.fetchval(ALLOWED)

    await connection.execute("ALTER ROLE CURRENT_USER CONNECTION LIMIT -1")
    await connection.close()
    assert of_the_server > of_the_role == 20
