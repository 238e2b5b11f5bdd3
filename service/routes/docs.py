"""What explains the product: the OpenAPI and AsyncAPI documents, and the documentation as pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from jobs.errors import NotFound
from service import handbook
from service.asyncapi import asyncapi
from service.call import Call
from service.dashboard import HEADERS
from service.dashboard.assets import REVALIDATE, Assets
from service.documents import Json, openapi
from service.handbook.files import Files
from service.handbook.folder import INDEX, folder
from service.handbook.handbook import Content, Handbook
from service.handbook.http import HttpReference
from service.handbook.links import FILES
from service.operations import Answer, operation

PARTS: Final = Path(handbook.__file__).with_name("page")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
SEARCH: Final = "search.json"
SOURCE: Final = ".md"
SHOWN: Final = Answer("The page", media_type="text/html", headers={"ETag": "Names this very page"})
KEPT: Final = Answer("Nothing has changed")
ANSWERS: Final = {200: SHOWN, 304: KEPT}
ASKED: Final = {"If-None-Match": "An ETag: answer 304 while nothing has changed"}


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


def fresh() -> dict[str, str]:
    """Return the header of what may be kept but must be asked for again after a minute."""
    return {"Cache-Control": "public, max-age=60"}


@operation(scope=None, answers=ANSWERS, headers=ASKED)
async def read_docs(call: Call) -> Response:
    """Show the documentation to people."""
    return await shown(call, INDEX, Handbook.page)


@operation(scope=None, answers=ANSWERS, headers=ASKED, problems=(404,))
async def read_docs_page(call: Call) -> Response:
    """Show a page of the documentation.

    With ``.md`` behind its name it is the Markdown. ``search.json`` is what the search looks through.
    """
    name = call.path_params["name"]
    if name == SEARCH:
        return await shown(call, name, lambda book, _: book.index())
    if name.endswith(SOURCE):
        return await shown(call, name.removesuffix(SOURCE), Handbook.source)
    return await shown(call, name, Handbook.page)


@operation(scope=None, answers=ANSWERS, headers=ASKED, problems=(404,))
async def read_docs_resource(call: Call) -> Response:
    """Show the reference of one resource of this API."""
    return await shown(call, call.path_params["name"], Handbook.resource)


async def shown(call: Call, name: str, find: Callable[[Handbook, str], Content | None]) -> Response:
    """Answer with a page; rendering a first one takes a moment, which no other request waits for.

    A browser that asks for what is not there gets a page that says so. Raises NotFound for others.
    """
    book = await run_in_threadpool(handbook_of, call)
    content = await run_in_threadpool(find, book, name)
    if content is not None:
        return sent(call, content, 200)
    if "text/html" not in call.headers.get("accept", ""):
        raise NotFound
    return sent(call, await run_in_threadpool(book.missing, name), 404)


def handbook_of(call: Call) -> Handbook:
    """Return this process's pages, made when they are first asked for."""
    state = call.app.state
    if not hasattr(state, "handbook"):
        reference = HttpReference(openapi(state.table, call.resources.registry), state.table)
        state.handbook = Handbook(reference, asyncapi)
    book: Handbook = state.handbook
    return book


def sent(call: Call, content: Content, status: int) -> Response:
    """Return ``content`` as it is wanted: packed, or 304 when the browser has it."""
    headers = {
        **REVALIDATE,
        "Content-Security-Policy": POLICY,
        "ETag": content.etag,
        "Vary": "Accept, Accept-Encoding, Origin",
    }
    if content.etag in call.headers.get("if-none-match", "").replace("W/", "").split(", "):
        return Response(status_code=304, headers=headers)
    if "gzip" not in call.headers.get("accept-encoding", ""):
        return Response(content.plain, status, headers, content.media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(content.packed, status, headers, content.media_type)


def files() -> list[BaseRoute]:
    """Return what the pages are drawn with, and the pictures and samples they show."""
    return [
        Mount("/docs/page", Assets(PARTS, HEADERS), name="docs-parts"),
        Mount(FILES, Files(directory=folder(), check_dir=False), name="docs-files"),
    ]
