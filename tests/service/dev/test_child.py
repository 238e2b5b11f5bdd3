import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import psutil
import pytest

from service.dev.child import Child, becomes_true, wait_until_over

OWNER = """
import asyncio, os, sys
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer

async def main():
    async with PostgresServer() as postgres, RedisServer() as redis:
        family = postgres.child.family() + redis.child.family()
        print(*[p.pid for p in family], flush=True)
        print(postgres.directory, redis.directory, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def said(child: Child, word: str) -> None:
    async def is_in_the_log() -> bool:
        return word in child.last_words()

    await becomes_true(is_in_the_log, 10)


async def test_servers_end_with_an_owner_that_is_killed() -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    servers = [psutil.Process(int(pid)) for pid in (await owner.stdout.readline()).split()]
    folders = (await owner.stdout.readline()).decode().split()

    owner.kill()
    await owner.wait()

    assert len(servers) > 2
    for server in servers:
        await asyncio.to_thread(wait_until_over, server)
    for folder in folders:
        shutil.rmtree(folder)


async def test_a_child_that_ignores_the_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo ready; while :; do read line < /dev/zero; done"
    child = Child(["sh", "-c", stubborn], tmp_path / "log", signal.SIGTERM)
    child.start(cwd=tmp_path, environment=dict(os.environ))
    await said(child, "ready")

    await child.stop(signal.SIGTERM, grace_seconds=0.1)

    assert not child.running


async def test_killing_a_child_ends_its_descendants_too(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "sleep 60 & echo ready; wait"], tmp_path / "log", signal.SIGTERM)
    child.start(cwd=tmp_path)
    await said(child, "ready")
    family = child.family()

    child.kill()

    assert len(family) == 2
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family)


def test_a_child_may_end_while_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = Child(["sleep", "60"], tmp_path / "log", signal.SIGTERM)
    child.start(cwd=tmp_path)
    process = child.process
    assert process is not None

    def poll() -> None:
        """Say that it runs, as it did a moment ago."""
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    with monkeypatch.context() as patched:
        patched.setattr(process, "poll", poll)
        assert child.family() == []
    child.kill()

    assert not child.running


def test_a_child_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    child = Child(["true"], tmp_path / "log", signal.SIGTERM)

    asyncio.run(child.stop(signal.SIGTERM, grace_seconds=1))
    child.kill()

    assert not child.running
