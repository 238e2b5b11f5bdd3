"""The API's description: the OpenAPI document, and a page that shows it to people."""

from importlib.resources import files

import orjson
from starlette.responses import Response

from jobs.errors import NotFound
from service.call import Call
from service.documents import openapi
from service.operations import Answer, operation

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
PAGE = {
    "reference.html": "text/html",
    "reference.css": "text/css",
    "reference.js": "text/javascript",
}


@operation(scope=None, answers={200: Answer("The OpenAPI 3.1 document")})
async def read_openapi(call: Call) -> Response:
    """Read this API's OpenAPI document."""
    state = call.app.state
    if not hasattr(state, "openapi"):
        state.openapi = orjson.dumps(openapi(state.table, call.resources.registry))
    return Response(state.openapi, media_type="application/json", headers=fresh())


@operation(scope=None, answers={200: Answer("The page", media_type="text/html")})
async def read_docs(call: Call) -> Response:
    """Show this API to people."""
    return page("reference.html")


@operation(scope=None, answers={200: Answer("The file", media_type="*/*")}, problems=(404,))
async def read_docs_file(call: Call) -> Response:
    """Read a part of the page."""
    return page(call.path_params["name"])


def page(name: str) -> Response:
    """Return one of the page's files; others do not exist."""
    if name not in PAGE:
        raise NotFound
    content = (files("service") / "reference" / name).read_bytes()
    headers = {**fresh(), "Content-Security-Policy": POLICY}
    return Response(content, media_type=PAGE[name], headers=headers)


def fresh() -> dict[str, str]:
    """Return the header of what may be kept but must be asked for again after a minute."""
    return {"Cache-Control": "public, max-age=60"}
