"""The front door, opened on this process's own servers, in-process or behind a real uvicorn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.settings import JobsSettings
from realtime.hub import Hub
from service.app import create_app
from service.client import mint_token
from service.server import Server, server_of
from service.settings import ServiceSettings
from service.waits import Waits

SECRET = "the tests' own secret, long enough for HS256"

Headers = dict[str, str]
As = Callable[..., Headers]


@pytest.fixture
def service_settings(settings: JobsSettings) -> ServiceSettings:
    """Give the front door's settings on this process's servers."""
    return ServiceSettings(
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        storage_url=settings.storage_url,
        jwt_secret=SECRET,
        processors="tests.kinds,tests.service.kinds",
        allowed_origins="https://partner.example",
        max_upload_bytes=200_000,
        port=0,
        drain_seconds=0.0,
        position_check_seconds=0.2,
    )


@pytest.fixture
async def app(service_settings: ServiceSettings) -> AsyncIterator[Starlette]:
    """Give the application, started."""
    made = create_app(service_settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client that nobody vouches for."""
    async with client_of(app) as anonymous:
        yield anonymous


@asynccontextmanager
async def client_of(
    app: Starlette, base_url: str = "http://test"
) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=base_url) as made:
        yield made


@pytest.fixture
def as_user() -> As:
    """Give what makes the headers of a user."""

    def headers(user: str, scopes: str = "jobs:read jobs:write", org: str | None = None) -> Headers:
        return {"Authorization": f"Bearer {mint_token(SECRET, user=user, org=org, scopes=scopes)}"}

    return headers


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann")


class Watched(Waits):
    """Tells a test which job a request has begun to wait for."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.begun: asyncio.Queue[UUID] = asyncio.Queue()

    async def final(self, job_id: UUID, seconds: float) -> None:
        self.begun.put_nowait(job_id)
        await super().final(job_id, seconds)


def watched(app: Starlette) -> asyncio.Queue[UUID]:
    """Return where the jobs that requests wait for are named, as soon as they do."""
    app.state.waits = Watched(app.state.realtime.hub)
    return app.state.waits.begun


@pytest.fixture
async def server(service_settings: ServiceSettings) -> AsyncIterator[Server]:
    """Give a real server on a free port, accepting; it is stopped at the end."""
    made = server_of(service_settings)
    async with serving(made):
        yield made


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the real server that nobody vouches for."""
    async with httpx2.AsyncClient(base_url=url(server), timeout=20) as made:
        yield made


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[asyncio.Task[None]]:
    started = asyncio.Event()
    startup = server.startup

    async def announced(sockets: object = None) -> None:
        await startup()
        started.set()

    server.startup = announced  # type: ignore[method-assign]  # tells the test, does the same
    task = asyncio.create_task(server._serve())  # serve() would take over pytest's signals
    try:
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([waiting, task], return_when=asyncio.FIRST_COMPLETED)
        assert started.is_set(), task.exception()
        yield task
    finally:
        server.should_exit = True
        await task


def address(server: Server) -> tuple[str, int]:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return host, port


def url(server: Server) -> str:
    host, port = address(server)
    return f"http://{host}:{port}"
