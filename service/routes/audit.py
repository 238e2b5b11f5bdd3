"""The audit log over HTTP: who did what, newest first."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from starlette.responses import Response

from jobs.audit import NAMES, AuditPage, actions_of
from jobs.store import AuditFilter
from service.call import Call
from service.operations import operation
from service.routes.paging import PageQuery, page_of, page_response
from service.written import Instant

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
FAMILIES = sorted({name.partition(".")[0] for name in NAMES})
# The names are written down once, in ``jobs.audit.actions``; of them pydantic makes the document.
Wanted: Any = Literal[(*NAMES, *FAMILIES)]


class AuditQuery(PageQuery):
    """Which entries to list."""

    actor: Name | None = Field(None, description="Who did it")
    action: Wanted | None = Field(
        None, description="Like `queue.pause`, or `queue` for all of them"
    )
    subject: Name | None = Field(None, description="What it was done to, like `queue:default`")
    since: Instant | None = Field(None, description="At or after")
    until: Instant | None = Field(None, description="Before")


@operation(
    scope="org:read", query=AuditQuery, answers={200: page_of(AuditPage)}, problems=(400, 422)
)
async def list_audit(call: Call) -> Response:
    """List what people did, newest first: to my org's things (operators: to everybody's).

    What an operator of another org did to them is there as well, without their name.
    """
    query = call.query_as(AuditQuery)
    wanted = AuditFilter(
        actor=query.actor,
        actions=actions_of(query.action) if query.action else (),
        subject=query.subject,
        since=query.since,
        until=query.until,
        limit=query.limit,
    )
    return page_response(call, await call.resources.audit.list(call.caller, wanted, query.after))
