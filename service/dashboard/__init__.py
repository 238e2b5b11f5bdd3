"""The dashboard: one static page that uses the public API and the browser client like anyone else."""

from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

import realtime
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
# Answered from the browser's cache after one cheap question: a deploy is seen at the next load.
REVALIDATE: Final = {"Cache-Control": "no-cache"}


class Assets(StaticFiles):
    """Static files with the page's headers; only what a browser runs or draws."""

    suffixes = frozenset({".js", ".css", ".svg", ".ts"})

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Answer with the file, or 304 when the browser has it."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as it came
        response.headers.update({**HEADERS, **REVALIDATE})
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve files of the known kinds; anything else does not exist."""
        if Path(scope["path"]).suffix not in self.suffixes:
            await Response(status_code=404)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


class ClientFiles(Assets):
    """The browser client: what pages import as one packed file, and every module as it is written."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file; 304 when the browser has it."""
        if path != ENTRY.name:
            return await super().get_response(path, scope)
        script = await run_in_threadpool(joined, ENTRY)
        asked = Headers(scope=scope)
        headers = {**HEADERS, **REVALIDATE, "ETag": script.etag, "Vary": "Accept-Encoding, Origin"}
        if script.etag in asked.get("if-none-match", "").replace("W/", "").split(", "):
            return Response(status_code=304, headers=headers)
        packed = "gzip" in asked.get("accept-encoding", "")
        return Response(
            script.packed if packed else script.plain,
            headers=headers | ({"Content-Encoding": "gzip"} if packed else {}),
            media_type="text/javascript",
        )


async def page(_: Request) -> Response:
    """Answer with the dashboard. It holds no data, so anybody may have it."""
    return FileResponse(PAGE / "index.html", headers={**HEADERS, **REVALIDATE})


def routes() -> list[BaseRoute]:
    """Return the page, its files, and the browser client that any page may import."""
    return [
        Route("/", page, name="dashboard"),
        Mount("/dashboard", Assets(directory=PAGE), name="dashboard-files"),
        Mount("/client", ClientFiles(directory=CLIENT), name="client-files"),
    ]
