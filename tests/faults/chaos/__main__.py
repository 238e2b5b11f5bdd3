"""``python -m tests.faults.chaos``: load, faults, judgement, figures; exit code 0 when all was kept."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from tests.faults.chaos.load import Load
from tests.faults.chaos.nemesis import Nemesis
from tests.faults.chaos.pulse import Pulse
from tests.faults.chaos.report import Report, markdown, write
from tests.faults.chaos.stack import running_stack
from tests.faults.judge import judge

DRAIN_SECONDS = 60.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=420, help="of load; default: 420")
    parser.add_argument("--seed", type=int, default=1, help="of the story; default: 1")
    parser.add_argument("--rate", type=float, default=300, help="jobs per second; default: 300")
    parser.add_argument("--users", type=int, default=30, help="and watchers; default: 30")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument("--to", type=Path, default=Path(".data/chaos"), help="folder of the report")
    return parser.parse_args()


async def run(wanted: argparse.Namespace) -> Report:
    """Run the story and judge it."""
    pulse = Pulse()
    async with running_stack() as stack, Load(stack, pulse, wanted.users) as load:
        began = time.monotonic()
        loading = asyncio.create_task(load.run(wanted.rate, wanted.seconds))
        nemesis = Nemesis(stack, pulse, wanted.seed, wanted.only)
        await nemesis.rage(began + wanted.seconds)
        await loading
        loaded = time.monotonic() - began
        verdict = await judge(
            stack.direct_url, load.customers, load.watchers, stack.journal, seconds=DRAIN_SECONDS
        )
        return Report.of(wanted.seed, loaded, load, nemesis, stack, verdict)


def main() -> int:
    wanted = arguments()
    report = asyncio.run(run(wanted))
    write(report, wanted.to)
    print(markdown(report))  # noqa: T201 - its purpose
    return 0 if not report.broken else 1


if __name__ == "__main__":
    sys.exit(main())
