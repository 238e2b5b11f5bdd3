import signal
import sys
import tomllib
from pathlib import Path

import httpx2
import pytest

from service.auth import mint_token
from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.stack import answers_ready
from tests.e2e.program import ROOT, all_over, started

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SECRET = "a secret of this test alone, 32 bytes and more"
HONCHO = (sys.executable, "-m", "honcho", "-e", "/dev/null", "-f", str(ROOT / "Procfile"))


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """Give what a platform tells its processes."""
    return {
        "ENV": "prod",
        "HOST": LOOPBACK,
        "DATABASE_URL": database_url.replace("postgresql://", "postgres://"),
        "REDIS_URL": redis_url,
        "JWT_SECRET": SECRET,
        "SECRET_KEY": SECRET,
        "STORAGE_URL": f"file://{tmp_path}/uploads",
        "PROCESSORS": "tests.kinds",
        "WORKER_GRACE_SECONDS": "2",
        "DRAIN_SECONDS": "0.5",
    }


async def test_the_procfile_takes_a_job_to_its_end_and_stops_on_sigterm(
    environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    base = f"http://{LOOPBACK}:{port}"
    async with started(*HONCHO, "run", "python", "-m", "service", "migrate",
                       cwd=ROOT, environment=environment) as release:  # fmt: skip
        assert await release.ends() == 0, release.said

    async with started(*HONCHO, "start", "-p", str(port), "web", "worker",
                       cwd=ROOT, environment=environment) as program:  # fmt: skip
        headers = {"Authorization": f"Bearer {mint_token(SECRET, user='42')}"}
        async with httpx2.AsyncClient(trust_env=False, timeout=40, headers=headers) as client:

            async def is_ready() -> bool:
                return await answers_ready(client, base)

            await becomes_true(is_ready, 60)
            answer = await client.post(
                f"{base}/api/jobs",
                json={"kind": "echo", "args": {"value": 7}},
                headers={"Prefer": "wait=20"},
            )
        family = program.family()
        program.process.send_signal(signal.SIGTERM)
        await program.ends()

    await all_over(family)
    assert answer.status_code == httpx2.codes.OK, answer.text
    assert answer.json()["state"] == "succeeded"
    assert answer.json()["result"] == {"value": 7}


def test_fly_starts_the_same_processes_as_the_procfile() -> None:
    procfile = dict(
        line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line
    )
    fly = tomllib.loads((ROOT / "fly.toml").read_text())

    assert fly["processes"] | {"release": fly["deploy"]["release_command"]} == procfile
