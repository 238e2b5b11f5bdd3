"""The whole program against the whole product: real servers, web, worker, and ``jobcast`` itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx2
import pytest

from service.client import mint_token
from service.dev.child import Child, becomes_true
from service.dev.ports import LOOPBACK, free_port

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-that-is-long-enough-for-all"
Jobcast = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.e2e


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    port = free_port()
    return os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "JWT_SECRET": SECRET,
        "SECRET_KEY": SECRET,
        "PROCESSORS": "tests.kinds",
        "PYTHONPATH": str(ROOT),
        "STORAGE_URL": f"file://{tmp_path}/uploads",
        "WORKER_GRACE_SECONDS": "1",
        "DRAIN_SECONDS": "0",
        "JOBCAST_URL": f"http://{LOOPBACK}:{port}",
        "JOBCAST_TOKEN": mint_token(SECRET, user="ann"),
    }


@pytest.fixture
async def product(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[None]:
    programs = [
        Child([sys.executable, "-m", "service", name], tmp_path / f"{name}.log", signal.SIGKILL)
        for name in ("web", "worker")
    ]
    with ExitStack() as stop:
        for program in programs:
            program.start(cwd=tmp_path, environment=environment)
            stop.callback(end, program)
        await becomes_true(partial(ready, environment["JOBCAST_URL"]), 60)
        yield


def end(program: Child) -> None:
    program.signal(signal.SIGTERM)
    assert program.process
    program.process.wait(30)


async def ready(url: str) -> bool:
    async with httpx2.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{url}/readyz")).status_code == 200
        except httpx2.TransportError:
            return False


@pytest.fixture
def jobcast(product: None, environment: dict[str, str], tmp_path: Path) -> Jobcast:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "service", *words]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_job_is_submitted_watched_listed_stopped_and_retried(jobcast: Jobcast) -> None:
    done = jobcast("submit", "stream", "words=3", "pause=0.01", "--watch")
    failed = jobcast("submit", "flaky", "times=9", "--watch")
    waited = jobcast("submit", "echo", "value=7", "--wait", "20")
    slow = jobcast("submit", "slow", "seconds=60", "--tag", "long").stdout.strip()
    stopped = jobcast("cancel", slow)
    watched = jobcast("watch", slow)
    again = jobcast("retry", slow)
    listed = json.loads(jobcast("jobs", "--kind", "slow", "--json").stdout)
    jobcast("cancel", slow)

    assert done.returncode == 0, done.stderr
    assert "[1:0] [1:1] [1:2]" in done.stdout
    assert "succeeded after" in done.stdout
    assert failed.returncode == 1
    assert "not this time" in failed.stdout
    assert waited.returncode == 0, waited.stderr
    assert json.loads(waited.stdout)["result"] == {"value": 7}
    assert (stopped.returncode, watched.returncode) == (0, 1)
    assert "cancelled after" in watched.stdout
    assert (again.returncode, listed[0]["id"]) == (0, slow)


def test_what_is_wrong_is_said_in_a_sentence(jobcast: Jobcast) -> None:
    unknown = jobcast("submit", "nonsense")
    wrong = jobcast("submit", "slow", "seconds=many")
    stranger = jobcast("watch", "0199a7c0-0000-7000-8000-000000000001")

    assert unknown.returncode == wrong.returncode == stranger.returncode == 2
    assert "nonsense" in unknown.stderr
    assert "/args/seconds" in wrong.stderr
    assert "(404)" in stranger.stderr
    assert "Traceback" not in unknown.stderr + wrong.stderr + stranger.stderr


def test_kinds_are_known_and_the_doctor_is_content(jobcast: Jobcast) -> None:
    kinds = jobcast("kinds")
    doctor = jobcast("doctor")

    assert "echo" in kinds.stdout
    assert "fail" not in doctor.stdout
    assert doctor.returncode == 0
    assert "1 alive" in doctor.stdout
