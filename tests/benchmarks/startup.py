"""How long ``make run`` takes to be ready, apart from installing: with no data, and with yesterday's."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from service.dev.ports import free_port
from tests.benchmarks.arrivals import Times
from tests.benchmarks.stack import ROOT

UP = b"Jobcast is up."
LONGEST_SECONDS = 120
FOREIGN = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET", "SECRET_KEY")


async def measure_startup() -> tuple[Times, Times]:
    """Return the cold and the warm start."""
    with tempfile.TemporaryDirectory(prefix="jobcast-bench-") as folder:
        Path(folder).chmod(0o755)
        cold = await start_once(Path(folder))
        warm = await start_once(Path(folder))
    return Times((cold,)), Times((warm,))


async def start_once(folder: Path) -> float:
    """Start the stack in ``folder``, wait until it says it is up, stop it; return the seconds."""
    known = {k: v for k, v in os.environ.items() if k not in FOREIGN}
    environment = known | {"PORT": str(free_port()), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", "dev"),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await told(process, UP)
        return time.perf_counter() - begun
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()


async def told(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Read the process's output until it holds ``words``; raise with all of it if it ends before."""
    if process.stdout is None:
        raise AssertionError("the output is piped")
    heard = []
    async for line in process.stdout:
        heard.append(line)
        if words in line:
            return
    raise RuntimeError(b"".join(heard).decode(errors="replace"))
