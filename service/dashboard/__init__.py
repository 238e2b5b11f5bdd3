"""The dashboard: one static page that uses the public API and the browser client like anyone else."""

from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

import realtime
from service.dashboard.assets import REVALIDATE, Assets, Packed, version
from service.dashboard.joined import joined

PAGE: Final = Path(__file__).with_name("page")
CLIENT: Final = Path(realtime.__file__).with_name("client")
ENTRY: Final = CLIENT / "jobcast.js"

CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class ClientFiles(Assets):
    """The browser client: what pages import as one packed file, and every module as it is written."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file; 304 when the browser has it."""
        if path != ENTRY.name:
            return await super().get_response(path, scope)
        script = await run_in_threadpool(joined, ENTRY)
        return script.response(scope, "text/javascript", {**HEADERS, **REVALIDATE})


async def page(request: Request) -> Response:
    """Answer with the dashboard, whose files have their version in their names. It holds no data."""
    html = await run_in_threadpool(written)
    return html.response(request.scope, "text/html", {**HEADERS, **REVALIDATE})


def written() -> Packed:
    """Return the page with the addresses of its files as they are now."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    return Packed.of(html.replace('"/dashboard/', f'"/dashboard/{version(PAGE)}/').encode())


def routes() -> list[BaseRoute]:
    """Return the page, its files, and the browser client that any page may import."""
    return [
        Route("/", page, name="dashboard"),
        Mount("/dashboard", Assets(PAGE, HEADERS), name="dashboard-files"),
        Mount("/client", ClientFiles(CLIENT, HEADERS), name="client-files"),
    ]
