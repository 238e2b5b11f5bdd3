"""One process of the stack: its output told under its name, started again when it crashes."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from service.dev.child import dies_with_parent

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
STEADY_SECONDS = 30.0
LAST_OUTPUT_SECONDS = 1.0
LONGEST_LINE = 64 * 1024


class Supervised:
    """A context in which a program runs, in a process group of its own."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], grace: float
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.grace_seconds = grace
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start the program and keep it running."""
        self.task = asyncio.create_task(self.keep_running(), name=f"supervise {self.name}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ask it to end (SIGTERM); end its whole group when it has not within its grace."""
        if self.task is None:
            return
        self.stopping.set()
        self.send(signal.SIGTERM)
        done, _ = await asyncio.wait({self.task}, timeout=self.grace_seconds)
        if not done:
            say(self.name, f"did not end within {self.grace_seconds:.0f} seconds and was killed")
            self.kill()
        await self.task

    def send(self, number: int) -> None:
        """Send the program a signal, if it runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End the program's whole group at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def keep_running(self) -> None:
        """Start the program again whenever it ends unasked, later each time it ends early."""
        pauses = growing_pauses()
        while not self.stopping.is_set():
            started = time.monotonic()
            code = await self.run_once()
            if self.stopping.is_set():
                return
            if time.monotonic() - started > STEADY_SECONDS:
                pauses = growing_pauses()
            pause = next(pauses)
            say(self.name, f"ended with code {code}; starting again in {pause:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)

    async def run_once(self) -> int:
        """Run the program to its end and return its exit code; none of its group outlives it."""
        reading, writing = os.pipe()  # ours: a grandchild that holds it can't hold us
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self.arguments,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        finally:
            os.close(writing)
        if self.stopping.is_set():  # asked to end while the program was being started
            self.send(signal.SIGTERM)
        output = asyncio.create_task(tell(self.name, reading))
        try:
            code = await self.process.wait()
        finally:
            self.kill()
            await asyncio.wait({output}, timeout=LAST_OUTPUT_SECONDS)
            output.cancel()
        return code


def growing_pauses() -> Iterator[float]:
    """Yield pauses in seconds, each twice the one before, up to the longest."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def tell(name: str, descriptor: int) -> None:
    """Print what comes out of a pipe, line by line under a name, until its end; close it."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    rest = b""
    try:
        while chunk := await reader.read(LONGEST_LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                say(name, line.decode(errors="replace"))
            if len(rest) > LONGEST_LINE:
                say(name, rest.decode(errors="replace"))
                rest = b""
    finally:
        transport.close()
    if rest:
        say(name, rest.decode(errors="replace"))


def say(name: str, line: str) -> None:
    """Print one line under a name."""
    sys.stdout.write(f"{name:<7}| {line.rstrip()}\n")
    sys.stdout.flush()
