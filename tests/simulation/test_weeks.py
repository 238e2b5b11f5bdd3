"""A night on which Europe's clocks go back, for some people: `python -m tests.simulation` is for more."""

from pathlib import Path

import pytest

from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.simulation.weeks import Plan, simulation, window

NIGHT = window("2026-10-24T22:00", "2026-10-25T01:45")


@pytest.mark.timeout(240)
async def test_a_night_of_a_clock_change_is_as_it_must_be_though_workers_die(
    postgres: PostgresServer, redis_server: RedisServer, tmp_path: Path
) -> None:
    plan = Plan(users=16, zones=4, windows=(NIGHT,), kills=0.1, seed=17, web=False)

    async with simulation(plan, postgres, redis_server.url, tmp_path) as simulated:
        [report] = [report async for report in simulated.run()]

    seen = report.ledger
    assert report.faults == []
    assert min(len(seen.briefs), len(seen.mails), len(seen.texts), seen.kills) > 0
