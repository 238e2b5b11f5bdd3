"""Feeds over HTTP: follow, change, pause, stop following, read what they brought."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints
from starlette.responses import Response

from jobs.feeds.resource import FeedItemPage, FeedPage, FeedResource
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response

Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Title = Annotated[str, StringConstraints(max_length=300)]
WHERE = {"Location": "The feed"}


class FeedRequest(Body):
    """A feed to follow: RSS, Atom, RDF or JSON Feed, by http or https in the public internet."""

    url: Url
    title: Title = Field("", description="Your word for it; empty: what it calls itself")


class FeedChange(Body):
    """What to change; what is left out stays."""

    url: Url | None = None
    title: Title | None = None
    paused: bool | None = Field(None, description="`false` also makes it due now")


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(FeedPage)},
    problems=(400, 422),
)
async def list_feeds(call: Call) -> Response:
    """List my feeds, newest first."""
    query = call.query_as(PageQuery)
    page = await call.resources.feeds.list(call.caller, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=FeedRequest,
    answers={
        201: Answer("Followed; it is read within 15 minutes", FeedResource, headers=WHERE),
        200: Answer("Followed already, left as it is", FeedResource, headers=WHERE),
    },
    problems=(400, 409, 415, 422),
)
async def create_feed(call: Call) -> Response:
    """Follow a feed. It is read by the next tick, or at once by a job of the kind `rss_sync`."""
    asked = await call.body_as(FeedRequest)
    feed, new = await call.resources.feeds.create(call.caller, asked.url, asked.title)
    return json_response(feed, 201 if new else 200, {"Location": feed.links.self})


@operation(scope="jobs:read", answers={200: Answer("The feed", FeedResource)}, problems=(404,))
async def read_feed(call: Call) -> Response:
    """Read a feed: how it is doing, and when it is due."""
    return json_response(await call.resources.feeds.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=FeedChange,
    answers={200: Answer("The feed", FeedResource)},
    problems=(400, 404, 409, 415, 422),
)
async def change_feed(call: Call) -> Response:
    """Change a feed, pause it, or let it go on.

    Another url, and `paused: false`, make it due now and forget its failures.
    """
    ident = call.id
    changes: dict[str, Any] = (await call.body_as(FeedChange)).model_dump(exclude_none=True)
    return json_response(await call.resources.feeds.change(call.caller, ident, changes))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_feed(call: Call) -> Response:
    """Stop following a feed and forget its items."""
    await call.resources.feeds.delete(call.caller, call.id)
    return Response(status_code=204)


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(FeedItemPage)},
    problems=(400, 404, 422),
)
async def list_feed_items(call: Call) -> Response:
    """List what a feed brought, newest first."""
    ident, query = call.id, call.query_as(PageQuery)
    page = await call.resources.feeds.items(call.caller, ident, query.after, query.limit)
    return page_response(call, page)
