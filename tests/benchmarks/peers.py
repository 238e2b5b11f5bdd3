"""The others that are not Python's or not ours: what they need, fetched for the benchmark alone."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.realtime import peers as realtime

INSTALLED = Path(tempfile.gettempdir()) / "jobcast-bench-peers"
SAQ = INSTALLED / "saq"
BULLMQ = INSTALLED / "bullmq"
LEFT_OUT = "left out: {} is not installed (`make bench` fetches it where a registry can be reached)"


def has_saq() -> bool:
    """Return whether SAQ can be started."""
    return (SAQ / "saq").is_dir()


def has_bullmq() -> bool:
    """Return whether BullMQ can be started."""
    return (BULLMQ / "node_modules" / "ioredis").is_dir() and shutil.which("node") is not None


def install() -> None:
    """Fetch what is missing into a temporary folder nothing of ours learns of.

    SAQ gets the newest redis-py it allows, which serves it better than the one arq and the product are
    held to. What cannot be had is left out of the tables.
    """
    if not has_saq():
        pip = (sys.executable, "-m", "pip", "install", "-qqq", "--disable-pip-version-check")
        subprocess.run([*pip, "--target", SAQ, "saq[redis,hiredis]", "uvloop"], check=False)
    if not has_bullmq() and shutil.which("npm"):
        BULLMQ.mkdir(parents=True, exist_ok=True)
        npm = ("npm", "install", "--silent", "--no-audit", "--no-fund")
        subprocess.run([*npm, "--prefix", BULLMQ, "bullmq", "ioredis"], check=False)
    realtime.install()
