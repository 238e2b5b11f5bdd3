"""Two hours in seconds: what is due at each quarter is done once, though workers die."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from tests.simulation.clock import database_with_a_clock
from tests.simulation.crew import crew_of

BEGIN = datetime(2026, 10, 25, 0, 0, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
RUNG = "SELECT user_id, (result #>> '{}')::timestamptz AS at, state FROM jobs ORDER BY 2, 1"


async def test_what_is_due_at_each_quarter_is_done_once_though_workers_die(
    postgres: PostgresServer, settings: JobsSettings, tmp_path: Path
) -> None:
    clock = await database_with_a_clock(postgres, "crew_test", BEGIN - QUARTER)
    environment = {
        "DATABASE_URL": clock.url,
        "REDIS_URL": settings.redis_url,
        "PROCESSORS": "tests.simulation.bells",
        "LEASE_SECONDS": "1",
        "RELAY_SECONDS": "0.1",
    }
    own = settings.model_copy(
        update={"database_url": clock.url, "processors": "tests.simulation.bells"}
    )

    async with crew_of(clock, own, tmp_path, 2, environment) as crew:
        end = BEGIN + 7 * QUARTER
        done = [m async for m in crew.steps(BEGIN, end, QUARTER, chance_of_kill=0.3, seed=7)]
        rung = await crew.resources.db.fetch(RUNG)

    assert crew.killed
    hours = [moment.replace(second=0) for moment in done]
    assert [(r["at"], r["user_id"], r["state"]) for r in rung] == [
        (hour, tower, "succeeded") for hour in hours for tower in ("north", "south")
    ]
