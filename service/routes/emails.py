"""E-mails over HTTP: what was sent to whom, and what became of it. Jobs send them; nobody changes them."""

from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.emails.resource import EmailFilter, EmailPage, EmailResource, EmailState
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response, page_response


class EmailQuery(Body):
    """Which e-mails to list."""

    state: tuple[EmailState, ...] = ()
    job: UUID | None = Field(None, description="Only that of this job")
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=100, description="The cursor in `next`")


@operation(
    scope="jobs:read",
    query=EmailQuery,
    answers={200: Answer("A page", EmailPage, headers={"Link": "The next page, `rel=next`"})},
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
