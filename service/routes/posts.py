"""Posts over HTTP: what went out, how it fares, what is learnt. Jobs make them; nobody changes them."""

from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.posts.resource import (
    Facet,
    LearningFilter,
    LearningList,
    MeasuredPost,
    PostFilter,
    PostPage,
    PostState,
)
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


class PostQuery(PageQuery):
    """Which posts to list."""

    state: tuple[PostState, ...] = ()
    content_id: UUID | None = None


class LearningQuery(Body):
    """Which learnings to list."""

    facet: Facet | None = None
    brand: str | None = Field(None, max_length=200)
    metric: str = Field("engagement", max_length=50, description="Default: all counters together")
    limit: int = Field(100, ge=1, le=1_000)


@operation(
    scope="jobs:read",
    query=PostQuery,
    answers={200: page_of(PostPage)},
    problems=(400, 422),
)
async def list_posts(call: Call) -> Response:
    """List my posts, newest first."""
    query = call.query_as(PostQuery)
    wanted = PostFilter(query.state, query.content_id, query.after, query.limit)
    page = await call.resources.posts.list(call.caller, wanted)
    return page_response(call, page)


@operation(scope="jobs:read", answers={200: Answer("The post", MeasuredPost)}, problems=(404,))
async def read_post(call: Call) -> Response:
    """Read a post with its samples."""
    return json_response(await call.resources.posts.get(call.caller, call.id))


@operation(
    scope="jobs:read",
    query=LearningQuery,
    answers={200: Answer("What is learnt, what brings most first", LearningList)},
    problems=(422,),
)
async def list_learnings(call: Call) -> Response:
    """Tell at which hours, by which channels and with which hashtags my posts do best."""
    query = call.query_as(LearningQuery)
    wanted = LearningFilter(query.facet, query.brand, query.metric, query.limit)
    return json_response(await call.resources.posts.learnings(call.caller, wanted))
