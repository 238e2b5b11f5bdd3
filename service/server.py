"""The web process: uvicorn, and how it stops: browsers are told first, then requests finish."""

import asyncio
import gc
import os
import socket
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from jobs.observing import observed
from realtime.long_lived import LongLived
from service.app import create_app
from service.protocols import SocketProtocol, http_protocol
from service.settings import ServiceSettings

BACKLOG = 1024
GARBAGE_THRESHOLDS = (20_000, 20, 20)  # a delivery makes a few objects and no cycles
STALL_MILLISECONDS = 30_000


class Server(uvicorn.Server):
    """uvicorn that says bye on every open stream before it waits for requests to finish."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second signal stops without waiting.

        The signal is not raised again afterwards, as uvicorn would: stopping in order is exit code 0.
        """
        self.force_exit = self.should_exit
        self.should_exit = self.app.state.draining = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; connections whose reader stalls are ended by the kernel, which uvicorn cannot do."""
        await super().startup(sockets)
        for listener in self.servers:
            for listening in listener.sockets:
                limit_stalls(listening.fileno())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections, drain the streams, then let uvicorn do the rest."""
        for listener in self.servers:
            listener.close()
        draining = asyncio.create_task(self._drain())
        while not draining.done() and not self.force_exit:
            await asyncio.wait([draining], timeout=0.1)
        draining.cancel()
        await asyncio.wait([draining])
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        await self.app.state.realtime.drain()

    @property
    def app(self) -> Starlette:
        """Return the application that is served."""
        app = self.config.app
        if not isinstance(app, LongLived) or not isinstance(app.app, Starlette):
            raise TypeError("this server serves what create_app returns")
        return app.app


def limit_stalls(descriptor: int) -> None:
    """Let connections accepted from a listening socket end when nothing is acknowledged for long."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with socket.socket(fileno=os.dup(descriptor)) as same:
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_MILLISECONDS)


def server_of(settings: ServiceSettings, app: Starlette | None = None) -> Server:
    """Return a server, not yet running, for ``settings``."""
    config = uvicorn.Config(
        LongLived(app or create_app(settings)),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=http_protocol(settings.header_timeout_seconds),
        ws=SocketProtocol,
        ws_max_size=settings.max_frame_bytes,
        ws_per_message_deflate=False,  # 33 KB a connection, and half the throughput
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # with "*" uvicorn would believe the client's own: service.proxies
        backlog=BACKLOG,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    return Server(config)


def run(settings: ServiceSettings) -> None:
    """Serve until told to stop. Exits with a code other than 0 when the start fails."""
    with observed(settings, "web"):
        server = server_of(settings)
        gc.freeze()  # what is loaded now stays: no need to look through it again and again
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        server.run()
