"""The API's description: the OpenAPI and AsyncAPI documents, and a page that shows it to people."""

from collections.abc import Callable
from importlib.resources import files

import orjson
from starlette.responses import Response

from jobs.errors import NotFound
from service.asyncapi import asyncapi
from service.call import Call
from service.documents import Json, openapi
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
    return kept(call, "openapi", lambda: openapi(state.table, call.resources.registry))


@operation(scope=None, answers={200: Answer("The AsyncAPI 3.0 document")})
async def read_asyncapi(call: Call) -> Response:
    """Read the AsyncAPI document of what can be listened to."""
    return kept(call, "asyncapi", asyncapi)


def kept(call: Call, name: str, make: Callable[[], Json]) -> Response:
    """Return a document that is made once for each process."""
    state = call.app.state
    if not hasattr(state, name):
        setattr(state, name, orjson.dumps(make()))
    return Response(getattr(state, name), media_type="application/json", headers=fresh())


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
