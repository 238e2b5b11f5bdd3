"""Contents over HTTP: drafts by hand or by a job, changed, approved, taken back, deleted."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from jobs.contents.resource import (
    ContentFilter,
    ContentPage,
    ContentResource,
    ContentStatus,
    Publication,
)
from jobs.drafting.channels import ChannelName, too_long
from jobs.drafting.draft import Body as BodyText
from jobs.drafting.draft import Hashtags, Text, Title
from jobs.store import NewContent
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.written import Instant

Variants = dict[ChannelName, Text]
Voice = Annotated[str, StringConstraints(max_length=2_000)]
Language = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")
]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The version that was read")]


def fitting(variants: Variants) -> Variants:
    """Return variants that their channels take. Raises ValueError for one that is too long."""
    if problems := too_long(variants):
        raise ValueError("; ".join(problems))
    return variants


FittingVariants = Annotated[Variants, AfterValidator(fitting), Field(description="By channel")]


class ContentRequest(Body):
    """A draft written by hand."""

    title: Title
    body: BodyText = Field(description="Markdown")
    hashtags: Hashtags = Field(default_factory=list, description="With or without the sign")
    variants: FittingVariants = Field(default_factory=dict)
    brand_voice: Voice = ""
    language: Language = Field("", description="BCP 47, such as `en` or `pt-BR`")


class ContentChange(Body):
    """What to change of a draft that is still at `version`; what is left out stays."""

    version: Version
    title: Title | None = None
    body: BodyText | None = None
    hashtags: Hashtags | None = None
    variants: FittingVariants | None = Field(None, description="All of them, by channel")
    brand_voice: Voice | None = None
    language: Language | None = None


class SeenVersion(Body):
    """With `version`, nothing is done if the text was changed since."""

    version: Version | None = None


class MediaRequest(Body):
    """An upload of yours; it is kept until it is out."""

    upload_id: UUID
    alt: str = Field("", max_length=1_500, description="What is to be seen")


class PublicationRequest(SeenVersion):
    """Where and when an approved text goes out."""

    connection_id: UUID = Field(description="An active connection of yours")
    publish_at: Instant | None = Field(None, description="Default: now")
    media: list[MediaRequest] | None = Field(
        None, max_length=4, description="Goes out with it. Left out: what was said before"
    )


class ContentQuery(PageQuery):
    """Which texts to list."""

    status: tuple[ContentStatus, ...] = ()


@operation(
    scope="jobs:read",
    query=ContentQuery,
    answers={200: page_of(ContentPage)},
    problems=(400, 422),
)
async def list_contents(call: Call) -> Response:
    """List my contents, newest first."""
    query = call.query_as(ContentQuery)
    wanted = ContentFilter(query.status, query.after, query.limit)
    page = await call.resources.contents.list(call.caller, wanted)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=ContentRequest,
    answers={201: Answer("A draft", ContentResource, headers={"Location": "The content"})},
    problems=(400, 409, 413, 415, 422),
)
async def create_content(call: Call) -> Response:
    """Write a draft by hand. The kind `content_generation` writes them, too."""
    asked = await call.body_as(ContentRequest)
    made = await call.resources.contents.create(call.caller, NewContent(**asked.model_dump()))
    return json_response(made, 201, {"Location": f"/api/contents/{made.id}"})


@operation(
    scope="jobs:read", answers={200: Answer("The content", ContentResource)}, problems=(404,)
)
async def read_content(call: Call) -> Response:
    """Read a content."""
    return json_response(await call.resources.contents.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=ContentChange,
    answers={200: Answer("The changed draft", ContentResource)},
    problems=(400, 404, 409, 413, 415, 422),
)
async def change_content(call: Call) -> Response:
    """Change a draft. 409 when it is no draft any more, or not at that version."""
    ident = call.id
    changes: dict[str, Any] = (await call.body_as(ContentChange)).model_dump(exclude_none=True)
    version = changes.pop("version")
    return json_response(await call.resources.contents.change(call.caller, ident, version, changes))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_content(call: Call) -> Response:
    """Delete a content, whatever its status. What was published elsewhere stays there."""
    await call.resources.contents.delete(call.caller, call.id)
    return Response(status_code=204)


@operation(
    scope="jobs:write",
    body=SeenVersion,
    bodiless=True,
    answers={200: Answer("The approved content", ContentResource)},
    problems=(400, 404, 409, 415, 422),
)
async def approve_content(call: Call) -> Response:
    """Approve a draft: from then on it can be published, and not changed."""
    ident, seen = call.id, await call.body_as(SeenVersion, optional=True)
    return json_response(await call.resources.contents.approve(call.caller, ident, seen.version))


@operation(
    scope="jobs:write",
    body=PublicationRequest,
    answers={200: Answer("The scheduled content", ContentResource)},
    problems=(400, 404, 409, 415, 422),
)
async def schedule_content(call: Call) -> Response:
    """Let an approved content go out by a connection, at its hour. Said again it moves."""
    ident, asked = call.id, await call.body_as(PublicationRequest)
    media = None if asked.media is None else [one.model_dump(mode="json") for one in asked.media]
    wanted = Publication(asked.connection_id, asked.publish_at, media)
    return json_response(
        await call.resources.contents.schedule(call.caller, ident, wanted, asked.version)
    )


@operation(
    scope="jobs:write",
    body=SeenVersion,
    bodiless=True,
    answers={200: Answer("A draft again", ContentResource)},
    problems=(400, 404, 409, 415, 422),
)
async def withdraw_content(call: Call) -> Response:
    """Make a draft again of what is approved, scheduled or has failed."""
    ident, seen = call.id, await call.body_as(SeenVersion, optional=True)
    return json_response(await call.resources.contents.withdraw(call.caller, ident, seen.version))
