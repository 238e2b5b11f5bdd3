"""The application: which middleware a request passes, which routes there are, what is opened for them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from jobs.loop_lag import measured_lag
from jobs.resources import Resources, open_resources
from realtime.bundle import Realtime
from realtime.connections import Connections
from realtime.hub import Hub
from realtime.revocations import Revocations
from realtime.routes import routes as stream_routes
from realtime.tickets import Tickets
from service import dashboard
from service.auth import Authentication
from service.cors import Cors
from service.errors import ErrorTranslation
from service.in_flight import InFlight
from service.middleware import BodyLimit, RequestLine
from service.operations import Table, routes_of
from service.proxies import Proxies
from service.requests import templates_of
from service.routes import TABLE, docs
from service.routes.batches import PATH as BATCHES
from service.routes.uploads import FORM_OVERHEAD
from service.routes.uploads import PATH as UPLOADS
from service.settings import ServiceSettings
from service.socket_commands import socket_commands
from service.waits import Waits

EXPOSED = [
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Jobcast-Attempt",
    "Jobcast-Position",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
]


class Opened(State):
    """What is open, as plain attributes: Starlette's own go through a function at each look."""

    settings: ServiceSettings
    table: Table
    resources: Resources
    realtime: Realtime
    waits: Waits
    in_flight: InFlight
    templates: Mapping[Any, str]
    draining: bool = False

    __setattr__ = object.__setattr__  # type: ignore[assignment]  # its key is called name


class Application(Starlette):
    """Starlette without its two nets for exceptions: ``ErrorTranslation`` catches all of them."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router in what every request passes, and nothing more."""
        app: ASGIApp = self.router
        for layer, args, options in reversed(self.user_middleware):
            app = layer(app, *args, **options)
        return app


def create_app(settings: ServiceSettings) -> Starlette:
    """Return the application. Everything it needs is opened when it starts and closed when it stops.

    ``app.state`` then holds ``settings``, ``table``, ``resources``, ``realtime``, ``waits``, ``in_flight``,
    ``templates`` (of routes), ``draining`` and ``loop_lag``.
    """
    app = Application(middleware=middleware(settings), lifespan=lifespan)
    app.router.redirect_slashes = False
    app.state = Opened()
    app.state.settings = settings
    app.state.table = TABLE
    return app


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open what the routes stand on, mount them, and close in reverse."""
    settings = app.state.settings
    async with open_resources(settings) as resources, open_realtime(resources) as realtime:
        app.state.resources = resources
        app.state.realtime = realtime
        app.state.waits = Waits(realtime.hub)
        app.state.in_flight = InFlight()
        streams = stream_routes(realtime)
        app.router.routes[:] = [*routes_of(TABLE), *streams, *dashboard.routes(), *docs.files()]
        app.state.templates = templates_of(app.router.routes)
        async with measured_lag() as app.state.loop_lag:
            yield
        await resources.queue.drain()


def middleware(settings: ServiceSettings) -> list[Middleware]:
    """Return what every request passes, outermost first."""
    return [
        Middleware(Proxies, settings=settings),
        Middleware(RequestLine),
        Middleware(
            Cors,
            allow_origins=sorted(settings.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["*"],
            allow_credentials=True,
            expose_headers=EXPOSED,
            max_age=600,
        ),
        Middleware(ErrorTranslation),
        Middleware(Authentication, settings=settings),
        Middleware(
            BodyLimit,
            limit=settings.max_body_bytes,
            larger={
                UPLOADS: settings.max_upload_bytes + FORM_OVERHEAD,
                BATCHES: settings.max_batch_bytes,
            },
            timeout_seconds=settings.body_timeout_seconds,
        ),
    ]


@asynccontextmanager
async def open_realtime(resources: Resources) -> AsyncIterator[Realtime]:
    """Open the way back over what the work has open."""
    settings = resources.settings
    secret = settings.secret_key.get_secret_value()
    source, ephemeral = resources.source, resources.ephemeral
    publisher, connections = resources.publisher, Connections(settings)
    revocations = Revocations(resources.access.revoked, publisher.order, connections.end_session)
    await revocations.check()
    hub = Hub(settings, source, settings.pubsub_url, ephemeral)
    hub.controls.append(revocations.hear)
    hub.checks.append(revocations.check)
    hub.recoveries.append(publisher.recovered)
    async with hub, aclosing(connections):
        yield Realtime(
            settings=settings,
            hub=hub,
            source=source,
            tickets=Tickets(
                secret,
                resources.spend_ticket,
                seconds=settings.ticket_seconds,
                revoked=revocations,
            ),
            publisher=publisher,
            ephemeral=ephemeral,
            connections=connections,
            revocations=revocations,
            commands=socket_commands(resources.queue, resources.inbox),
        )
