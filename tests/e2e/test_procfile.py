import signal
import sys
from functools import partial
from pathlib import Path

import asyncpg
import httpx2
import pytest

from service.client import mint_token
from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from tests.e2e.program import ROOT, all_over, started

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SECRET = "a secret of this test alone, 32 bytes and more"
PROCFILE = (ROOT / "Procfile").read_text().splitlines()
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


async def test_the_procfile_takes_jobs_to_their_end_and_gives_back_the_rest_on_sigterm(
    environment: dict[str, str], database_url: str
) -> None:
    port = free_port()
    base = f"http://{LOOPBACK}:{port}"
    start = (*HONCHO, "start", "-p", str(port), "-c", "web=1,worker=2", "web", "worker")

    first, second = await released(environment), await released(environment)
    async with started(*start, cwd=ROOT, environment=environment) as program:
        headers = {"Authorization": f"Bearer {mint_token(SECRET, user='42')}"}
        async with httpx2.AsyncClient(
            base_url=base, trust_env=False, timeout=40, headers=headers
        ) as client:
            await becomes_true(partial(has_workers, client, 2), 60)
            ended = await submitted(client, "echo", {"value": 7}, wait=20)
            begun = [await submitted(client, "slow", {"seconds": 60}, wait=0) for _ in range(4)]
            await becomes_true(partial(are_all, client, begun, "running"), 20)
        family = program.family()
        program.process.send_signal(signal.SIGTERM)
        await program.ends()

    await all_over(family)
    assert (first, second) == (0, 0)
    assert (ended["state"], ended["result"]) == ("succeeded", {"value": 7})
    assert await given_back(database_url) == [("queued", 0, 0)] * 4


async def released(environment: dict[str, str]) -> int:
    """Run the release phase as platforms do, before each release."""
    [command] = [line.partition(": ")[2] for line in PROCFILE if line.startswith("release: ")]
    run = (*HONCHO, "run", *command.split())
    async with started(*run, cwd=ROOT, environment=environment) as release:
        return await release.ends()


async def has_workers(client: httpx2.AsyncClient, count: int) -> bool:
    try:
        return (await client.get("/readyz")).json()["workers"] == count
    except httpx2.TransportError:
        return False


async def submitted(
    client: httpx2.AsyncClient, kind: str, args: dict[str, object], wait: int
) -> dict[str, object]:
    body = {"kind": kind, "args": args}
    answer = await client.post("/api/jobs", json=body, headers={"Prefer": f"wait={wait}"})
    assert answer.is_success, answer.text
    job: dict[str, object] = answer.json()
    return job


async def are_all(client: httpx2.AsyncClient, jobs: list[dict[str, object]], state: str) -> bool:
    found = [(await client.get(f"/api/jobs/{job['id']}")).json()["state"] for job in jobs]
    return set(found) == {state}


async def given_back(database_url: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "SELECT state, failures, crashes FROM jobs WHERE kind = 'slow' ORDER BY id"
    )
    await connection.close()
    return [tuple(row) for row in rows]
