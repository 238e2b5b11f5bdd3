"""What is measured: the product's own web process, and how a browser joins it."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from service.client import mint_token
from tests.benchmarks.realtime.machine import SECRET, Machine, free_port

Wire = Literal["ws", "sse"]
SCOPES = "jobs:read org:read"


class Server(Protocol):
    """What a crowd needs to know of a server."""

    @property
    def name(self) -> str:
        """Return what tables call it."""

    @property
    def pid(self) -> int:
        """Return its process."""

    def plan(self, wire: Wire) -> dict[str, Any]:
        """Return what receivers need to know to connect."""

    def person(self, wire: Wire, name: str, channel: str | None) -> dict[str, str]:
        """Return how ``name`` joins: their own channel, or ``channel``."""

    def publishing(self) -> dict[str, Any]:
        """Return what the publisher needs to know."""


@dataclass(frozen=True)
class Jobcast:
    """The product: every person has a token, and joins with offsets and replay on."""

    name: str
    pid: int
    port: int
    database_url: str
    wires: tuple[Wire, ...] = ("ws", "sse")

    def plan(self, wire: Wire) -> dict[str, Any]:
        """Return what receivers need to know to connect."""
        plan = {"port": self.port, "wire": wire, "ready": "event: welcome"}
        if wire == "ws":
            plan |= {"subprotocol": "jobcast.v1", "ready": '"t":"subbed"'}
        return plan

    def person(self, wire: Wire, name: str, channel: str | None) -> dict[str, str]:
        """Return how ``name`` joins: their own channel, or ``channel``'s."""
        heard = f"user:{channel}" if channel else "me"
        person = {"token": mint_token(SECRET, user=name, org="bench", scopes=SCOPES)}
        if wire == "sse":
            return person | {"path": f"/api/events?channel={heard}"}
        hello = {"t": "hello", "subs": [{"channel": heard, "snapshot": False}]}
        return person | {"path": "/api/ws", "hello": json.dumps(hello)}

    def publishing(self) -> dict[str, Any]:
        """Return what the publisher needs to know."""
        token = mint_token(SECRET, user="epoch00", org="bench", scopes=SCOPES)
        return {
            "form": "product", "web_port": self.port, "database_url": self.database_url,
            "token": token,
        }  # fmt: skip


@asynccontextmanager
async def jobcast(machine: Machine, **settings: str) -> AsyncIterator[Jobcast]:
    """Run ``python -m service web`` of the checkout with ``settings`` in its environment."""
    port = free_port()
    words = [sys.executable, "-m", "service", "web"]
    async with machine.server(words, port, {"PORT": str(port)} | settings) as child:
        yield Jobcast("jobcast", child.pid, port, machine.postgres.url())
