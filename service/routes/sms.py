"""Text messages over HTTP: what was texted, and how far it got. Jobs make them; nobody changes them."""

from pydantic import Field
from starlette.responses import Response

from jobs.sms.resource import SmsFilter, SmsPage, SmsResource, SmsState
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response, page_response


class SmsQuery(Body):
    """Which messages to list."""

    state: tuple[SmsState, ...] = ()
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=100, description="The cursor in `next`")


@operation(
    scope="jobs:read",
    query=SmsQuery,
    answers={200: Answer("A page", SmsPage, headers={"Link": "The next page, `rel=next`"})},
    problems=(400, 422),
)
async def list_sms(call: Call) -> Response:
    """List my text messages, newest first."""
    query = call.query_as(SmsQuery)
    wanted = SmsFilter(query.state, query.after, query.limit)
    return page_response(call, await call.resources.sms.list(call.caller, wanted))


@operation(scope="jobs:read", answers={200: Answer("The message", SmsResource)}, problems=(404,))
async def read_sms(call: Call) -> Response:
    """Read a text message. Its job of kind `sms_delivery` has the log."""
    return json_response(await call.resources.sms.get(call.caller, call.id))
