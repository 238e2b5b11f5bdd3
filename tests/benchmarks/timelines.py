"""Fifty PDFs at once: how late the worker's event loop gets while its children read them.

All of it is real: uploads over HTTP, one batch of jobs, storage on disk, one worker and its process pool. A
job of its own measures the worker's loop from the inside, each 5 ms; ``/metrics`` tells what the worker
measures itself.
"""

import asyncio
import re
import time
from itertools import cycle, islice

import httpx2
import psutil

from tests.benchmarks.arrivals import Times
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.jobs.processors.samples.outlines import readable, ruled_table

PDFS = 50
LONG_PAGES = 60
LONG_ONES = 5
ROUNDS = ("50 PDFs, its children start", "50 PDFs again")
MOST_LAG_MS = 50.0
LOOK_SECONDS = 0.1
BEAT_SECONDS = 4.0  # longer than a heartbeat takes to tell of the lag
MEGABYTE = 1_000_000
COLUMNS = (
    "what",
    "lag p50 ms",
    "p99 ms",
    "max ms",
    "told ms",
    "jobs/s",
    "worker MB",
    "children MB",
)
LAG = re.compile(r"^jobcast_worker_loop_lag_seconds\{[^}]*\} (\S+)$", re.MULTILINE)
Row = tuple[str | float, ...]


async def measure_timelines(host: Host, effort: Effort) -> Part:
    """Submit all at once, twice: the first time the pool's children are started as well."""
    stack = await host.stack(empty=True)
    stack.used = True
    worker = await stack.worker("worker")
    pid = worker.process.pid if worker.process else 0
    async with stack.client("student") as client:
        found = [await one_round(host, client, pid, name) for name in ROUNDS]
    return Part("timelines", "Fifty PDFs at once", COLUMNS, found, bars(found), notes())


async def one_round(host: Host, client: httpx2.AsyncClient, pid: int, name: str) -> Row:
    """Return what was measured while fifty PDFs were read."""
    end = host.folder / f"{name}.end"
    uploads = [await upload(client, data) for data in papers()]
    watching = await submit(client, "watch_lag", {"until": str(end)})
    begun = time.perf_counter()
    batch = await client.post("/api/jobs/batch", json={"jobs": [job(ident) for ident in uploads]})
    batch.raise_for_status()
    memory = await read_all(client, f"/api/batches/{batch.json()['batch_id']}", pid)
    taken = time.perf_counter() - begun
    await asyncio.sleep(BEAT_SECONDS)
    told = max(map(float, LAG.findall((await client.get("/metrics")).text)), default=0.0)
    end.touch()
    lags = Times.of(await result(client, watching))
    shown = (lags.quantile(0.5), lags.quantile(0.99), lags.seconds[-1], told)
    return (name, *(seconds * 1000 for seconds in shown), len(uploads) / taken, *memory)


def papers() -> list[bytes]:
    """Return fifty files: each sample some times, and some of many pages."""
    short = islice(cycle(readable().values()), PDFS - LONG_ONES)
    return [*short, *[ruled_table(LONG_PAGES)] * LONG_ONES]


def job(upload_id: str) -> dict[str, object]:
    """Return what is submitted for a file."""
    return {"kind": "course_timeline_parsing", "args": {"upload_id": upload_id}}


async def upload(client: httpx2.AsyncClient, data: bytes) -> str:
    """Upload a file and return its id."""
    answer = await client.post("/api/uploads", content=data, headers={"X-Filename": "outline.pdf"})
    answer.raise_for_status()
    return str(answer.json()["id"])


async def submit(client: httpx2.AsyncClient, kind: str, args: dict[str, object]) -> str:
    """Hand a job in, wait until it runs, and return its id."""
    answer = await client.post("/api/jobs", json={"kind": kind, "args": args})
    answer.raise_for_status()
    ident = str(answer.json()["id"])
    while (await client.get(f"/api/jobs/{ident}")).json()["state"] != "running":
        await asyncio.sleep(LOOK_SECONDS)
    return ident


async def result(client: httpx2.AsyncClient, ident: str) -> list[float]:
    """Wait for a job's result."""
    answer = await client.get(f"/api/jobs/{ident}", headers={"Prefer": "wait=20"})
    found: list[float] = answer.json()["result"]
    return found


async def read_all(client: httpx2.AsyncClient, batch: str, pid: int) -> tuple[float, float]:
    """Wait until all are read; return the most memory of the worker and of its children, in MB."""
    own = children = 0.0
    while True:
        worker = psutil.Process(pid)
        own = max(own, held(worker))
        children = max(children, sum(map(held, worker.children(recursive=True))))
        state = (await client.get(batch)).json()
        if state["completed_at"]:
            assert state["counts"]["succeeded"] == state["total"], state
            return own, children
        await asyncio.sleep(LOOK_SECONDS)


def held(process: psutil.Process) -> float:
    """Return a process's resident memory in MB; nothing when it has just ended."""
    try:
        return float(process.memory_info().rss) / MEGABYTE
    except psutil.NoSuchProcess:
        return 0.0


def bars(found: list[Row]) -> list[Bar]:
    """Hold both rounds to the issue's bound."""
    return [
        at_most(
            f"{name}: the worker's loop is at most {MOST_LAG_MS:.0f} ms late",
            float(worst),
            MOST_LAG_MS,
        )
        for name, _, _, worst, *_ in found
    ]


def notes() -> list[str]:
    """Say what was read."""
    return [f"{PDFS} files, {LONG_ONES} of them of {LONG_PAGES} pages; 2 at a time, in processes"]
