"""How lists are asked for and answered: a page at a time, with the way to the next."""

from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field
from starlette.responses import Response

from jobs.page import Page
from service.bodies import Body, storable
from service.call import Call
from service.operations import Answer


class PageQuery(Body):
    """Which page to list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=200, description="The cursor in `next`")


def page_of(model: type[BaseModel]) -> Answer:
    """Return what a list promises: a page, with a link to the next."""
    return Answer("A page", model, headers={"Link": "The next page, `rel=next`"})


def page_response(call: Call, page: Page[Any]) -> Response:
    """Return a page as JSON, with the link to the next."""
    headers = {"Link": next_page(call, page.next)} if page.next else {}
    return Response(page.model_dump_json(), 200, headers, "application/json")


def next_page(call: Call, cursor: str) -> str:
    """Return the Link header's value for the page behind ``cursor`` (RFC 8288)."""
    kept = [(k, v) for k, v in call.query_params.multi_items() if k != "after" and storable(v)]
    return f'<{call.url.path}?{urlencode([*kept, ("after", cursor)])}>; rel="next"'
