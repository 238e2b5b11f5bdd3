"""``python -m tests.faults.realtime``: clients by the thousand, faults, the judge; 0 if kept."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.schema import upgrade
from tests.faults.journal import VARIABLE
from tests.faults.realtime.report import markdown
from tests.faults.realtime.story import Told, tell
from tests.faults.realtime.town import Wanted


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.realtime", description=__doc__)
    plain = Wanted()
    parser.add_argument("--seconds", type=float, default=plain.seconds, help="of load")
    parser.add_argument("--size", type=int, default=plain.size, help="clients at once")
    parser.add_argument(
        "--life", type=float, default=plain.life_seconds, help="seconds a client stays"
    )
    parser.add_argument("--rate", type=float, default=plain.rate, help="jobs per second")
    parser.add_argument("--users", type=int, default=plain.users)
    parser.add_argument("--seed", type=int, default=plain.seed, help="of the story")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument("--transports", default=",".join(plain.transports))
    parser.add_argument("--channels", default=",".join(plain.channels))
    parser.add_argument("--twin", default="", help="a protection to take away")
    parser.add_argument(
        "--to", type=Path, default=Path(".data/chaos-realtime"), help="of the report"
    )
    return parser.parse_args()


async def run(wanted: Wanted, folder: Path) -> Told:
    """Bring servers along and tell the story."""
    os.environ[VARIABLE] = str(folder / "journal")
    async with PostgresServer() as postgres, RedisServer() as redis:
        database_url = await postgres.create_database("realtime")
        await asyncio.to_thread(upgrade, JobsSettings(database_url=database_url))
        return await tell(wanted, database_url, postgres, redis, folder)


def main() -> int:
    given = arguments()
    wanted = Wanted(
        seconds=given.seconds, size=given.size, life_seconds=given.life, rate=given.rate,
        users=given.users, seed=given.seed, only=given.only, twin=given.twin,
        transports=given.transports.split(","), channels=given.channels.split(","),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="jobcast-realtime-") as folder:
        told = asyncio.run(run(wanted, Path(folder)))
    given.to.mkdir(parents=True, exist_ok=True)
    (given.to / "report.md").write_text(markdown(told) + "\n")
    print(markdown(told))  # noqa: T201 - its purpose
    return 0 if not told.verdict.broken else 1


if __name__ == "__main__":
    sys.exit(main())
