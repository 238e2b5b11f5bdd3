"""The others: how each is started, and what has to be there for it."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import Machine, free_port
from tests.benchmarks.realtime.servers import Wire

HERE = Path(__file__).parent
INSTALLED = Path(tempfile.gettempdir()) / "jobcast-bench-peers"


@dataclass(frozen=True)
class Program:
    """A peer: its program, how browsers meet it, and the folder that must be there."""

    name: str
    wire: Wire
    words: tuple[str, ...]
    needs: str = ""
    deflate: bool = False

    @property
    def there(self) -> bool:
        """Return whether it can be started."""
        return not self.needs or (INSTALLED / self.needs).is_dir()


PYTHON = sys.executable
TUTORIAL = Program("tutorial hub", "ws", (PYTHON, "tutorial.py", "plain"), deflate=True)
TUTORIAL_FAST = Program(
    "tutorial, uvloop and hiredis", "ws", (PYTHON, "tutorial.py", "json"), deflate=True
)
TUTORIAL_TEXT = Program(
    "tutorial, text untouched too", "ws", (PYTHON, "tutorial.py", "text"), deflate=True
)
SHARED = Program("one subscription", "ws", (PYTHON, "shared.py", "plain"), deflate=True)
SHARED_TEXT = Program(
    "one subscription, all of that", "ws", (PYTHON, "shared.py", "text"), deflate=True
)
SSE_STARLETTE = Program(
    "sse-starlette", "sse", (PYTHON, "sse_starlette_hub.py"), needs="python/sse_starlette"
)
NODE = Program("npm ws", "ws", ("node", "node_ws.cjs"), needs="node/node_modules/ws")
BARE_WS = Program("bare uvicorn", "ws", (PYTHON, "bare.py"))
BARE_SSE = Program("bare uvicorn", "sse", (PYTHON, "bare.py"))
FEW = (TUTORIAL, NODE)
PEERS = (
    TUTORIAL, TUTORIAL_FAST, TUTORIAL_TEXT, SHARED, SHARED_TEXT, NODE, SSE_STARLETTE,
)  # fmt: skip


def some(effort: Effort) -> list[Program]:
    """Return those to measure that are installed."""
    wanted = () if effort.alone else PEERS if effort.all_peers else FEW
    return [program for program in wanted if program.there]


def bare(effort: Effort) -> tuple[Program, ...]:
    """Return uvicorn without anything, over each wire."""
    return () if effort.alone else (BARE_WS, BARE_SSE)


@dataclass(frozen=True)
class Peer:
    """A running peer."""

    program: Program
    pid: int
    port: int
    prefix: str
    deflate: bool = True

    @property
    def name(self) -> str:
        """Return what tables call it."""
        return self.program.name

    def plan(self, wire: Wire) -> dict[str, Any]:
        """Return what receivers need to know to connect."""
        plan: dict[str, Any] = {"port": self.port, "wire": wire, "ready": "ready"}
        if self.deflate and self.program.deflate:  # every browser offers it
            plan |= {"deflate": True, "count": "frames", "ready": ""}
        return plan

    def person(self, wire: Wire, name: str, channel: str | None) -> dict[str, str]:
        """Return how ``name`` joins."""
        return {"path": f"/listen?channel={self.prefix}{channel or name}"}

    def publishing(self) -> dict[str, Any]:
        """Return what the publisher needs to know."""
        return {"form": "text", "prefix": self.prefix}


@asynccontextmanager
async def running(
    machine: Machine, peer: Program, *, deflate: bool = True, more: Mapping[str, str] | None = None
) -> AsyncIterator[Peer]:
    """Run one of them."""
    port = free_port()
    prefix = f"bench{port}:"  # peers that run side by side do not hear each other's events
    interpreter, script, *more_words = peer.words
    words: Sequence[str | Path] = (interpreter, HERE / script, str(port), *more_words)
    found = {
        "PYTHONPATH": str(INSTALLED / "python"),
        "BENCH_PREFIX": prefix,
        "NODE_PATH": str(INSTALLED / "node" / "node_modules"),
    }
    async with machine.server(words, port, found | dict(more or {})) as child:
        yield Peer(peer, child.pid, port, prefix, deflate)


def install() -> None:
    """Fetch what is missing of sse-starlette, ws and ioredis, for the benchmark alone.

    They go into a temporary folder that nothing of ours learns of; what cannot be had is left out.
    """
    if not SSE_STARLETTE.there:
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        target = ("--no-deps", "--target", INSTALLED / "python")
        subprocess.run([*pip, *target, "sse-starlette"], check=False)
    if not NODE.there and shutil.which("npm"):
        (INSTALLED / "node").mkdir(parents=True, exist_ok=True)
        npm = ("npm", "install", "--silent", "--no-audit", "--no-fund")
        subprocess.run([*npm, "--prefix", INSTALLED / "node", "ws", "ioredis"], check=False)
