"""Uploads: a file streamed to storage, to be named in a job's args by its id."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import UUID

from pydantic import Field
from python_multipart.multipart import parse_options_header
from starlette.responses import Response, StreamingResponse

from jobs.resource import Resource
from jobs.storage import UploadRow
from service.bodies import Body, storable
from service.call import Call
from service.errors import Problem
from service.multipart import FilePart
from service.operations import Answer, operation
from service.routes.answers import json_response

PATH = "/api/uploads"
FORM_OVERHEAD = 64 * 1024
UNNAMED = "upload"
PICTURES: Final = {f"image/{kind}" for kind in ("png", "jpeg", "gif", "webp", "avif")}
TEXTS: Final = {"application/json", "application/xml", "application/x-ndjson"}
HARMLESS: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


class UploadResource(Resource):
    """A file waiting for a job. It is gone after ``expires_at``."""

    id: UUID
    name: str
    size: int
    media_type: str
    sha256: str
    expires_at: datetime

    @classmethod
    def of(cls, upload: UploadRow) -> "UploadResource":
        """Return ``upload`` as callers see it."""
        return cls.model_validate({name: getattr(upload, name) for name in cls.model_fields})


@operation(
    scope="jobs:write",
    body_types=("multipart/form-data", "application/octet-stream"),
    headers={"X-Filename": "The name of a raw body, percent-encoded UTF-8"},
    answers={201: Answer("Kept", UploadResource, headers={"Location": "The upload"})},
    problems=(400, 413, 415, 422),
)
async def receive_upload(call: Call) -> Response:
    """Upload a file: as the field `file` of a form, or as the raw body with an `X-Filename`."""
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Send the file uncompressed.")
    if media_type == "application/x-www-form-urlencoded":
        raise Problem(415, "Send multipart/form-data, or the bytes themselves.")
    if media_type == "multipart/form-data":
        upload = await receive_form(call)
    else:
        upload = await receive(call, raw_name(call), media_type, call.stream())
    headers = {"Location": f"{PATH}/{upload.id}"}
    return json_response(UploadResource.of(upload), 201, headers)


async def receive_form(call: Call) -> UploadRow:
    """Store the file of a form."""
    part = FilePart(call.headers["content-type"], call.stream())
    await part.open()
    return await receive(call, part.name, part.media_type, part.chunks())


async def receive(
    call: Call, name: str, media_type: str, chunks: AsyncIterator[bytes]
) -> UploadRow:
    """Store ``chunks`` for the caller."""
    caller = call.caller
    filled = not_empty(chunks)
    name = "".join(letter for letter in name if storable(letter)) or UNNAMED
    return await call.resources.storage.receive(caller.org, caller.user, name, media_type, filled)


async def not_empty(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass ``chunks`` on. Raises Problem (422) when there is not a single byte."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if chunk:
            yield chunk
    if not size:
        raise Problem(422, "The file is empty.")


def raw_name(call: Call) -> str:
    """Return the name a raw body was given by X-Filename or Content-Disposition."""
    if given := call.headers.get("x-filename"):
        return unquote(given, errors="replace")
    options: dict[Any, bytes]
    _, options = parse_options_header(call.headers.get("content-disposition", ""))
    return options.get(b"filename", b"").decode("utf-8", "replace")


class UploadQuery(Body):
    """Which uploads."""

    id: tuple[UUID, ...] = Field((), max_length=50, description="Repeat it or separate by commas")


class UploadList(Resource):
    """Those of the uploads asked for that are kept, oldest first."""

    data: list[UploadResource]


@operation(
    scope="jobs:read",
    query=UploadQuery,
    answers={200: Answer("Those that are kept", UploadList)},
    problems=(422,),
)
async def list_uploads(call: Call) -> Response:
    """Read what is known of several uploads at once; those that are gone are left out."""
    caller, wanted = call.caller, call.query_as(UploadQuery)
    found = await call.resources.storage.kept(caller.org, caller.user, wanted.id)
    return json_response(UploadList(data=[UploadResource.of(row) for row in found]))


@operation(scope="jobs:read", answers={200: Answer("The upload", UploadResource)}, problems=(404,))
async def read_upload(call: Call) -> Response:
    """Read what is known of an upload."""
    caller = call.caller
    found = await call.resources.storage.find(caller.org, caller.user, call.id)
    return json_response(UploadResource.of(found))


@operation(
    scope="jobs:read",
    answers={200: Answer("The bytes", media_type="application/octet-stream")},
    problems=(404, 503),
)
async def read_upload_content(call: Call) -> Response:
    """Read the bytes of an upload. Only pictures and plain text say what they are; nothing can run."""
    caller, storage = call.caller, call.resources.storage
    found = await storage.find(caller.org, caller.user, call.id)
    chunks = storage.stream(found)
    first = await anext(chunks, b"")  # what cannot be read is said before the answer has begun
    media_type = shown_as(found.media_type)
    kind = "inline" if media_type else "attachment"
    headers = {
        "Content-Length": str(found.size),
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": HARMLESS,
        "X-Content-Type-Options": "nosniff",
    }
    body = StreamingResponse(chained(first, chunks), 200, headers)
    body.headers["Content-Type"] = media_type or "application/octet-stream"
    return body


def shown_as(media_type: str) -> str | None:
    """Return how a browser may show bytes of somebody: pictures as such, texts as plain ones, else not."""
    if media_type in PICTURES:
        return media_type
    texts = media_type.startswith("text/") or media_type in TEXTS
    return "text/plain; charset=utf-8" if texts else None


async def chained(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what was read already, then the rest."""
    yield first
    async for chunk in others:
        yield chunk
