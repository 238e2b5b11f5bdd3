"""``python -m tests.simulation --users 500 --zones 30``: weeks in which clocks change, in minutes."""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from jobs.logs import configure_logging
from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.simulation.weeks import AUTUMN, SPRING, Plan, simulation

WEEKS = {"spring": SPRING, "autumn": AUTUMN, "both": (*SPRING, *AUTUMN)}
MOST_FAULTS = 30


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--zones", type=int, default=30)
    parser.add_argument("--weeks", choices=WEEKS, default="both")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=float, default=0.02, help="how likely at each step")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


async def run(given: argparse.Namespace) -> bool:
    """Go through the weeks and say how each was; return whether nothing was wrong."""
    windows = WEEKS[given.weeks]
    plan = Plan(given.users, given.zones, windows, given.workers, given.kills, given.seed)
    good, began = True, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jobcast-simulation-") as folder:
        place = Path(folder)
        async with (
            PostgresServer(place / "postgres") as postgres,
            RedisServer() as redis,
            simulation(plan, postgres, redis.url, place) as simulated,
        ):
            async for report in simulated.run():
                told = [
                    f"{report} ({time.monotonic() - began:.0f} s)",
                    *report.faults[:MOST_FAULTS],
                ]
                print(*told, sep="\n", flush=True)  # noqa: T201 - its purpose
                good = good and not report.faults
    return good


def main() -> int:
    """Return 0 when all was as it must be."""
    configure_logging(JobsSettings(log_level="WARNING", log_format="console"))
    return 0 if asyncio.run(run(arguments())) else 1


if __name__ == "__main__":
    sys.exit(main())
