"""Text messages over HTTP: what was texted, and how far it got. Jobs make them; nobody changes them."""

from starlette.responses import Response

from jobs.sms.resource import SmsFilter, SmsPage, SmsResource, SmsState
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


class SmsQuery(PageQuery):
    """Which messages to list."""

    state: tuple[SmsState, ...] = ()


@operation(
    scope="jobs:read",
    query=SmsQuery,
    answers={200: page_of(SmsPage)},
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
