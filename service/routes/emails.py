"""E-mails over HTTP: what was sent to whom, and what became of it. Jobs send them; nobody changes them."""

from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.emails.resource import EmailFilter, EmailPage, EmailResource, EmailState
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


class EmailQuery(PageQuery):
    """Which e-mails to list."""

    state: tuple[EmailState, ...] = ()
    job: UUID | None = Field(None, description="Only that of this job")


@operation(
    scope="jobs:read",
    query=EmailQuery,
    answers={200: page_of(EmailPage)},
    problems=(400, 422),
)
async def list_emails(call: Call) -> Response:
    """List the e-mails that my jobs sent or tried to send, newest first."""
    query = call.query_as(EmailQuery)
    wanted = EmailFilter(query.state, query.job, query.after, query.limit)
    return page_response(call, await call.resources.emails.list(call.caller, wanted))


@operation(scope="jobs:read", answers={200: Answer("The e-mail", EmailResource)}, problems=(404,))
async def read_email(call: Call) -> Response:
    """Read what became of an e-mail. Its words are not kept."""
    return json_response(await call.resources.emails.get(call.caller, call.id))
