"""What the parts of one run share: the checkout that is measured, its servers, a folder for files."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.ahead import ahead
from tests.benchmarks.crew import Crew, crew_of
from tests.benchmarks.racers import Jobcast, jobcast
from tests.benchmarks.realtime.machine import WHOLE_LINES, Program
from tests.benchmarks.stack import PROGRAMS, Stack, running_stack


@dataclass
class Host:
    """One run. ``alone`` leaves the peers out."""

    tree: Path
    folder: Path
    alone: bool
    parts: AsyncExitStack
    _stack: Stack | None = None
    _load: Program | None = None
    _at_work: tuple[Jobcast, Crew] | None = None
    _work: AsyncExitStack = field(default_factory=AsyncExitStack)
    _files: int = 0

    async def stack(self, *, empty: bool = False) -> Stack:
        """Return the product's servers and its web process, started when first asked for; no worker.

        ``empty`` means that no part has left jobs behind.
        """
        await self.off_work()
        if self._stack is None:
            self._stack = await self.parts.enter_async_context(running_stack(self.tree))
        elif empty and self._stack.used:
            await self._stack.renew()
        return self._stack

    async def at_work(self) -> tuple[Jobcast, Crew]:
        """Return the product with one warm worker and nothing to do, until ``stack`` is asked for."""
        if self._at_work is None:
            stack = await self.stack(empty=True)
            enter = self._work.enter_async_context
            product = await enter(jobcast(stack))
            self._at_work = product, await enter(crew_of(product, self.file()))
        return self._at_work

    async def off_work(self) -> None:
        """Stop that worker."""
        self._at_work = None
        await self._work.aclose()

    async def load(self) -> Program:
        """Return the program that plays callers and browsers, started when first asked for."""
        if self._load is None:
            if self._stack is None:
                raise AssertionError("there is something to load")
            program = script(PROGRAMS / "load.py", self._stack.environment, self.file())
            self._load = await self.parts.enter_async_context(program)
        return self._load

    def file(self, text: str = "") -> Path:
        """Return a new file that holds ``text``."""
        self._files += 1
        path = self.folder / f"{self._files}.txt"
        path.write_text(text)
        return path


@asynccontextmanager
async def open_host(tree: Path, *, alone: bool = False, first: bool = False) -> AsyncIterator[Host]:
    """Begin a run, before the machine's other work if wanted; all it started is gone when it ends."""
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(ahead(wanted=first))
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="jobcast-bench-")))
        host = Host(tree.resolve(), folder, alone, parts)
        try:
            yield host
        finally:
            await host.off_work()


@asynccontextmanager
async def script(
    path: Path, environment: Mapping[str, str], errors: Path
) -> AsyncIterator[Program]:
    """Run a script that obeys line by line, until the block ends."""
    with errors.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**environment, **WHOLE_LINES},
            limit=2**26,
        )
    try:
        yield Program(process, errors)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
