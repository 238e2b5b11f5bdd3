"""A web or worker process of the product with a fault in it, forked from a warm parent.

What runs in it is the product's own main. The parent has imported everything once, so that a scenario
pays milliseconds for a process instead of seconds.
"""

import multiprocessing
import os
import resource
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import time_machine

from jobs import worker_process
from jobs.settings import JobsSettings
from service import server
from service.dev.child import LIBC, PR_SET_PDEATHSIG, becomes_true
from service.settings import ServiceSettings
from tests.faults import kinds, twins
from tests.faults.journal import note
from tests.faults.steps import Fault, installed

END_SECONDS = 40.0
WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload([__name__, kinds.__name__])


@dataclass(frozen=True)
class Plan:
    """What process to start and what is wrong with it. Sizes in bytes."""

    role: str
    environment: dict[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    twin: str = ""
    clock_ahead_seconds: float = 0.0
    most_files: int = 0
    longest_file: int = 0


@dataclass
class Started:
    """A process of the product, and the file of what it says."""

    process: BaseProcess
    log: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.is_alive()

    @property
    def exit_code(self) -> int | None:
        return self.process.exitcode

    def signal(self, number: int) -> None:
        if self.running:
            os.kill(self.pid, number)

    async def stopped(self) -> None:
        """Wait until SIGSTOP has worked."""

        async def asleep() -> bool:
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

        await becomes_true(asleep, END_SECONDS)

    async def ends(self, seconds: float = END_SECONDS) -> int:
        """Wait for the end and return the exit code, negative for a signal."""

        async def over() -> bool:
            return not self.running

        await becomes_true(over, seconds)
        assert self.exit_code is not None
        return self.exit_code

    async def says(self, text: str, seconds: float = END_SECONDS) -> None:
        """Wait until the process has said this."""

        async def told() -> bool:
            return text in self.said()

        await becomes_true(told, seconds)

    def said(self) -> str:
        return self.log.read_text(errors="replace")


def begin(plan: Plan, log: Path) -> Started:
    """Start a process by its plan."""
    process = WARM.Process(target=run, args=(plan, str(log)), daemon=True)
    process.start()
    return Started(process, log)


def run(plan: Plan, log: str) -> None:
    """Be that process until it ends."""
    arrange(plan, log)
    with ExitStack() as stack:
        for fault in plan.faults:
            stack.enter_context(installed(fault))
        if plan.twin:
            stack.enter_context(twins.broken(plan.twin))
        if plan.clock_ahead_seconds:
            now = time.time() + plan.clock_ahead_seconds
            stack.enter_context(time_machine.travel(now, tick=True))
            note("clock", time.time())
        main(plan.role)


def main(role: str) -> None:
    if role == "web":
        server.run(ServiceSettings())
    else:
        worker_process.run(JobsSettings())


def arrange(plan: Plan, log: str) -> None:
    """Set up what a process is born with: output, environment, limits, and death with its parent."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(plan.environment)
    for limit, most in (
        (resource.RLIMIT_NOFILE, plan.most_files),
        (resource.RLIMIT_FSIZE, plan.longest_file),
    ):
        if most:
            resource.setrlimit(limit, (most, most))
