import shlex
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from tests.e2e.program import Program, all_over, started

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

DEV = (sys.executable, "-m", "service", "dev")
LAST_LINE = "Ctrl-C stops everything"


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a folder to run in that PostgreSQL's account can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="jobcast-run-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@asynccontextmanager
async def running(home: Path, port: int, **environment: str) -> AsyncIterator[Program]:
    async with started(*DEV, cwd=home, environment={"PORT": str(port), **environment}) as program:
        await program.says(LAST_LINE)
        yield program


def printed_curl(program: Program) -> httpx2.Request:
    """Return the request that the printed line sends."""
    line = next(line for line in program.said.splitlines() if "curl -N http" in line)
    words = shlex.split(line)
    headers = [words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H"]
    body = words[words.index("-d") + 1]
    return httpx2.Request("POST", words[2], headers=dict(headers), content=body)


async def last_job_event(request: httpx2.Request) -> dict[str, Any]:
    """Send a request for a stream, read it to its end, and return the last event of a job."""
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.send(request, stream=True)
        lines = [line async for line in answer.aiter_lines() if line.startswith("data:")]
        await answer.aclose()
    told = [orjson.loads(line.removeprefix("data:")) for line in lines]
    last: dict[str, Any] = [e for e in told if str(e.get("type")).startswith("job.")][-1]
    return last


async def jobs_at(port: int, authorization: str) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.get(
            f"http://{LOOPBACK}:{port}/api/jobs", headers={"Authorization": authorization}
        )
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def test_it_runs_the_printed_curl_line_stops_on_ctrl_c_and_keeps_its_data(
    home: Path,
) -> None:
    port = free_port()
    async with running(home, port) as first:
        submission = printed_curl(first)
        token = submission.headers["Authorization"].removeprefix("Bearer ")

        final = await last_job_event(submission)
        family = first.family()
        first.process.send_signal(signal.SIGINT)
        code = await first.ends()

    await all_over(family)
    assert f"http://{LOOPBACK}:{port}/#token={token}" in first.said
    assert final["type"] == "job.succeeded"
    assert code == 0
    assert len(family) > 5
    async with running(home, port) as second:
        yesterday = await jobs_at(port, f"Bearer {token}")
        second.process.send_signal(signal.SIGTERM)
        assert await second.ends() == 0
    assert [f"job:{job['id']}" for job in yesterday] == [final["subject"]]


async def test_a_stack_that_is_killed_leaves_no_process_behind(home: Path) -> None:
    async with running(home, free_port()) as program:
        family = program.family()

        program.process.kill()
        await program.ends()

    await all_over(family)


async def test_a_crashed_worker_is_started_again_and_a_second_stack_is_refused(home: Path) -> None:
    async with running(home, free_port()) as program:
        worker = next(p for p in program.family() if p.cmdline()[-2:] == ["service", "worker"])

        worker.kill()
        async with started(*DEV, cwd=home, environment={"PORT": str(free_port())}) as second:
            refused = await second.ends()

        await program.says("worker | ended with code -9")
        await program.says("worker.started")
        program.process.send_signal(signal.SIGTERM)
        assert await program.ends() == 0
    assert refused == 1
    assert "Another `make run` is using" in second.said


@pytest.mark.parametrize("server", ["redis", "postgres"])
async def test_a_killed_server_comes_back_with_its_data(home: Path, server: str) -> None:
    port = free_port()
    async with running(home, port) as program:
        submission = printed_curl(program)
        final = await last_job_event(submission)
        token = submission.headers["Authorization"]
        eldest = next(p for p in program.family() if p.name().startswith(server))

        eldest.kill()
        await program.says("ended; starting again")
        program.keep_listening()
        again: list[str] = []

        async def works_again() -> bool:
            try:
                again.append((await last_job_event(submission))["type"])
            except (httpx2.HTTPError, IndexError):
                return False
            return True

        await becomes_true(works_again, 60)
        kept = [f"job:{job['id']}" for job in await jobs_at(port, token)]
        program.process.send_signal(signal.SIGTERM)
        assert await program.ends() == 0

    assert again[-1] == "job.succeeded"
    assert final["subject"] in kept


async def test_a_second_ctrl_c_does_not_wait_for_a_running_job(home: Path) -> None:
    patient = {"PROCESSORS": "tests.kinds", "WORKER_GRACE_SECONDS": "300"}
    async with running(home, free_port(), **patient) as program:
        submission = printed_curl(program)
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
            await client.post(
                submission.url,
                headers={"Authorization": submission.headers["Authorization"]},
                json={"kind": "slow", "args": {"seconds": 100, "stubborn": True}},
            )
        family = program.family()

        program.process.send_signal(signal.SIGINT)
        await program.says("once more to hurry")
        program.process.send_signal(signal.SIGINT)
        code = await program.ends()

    await all_over(family)
    assert code == 0
    assert "did not end within" not in program.said


async def test_a_database_that_cannot_be_migrated_is_told_and_nothing_is_left(home: Path) -> None:
    nobody = f"postgresql://{LOOPBACK}:{free_port()}/none"
    environment = {"PORT": str(free_port()), "DATABASE_URL": nobody}
    async with started(*DEV, cwd=home, environment=environment) as program:
        code = await program.ends()

    assert code == 1
    assert program.said.startswith("The database could not be migrated: ")
    assert "Traceback" not in program.said


async def test_given_servers_are_used_and_nothing_is_embedded(
    home: Path, database_url: str, redis_url: str
) -> None:
    async with running(
        home, free_port(), DATABASE_URL=database_url, REDIS_URL=redis_url
    ) as program:
        names = {process.name() for process in program.family()}
        program.process.send_signal(signal.SIGINT)
        code = await program.ends()

    assert code == 0
    assert not names & {"postgres", "redis-server"}
    assert not (home / ".data" / "postgres").exists()


async def test_a_taken_port_is_told_in_one_sentence(home: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        async with started(*DEV, cwd=home, environment={"PORT": str(port)}) as program:
            code = await program.ends()

    assert code == 1
    assert program.said.splitlines() == [
        f"Port {port} is taken: stop what uses it, or choose another with PORT=…."
    ]
    assert not list(home.iterdir())


async def test_ctrl_c_while_it_comes_up_leaves_nothing(home: Path) -> None:
    async with started(*DEV, cwd=home, environment={"PORT": str(free_port())}) as program:
        await program.says("web    |")
        family = program.family()

        program.process.send_signal(signal.SIGINT)
        code = await program.ends()

    await all_over(family)
    assert code == 0
