"""The inbox over HTTP: what there is to look at, and what has been looked at."""

from typing import Self
from uuid import UUID

from pydantic import Field, StrictInt, model_validator
from starlette.responses import Response

from jobs.inbox import AckResult, InboxFilter, InboxPage, ReadResult
from service.bodies import LARGEST_INTEGER, Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


class InboxQuery(PageQuery):
    """Which notifications to list."""

    unread: bool = Field(False, description="`true`: only those that are unread")


class ReadRequest(Body):
    """Which notifications have been looked at: these, or `all`."""

    ids: list[UUID] | None = Field(None, min_length=1, max_length=1000)
    all: bool = False

    @model_validator(mode="after")
    def check_choice(self) -> Self:
        """Refuse both, and neither."""
        if (self.ids is None) != self.all:
            raise ValueError("give ids, or all: true")
        return self


class AckRequest(Body):
    """Up to where a device has shown what the caller's channel told."""

    offset: StrictInt = Field(ge=0, le=LARGEST_INTEGER, description="The `offset` of an event")


@operation(
    scope="jobs:read",
    query=InboxQuery,
    answers={200: page_of(InboxPage)},
    problems=(400, 422),
)
async def list_inbox(call: Call) -> Response:
    """List my notifications, newest first, with how many are unread."""
    query = call.query_as(InboxQuery)
    wanted = InboxFilter(query.unread, query.after, query.limit)
    page = await call.resources.inbox.list(call.caller, wanted)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=ReadRequest,
    answers={200: Answer("How many became read", ReadResult)},
    problems=(400, 415, 422),
)
async def read_inbox(call: Call) -> Response:
    """Mark notifications as read; my other tabs hear of it as `inbox.read`."""
    wanted = await call.body_as(ReadRequest)
    return json_response(await call.resources.inbox.read(call.caller, wanted.ids))


@operation(
    scope="jobs:read",
    body=AckRequest,
    answers={200: Answer("How many were acknowledged", AckResult)},
    problems=(400, 415, 422),
)
async def acknowledge_inbox(call: Call) -> Response:
    """Say that a device has shown my notifications up to an offset.

    Then they are not handed off to e-mail, SMS or webhooks. Nobody is told of it, and they stay unread.
    """
    wanted = await call.body_as(AckRequest)
    return json_response(await call.resources.inbox.acknowledge(call.caller, wanted.offset))
