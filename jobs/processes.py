"""A small pool of child processes for CPU-heavy or risky functions; a running call can be ended.

Each child (``jobs.process_child``) is a fresh interpreter, not a fork of this threaded one. It has
no secrets in its environment, has bounded memory and CPU time, and dies with this process.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from jobs.errors import JobError

T = TypeVar("T")
LENGTH = struct.Struct(">Q")
MAX_REPLY_BYTES = 64 * 1024 * 1024
CALLS_PER_CHILD = 200
PIECE = 64 * 1024
PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


class ProcessError(JobError):
    """The process that did the work ended without an answer; worth another attempt."""

    code = "process_error"


class Processes:
    """At most ``workers`` children, started when first needed and kept for the next call."""

    def __init__(self, workers: int = 2, memory_bytes: int = 2 * 1024**3) -> None:
        self._memory_bytes = memory_bytes
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def run(
        self,
        fn: Callable[..., T],
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - it excludes the wait for a child
    ) -> T:
        """Call ``fn(*args)`` in a child. All of it must pickle: module-level functions, plain data.

        Cancelling the caller kills the call. ``timeout`` (seconds) counts from the start of the
        call, not the wait for a free child. Raises what ``fn`` raised, or ProcessError.
        """
        request = pickle.dumps((timeout, fn, args))
        async with self._slots:
            child = await self._child()
            try:
                async with asyncio.timeout(timeout):
                    fine, answer = await child.call(request)
            except TimeoutError as error:
                await self._end(child)
                raise ProcessError(f"The work took longer than {timeout:g} seconds.") from error
            except BaseException:
                await self._end(child)
                raise
            await self._give_back(child)
        if fine:
            return answer  # type: ignore[no-any-return]  # pickle cannot know what fn returns
        raise answer

    async def close(self) -> None:
        """End every child at once; calls still running fail with ProcessError."""
        self._closed = True
        await asyncio.gather(*[self._end(child) for child in tuple(self._all)])

    @property
    def pids(self) -> frozenset[int]:
        """Return the process ids of the living children."""
        return frozenset(child.process.pid for child in self._all)

    async def _child(self) -> "Child":
        while self._idle:
            child = self._idle.pop()
            if child.process.returncode is None:
                return child
            await self._end(child)
        if self._closed:
            raise ProcessError("The process pool is closed.")
        child = await Child.start(self._memory_bytes)
        self._all.add(child)
        return child

    async def _give_back(self, child: "Child") -> None:
        if child.worn or self._closed:
            await self._end(child)
        else:
            self._idle.append(child)

    async def _end(self, child: "Child") -> None:
        self._all.discard(child)
        if child in self._idle:
            self._idle.remove(child)
        await child.end()


class Child:
    """One child process: a request down its stdin, an answer up its stdout, one at a time."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.worn = False
        self._calls = 0
        self._reading = asyncio.Lock()

    @classmethod
    async def start(cls, memory_bytes: int) -> "Child":
        """Start a fresh interpreter."""
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        arguments = ("-m", "jobs.process_child", str(memory_bytes), str(os.getpid()))
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdin=PIPE, stdout=PIPE, env=environment
            )
        )

    async def call(self, request: bytes) -> tuple[bool, Any]:
        """Return whether it went well, and the result or the exception. Raises ProcessError."""
        self._calls += 1
        try:
            async with self._reading:
                answer = await self._exchange(request)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            code = await self.process.wait()
            raise ProcessError(f"The process ended with {name_of(code)}.") from error
        fine, value = pickle.loads(answer)  # noqa: S301 - our own child's private pipe
        self.worn = self._calls >= CALLS_PER_CHILD or isinstance(value, MemoryError)
        if isinstance(value, MemoryError):
            value = ProcessError("The work needed more memory than allowed.")
        return fine, value

    async def _exchange(self, request: bytes) -> bytes:
        assert self.process.stdin is not None  # noqa: S101 - opened by start(); for mypy
        assert self.process.stdout is not None  # noqa: S101
        self.process.stdin.write(LENGTH.pack(len(request)))
        self.process.stdin.write(request)
        await self.process.stdin.drain()
        (length,) = LENGTH.unpack(await self.process.stdout.readexactly(LENGTH.size))
        if length > MAX_REPLY_BYTES:
            raise ProcessError("The work's result is too large.")
        return await self.process.stdout.readexactly(length)

    async def end(self) -> None:
        """Kill the process and wait until it is gone.

        What it still had to say is read to the end: asyncio waits for that before it calls it over.
        """
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        async with self._reading:
            while self.process.stdout is not None and await self.process.stdout.read(PIECE):
                pass
        await self.process.wait()


def name_of(code: int) -> str:
    """Return an exit code in words."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
