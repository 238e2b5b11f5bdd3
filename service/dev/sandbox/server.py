"""The sandbox as a running server: on a thread of its own, so that any loop or none may call it."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvicorn

from service.dev.ports import LOOPBACK
from service.dev.sandbox.app import Peer, World
from service.dev.sandbox.calls import Call
from service.dev.sandbox.smtp import PASSWORD, USER, open_post_office
from service.dev.sandbox.switches import Switch

P = TypeVar("P", bound=Peer)
GRACE_SECONDS = 1


class Sandbox:
    """The running sandbox in the hands of who opened it."""

    def __init__(self, world: World, port: int, smtp_port: int) -> None:
        self._world = world
        self.host = f"{LOOPBACK}:{port}"
        self.url = f"http://{self.host}"
        self.smtp_url = f"smtp://{USER}:{PASSWORD}@{LOOPBACK}:{smtp_port}"

    def peer(self, kind: type[P]) -> P:
        """Return a provider, to look into its memory."""
        return next(peer for peer in self._world.peers.values() if isinstance(peer, kind))

    def switch(self, provider: str, **how: Any) -> None:
        """Let a provider fail from now on; see ``switches.Switch``."""
        self._world.switches.put(provider, Switch(**how))

    def clear(self, provider: str) -> None:
        """Let a provider work again."""
        self._world.switches.clear(provider)

    def calls(self, provider: str, path: str = "") -> list[Call]:
        """Return what a provider was asked so far, oldest first."""
        return self._world.calls.of(provider, path)


@contextmanager
def open_sandbox(port: int = 0) -> Iterator[Sandbox]:
    """Play all providers as long as the context lasts, with nothing remembered from before."""
    world = World()
    with (
        socket.create_server((LOOPBACK, port)) as listening,
        socket.create_server((LOOPBACK, 0)) as smtp,
    ):
        server = uvicorn.Server(
            uvicorn.Config(
                world.app(),
                lifespan="off",
                log_level="critical",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        thread = threading.Thread(
            target=serve, args=(server, listening, world, smtp), name="sandbox"
        )
        thread.daemon = True
        thread.start()
        try:
            yield Sandbox(world, listening.getsockname()[1], smtp.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def serve(
    server: uvicorn.Server, listening: socket.socket, world: World, smtp: socket.socket
) -> None:
    """Serve on a loop of this thread until told to stop."""
    asyncio.run(served(server, listening, world, smtp))


async def served(
    server: uvicorn.Server, listening: socket.socket, world: World, smtp: socket.socket
) -> None:
    """Serve HTTP, and SMTP as long."""
    async with open_post_office(world.post_office, smtp):
        await server.serve(sockets=[listening])
