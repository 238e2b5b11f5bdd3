"""A program run beside the worker: heard line by line, bounded in time, ended with all it started.

``minder`` stands between: it ends the program's whole family when this process lets go of it or dies.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import ProviderError
from jobs.providers.lines import Lines, masked
from jobs.providers.unbroken import to_the_end

Hear = Callable[[str], Awaitable[None]]
"""Takes one line. The program is kept waiting meanwhile, so a slow listener slows it down."""

MINDER = Path(__file__).with_name("minder.py")
PIECE = 64 * 1024
MAX_STDOUT = 4 * 1024 * 1024
LAST_LINES = 20
ESCALATE_SECONDS = 6.0
PASSED_ON = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, by ``name`` in messages. ``environment`` is added to the few names of ours passed on.

    ``grace_seconds`` is how long it may take to end when told; ``secrets`` never show in what it says.
    """

    name: str
    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    timeout_seconds: float
    grace_seconds: float = 5.0
    secrets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended, all of its stdout, and the last lines of its stderr."""

    code: int
    stdout: str
    last: Sequence[str]


async def run(command: Command, hear: Hear, *, hear_stdout: bool = False) -> Finished:
    """Run the program to its end; ``hear`` gets its stderr, and its stdout if that is wanted.

    Whatever ends this call (a time-out, a cancellation), no process of the program's is left behind it.
    Raises ProviderError when it takes longer than its time-out or says more than can be kept.
    """
    async with running(command) as process:
        try:
            async with asyncio.timeout(command.timeout_seconds):
                return await listen(process, command, hear, hear_stdout=hear_stdout)
        except TimeoutError as error:
            seconds = f"{command.timeout_seconds:g}"
            raise ProviderError(f"{command.name} took longer than {seconds} seconds.") from error


@asynccontextmanager
async def running(command: Command) -> AsyncIterator[Process]:
    """Start the program; at the end of the block it is gone, even if its start was interrupted."""
    starting = asyncio.create_task(start(command))
    try:
        await asyncio.wait([starting])
        yield starting.result()
    finally:
        await to_the_end(end(starting, command.grace_seconds))


async def start(command: Command) -> Process:
    """Start the program under a minder, in a session and process group of their own."""
    ours = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(MINDER), str(command.grace_seconds)),
        *command.arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=command.folder,
        env=ours | dict(command.environment),
        start_new_session=True,
    )


async def listen(process: Process, command: Command, hear: Hear, *, hear_stdout: bool) -> Finished:
    """Read what the program says until it has ended."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    said = bytearray()

    async def note(line: str) -> None:
        last.append(line)
        await hear(line)

    async with asyncio.TaskGroup() as readers:
        readers.create_task(read(process.stderr, Lines(command.secrets), note))
        readers.create_task(
            read(process.stdout, Lines(command.secrets), hear if hear_stdout else None, said)
        )
    code = await process.wait()
    if len(said) > MAX_STDOUT:
        raise ProviderError(f"{command.name} printed more than {MAX_STDOUT:,} bytes.")
    return Finished(code, masked(said.decode("utf-8", "replace"), command.secrets), tuple(last))


async def read(
    stream: asyncio.StreamReader | None,
    lines: Lines,
    hear: Hear | None,
    kept: bytearray | None = None,
) -> None:
    """Pass lines on as they come, and keep the bytes up to a bound."""
    while stream is not None and (piece := await stream.read(PIECE)):
        if kept is not None and len(kept) <= MAX_STDOUT:
            kept += piece
        await tell(lines.feed(piece), hear)
    await tell(lines.end(), hear)


async def tell(lines: Sequence[str], hear: Hear | None) -> None:
    """Pass lines on to who listens, if anybody does."""
    if hear is not None:
        for line in lines:
            await hear(line)


async def end(starting: "asyncio.Task[Process]", grace_seconds: float) -> None:
    """Let go of the lifeline and wait until everything is gone; the minder is killed if it fails us."""
    with contextlib.suppress(OSError):
        process = await starting
        if process.stdin is not None:
            process.stdin.close()
        try:
            await gone(process, grace_seconds + ESCALATE_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await gone(process, ESCALATE_SECONDS)


async def gone(process: Process, seconds: float) -> None:
    """Wait for the end; what is still said is read and thrown away, for a full pipe delays it.

    Raises TimeoutError, which is an OSError, after ``seconds``.
    """
    async with asyncio.timeout(seconds):
        for stream in (process.stdout, process.stderr):
            while stream is not None and await stream.read(PIECE):
                pass
        await process.wait()
