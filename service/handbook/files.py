"""Pictures and samples of the documentation's folder: only what a browser draws or shows as text."""

from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

PICTURES: Final = frozenset({".svg", ".png", ".webp", ".gif", ".pdf"})
TEXTS: Final = frozenset(
    {".csv", ".js", ".json", ".jsx", ".md", ".mjs", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}
)
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""An SVG may hold styles; opened by itself it can run nothing and reach nothing."""


class Files(StaticFiles):
    """Files of the folder. Whatever could run is sent as plain text."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Answer with the file, or 304 when the browser has it."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as it came
        response.headers.update(HEADERS)
        if Path(str(args[0])).suffix in TEXTS and "content-type" in response.headers:
            response.headers["content-type"] = "text/plain; charset=utf-8"
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve files of the known kinds; anything else does not exist."""
        if Path(scope["path"]).suffix not in PICTURES | TEXTS:
            await Response(status_code=404)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)
