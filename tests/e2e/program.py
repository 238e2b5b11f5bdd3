"""A program started as a user would start it: its output read, its descendants counted."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from service.dev.child import wait_until_over

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 40


class Program:
    """A running program and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""
        self._listening: asyncio.Task[None] | None = None

    async def says(self, text: str) -> str:
        """Wait for a line with this text; return that line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            while line := (await self.process.stdout.readline()).decode():
                self.said += line
                if text in line:
                    return line
        raise AssertionError(f"it ended without saying {text!r}:\n{self.said}")

    def keep_listening(self) -> None:
        """Read on in the background, so that a talkative program never waits for a reader."""
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said += line.decode()

    def family(self) -> list[psutil.Process]:
        """Return the program and its descendants."""
        eldest = psutil.Process(self.process.pid)
        return [eldest, *eldest.children(recursive=True)]

    async def ends(self) -> int:
        """Read to the end and return the exit code."""
        if self._listening is None:
            self.keep_listening()
        async with asyncio.timeout(STOP_SECONDS):
            if self._listening is not None:
                await self._listening
            await self.process.wait()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def started(
    *arguments: str, cwd: Path, environment: Mapping[str, str]
) -> AsyncIterator[Program]:
    """Start a program with little more than the given environment; leave nothing of it behind."""
    ours = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "HOME": os.environ.get("HOME", "/"),
    }
    process = await asyncio.create_subprocess_exec(
        *arguments,
        cwd=cwd,
        env={**ours, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=2**20,
    )
    program = Program(process)
    try:
        yield program
    finally:
        if process.returncode is None:
            for member in program.family():
                with suppress(psutil.NoSuchProcess):  # it has just ended by itself
                    member.send_signal(signal.SIGKILL)
        await program.ends()


async def all_over(family: list[psutil.Process]) -> None:
    """Wait until none of the processes is left."""
    async with asyncio.timeout(STOP_SECONDS):
        for process in family:
            await asyncio.to_thread(wait_until_over, process)
