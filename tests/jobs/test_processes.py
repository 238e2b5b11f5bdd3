"""The process pool: calls end when told, children die with their parent, nothing breaks the pool."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from jobs.errors import Discard
from jobs.processes import MAX_REPLY_BYTES, ProcessError, Processes

PARENT = """
import asyncio, sys
from jobs.processes import Processes
from tests.jobs.test_processes import announce_and_wait

async def main():
    async with Processes(1) as pool:
        await pool.run(announce_and_wait, sys.argv[1])

asyncio.run(main())
"""


class Peculiar(Exception):
    """An exception whose constructor takes more than its args tell."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def announce_and_wait(path: str) -> None:
    """Write our pid into a named pipe, then stay busy."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)


def discard(reason: str) -> None:
    raise Discard(reason, code="odd")


def peculiar() -> None:
    raise Peculiar(1, 2)


def secrets() -> list[str]:
    return [name for name in os.environ if "DATABASE" in name or "SECRET" in name]


def print_something() -> str:
    print("to nowhere")  # noqa: T201 - a library that prints must not disturb the protocol
    return "fine"


@pytest.fixture
async def pool() -> AsyncIterator[Processes]:
    async with Processes(2, memory_bytes=1024**3) as opened:
        yield opened


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


async def test_a_call_returns_its_result_and_the_child_is_kept(pool: Processes) -> None:
    first = await pool.run(os.getpid)
    second = await pool.run(os.getpid)

    assert first == second != os.getpid()
    assert pool.pids == {first}


async def test_calls_run_side_by_side_up_to_the_number_of_workers(pool: Processes) -> None:
    pids = await asyncio.gather(*[pool.run(os.getpid) for _ in range(8)])

    assert 1 <= len(set(pids)) <= 2


async def test_an_exception_arrives_as_it_was_raised(pool: Processes) -> None:
    with pytest.raises(Discard, match="no such luck") as caught:
        await pool.run(discard, "no such luck")

    assert caught.value.code == "odd"
    assert "in discard" in caught.value.__notes__[0]


async def test_an_exception_that_does_not_pickle_arrives_as_its_text(pool: Processes) -> None:
    with pytest.raises(RuntimeError, match="Peculiar: 1 and 2"):
        await pool.run(peculiar)


async def test_a_crash_is_an_error_and_the_pool_goes_on(pool: Processes) -> None:
    with pytest.raises(ProcessError, match="exit code 3"):
        await pool.run(os._exit, 3)
    with pytest.raises(ProcessError, match="SIGSEGV"):
        await pool.run(signal.raise_signal, signal.SIGSEGV)

    assert await pool.run(pow, 2, 10) == 1024


async def test_too_much_memory_is_an_error_and_the_pool_goes_on(pool: Processes) -> None:
    with pytest.raises(ProcessError, match="memory"):
        await pool.run(bytes, 2 * 1024**3)

    assert await pool.run(pow, 2, 10) == 1024


async def test_a_result_too_large_to_send_is_an_error(pool: Processes) -> None:
    with pytest.raises(ProcessError, match="too large"):
        await pool.run(bytes, MAX_REPLY_BYTES + 1)

    assert await pool.run(pow, 2, 10) == 1024


async def test_a_call_past_its_time_is_killed(pool: Processes) -> None:
    with pytest.raises(ProcessError, match="longer than"):
        await pool.run(time.sleep, 600, timeout=0.05)

    assert pool.pids == frozenset()
    assert await pool.run(pow, 2, 10) == 1024


async def test_cancelling_the_caller_kills_the_call(pool: Processes, pipe: Path) -> None:
    running = asyncio.create_task(pool.run(announce_and_wait, str(pipe)))
    pid = int(await asyncio.to_thread(pipe.read_text))

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not psutil.pid_exists(pid)
    assert await pool.run(pow, 2, 10) == 1024


async def test_a_child_killed_while_idle_is_replaced(pool: Processes) -> None:
    pid = await pool.run(os.getpid)
    child = psutil.Process(pid)
    child.kill()
    with pytest.raises(ProcessError):  # noqa: PT012 - the loop may hear of the death first
        assert await pool.run(os.getpid) != pid
        raise ProcessError("it was replaced at once")

    assert await pool.run(pow, 2, 10) == 1024


async def test_ctrl_c_and_sigterm_to_the_group_do_not_reach_a_child(
    pool: Processes, pipe: Path
) -> None:
    running = asyncio.create_task(pool.run(announce_and_wait, str(pipe)))
    pid = int(await asyncio.to_thread(pipe.read_text))

    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    other = await pool.run(os.getpid)

    assert other != pid
    assert psutil.pid_exists(pid)
    assert not running.done()
    running.cancel()


async def test_closing_ends_running_calls_at_once(pipe: Path) -> None:
    pool = Processes(1)
    running = asyncio.create_task(pool.run(announce_and_wait, str(pipe)))
    pid = int(await asyncio.to_thread(pipe.read_text))

    await pool.close()

    with pytest.raises(ProcessError):
        await running
    assert not psutil.pid_exists(pid)
    with pytest.raises(ProcessError, match="closed"):
        await pool.run(pow, 2, 10)


async def test_a_child_sees_no_secrets_and_may_print(
    pool: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@db/jobcast")
    monkeypatch.setenv("SECRET_KEY", "s3cret")

    assert await pool.run(secrets) == []
    assert await pool.run(print_something) == "fine"


async def test_a_child_dies_with_a_parent_that_is_killed(pipe: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(pipe)], env=environment)
    pid = int(await asyncio.to_thread(pipe.read_text))
    child = psutil.Process(pid)

    parent.kill()
    parent.wait()

    _, alive = await asyncio.to_thread(psutil.wait_procs, [child], timeout=10)
    assert not alive
