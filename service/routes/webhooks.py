"""Webhooks over HTTP: make, change, rotate, try, look at deliveries, send them again."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from starlette.responses import Response

from jobs.webhooks.resource import (
    DeliveryPage,
    DeliveryResource,
    DeliveryState,
    EventName,
    Replay,
    Replayed,
    Wanted,
    WebhookPage,
    WebhookResource,
    WebhookWithSecret,
)
from service.auth import required_caller
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.written import Instant

Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Events = Annotated[list[EventName], Field(min_length=1, max_length=20)]
Text = Annotated[str, StringConstraints(max_length=500)]
SECRET = {"Cache-Control": "no-store"}


class WebhookRequest(Body):
    """A webhook to be made: http or https, on port 80, 443, 8080 or 8443, in the public internet."""

    url: Url
    events: Events = Field(["job.*"], description="`job.*` means all of them")
    description: Text = ""
    whole_org: bool = Field(False, description="Hear of all the org's jobs; needs `org:read`")


class WebhookChange(Body):
    """What to change; what is left out stays."""

    url: Url | None = None
    events: Events | None = None
    description: Text | None = None
    enabled: bool | None = None


class DeliveryQuery(PageQuery):
    """Which deliveries to list."""

    state: DeliveryState | None = None


class ReplayRequest(Body):
    """Which deliveries to send again: these, or all that are in `state` and no older than `since`."""

    delivery_ids: list[UUID] | None = Field(None, min_length=1, max_length=1000)
    since: Instant | None = None
    state: Literal["failed", "delivered"] = "failed"

    @model_validator(mode="after")
    def check_choice(self) -> Self:
        """Refuse both, and neither."""
        if (self.delivery_ids is None) == (self.since is None):
            raise ValueError("give delivery_ids or since")
        return self


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(WebhookPage)},
    problems=(400, 422),
)
async def list_webhooks(call: Call) -> Response:
    """List my webhooks, newest first; those that jobs named are `for_job`."""
    query = call.query_as(PageQuery)
    return page_response(
        call, await call.resources.webhooks.list(call.caller, query.after, query.limit)
    )


@operation(
    scope="webhooks:write",
    body=WebhookRequest,
    answers={201: Answer("Made", WebhookWithSecret, headers={"Location": "The webhook"})},
    problems=(400, 409, 415, 422),
    records=("webhook.create",),
)
async def create_webhook(call: Call) -> Response:
    """Make a webhook. The answer shows its secret, this once."""
    asked = await call.body_as(WebhookRequest)
    if asked.whole_org:
        required_caller(call.scope, "org:read")
    wanted = Wanted(asked.url, asked.events, asked.description, asked.whole_org)
    made = await call.resources.webhooks.create(call.caller, wanted)
    return json_response(made, 201, {**SECRET, "Location": f"/api/webhooks/{made.id}"})


@operation(
    scope="jobs:read", answers={200: Answer("The webhook", WebhookResource)}, problems=(404,)
)
async def read_webhook(call: Call) -> Response:
    """Read a webhook."""
    return json_response(await call.resources.webhooks.get(call.caller, call.id))


@operation(
    scope="webhooks:write",
    body=WebhookChange,
    answers={200: Answer("The webhook", WebhookResource)},
    problems=(400, 404, 415, 422),
    records=("webhook.change", "webhook.enable", "webhook.disable"),
)
async def change_webhook(call: Call) -> Response:
    """Change a webhook, disable it, or enable it again.

    What waited while it was disabled waits for a replay.
    """
    ident = call.id
    changes: dict[str, Any] = (await call.body_as(WebhookChange)).model_dump(exclude_none=True)
    return json_response(await call.resources.webhooks.change(call.caller, ident, changes))


@operation(
    scope="webhooks:write",
    answers={204: Answer("Deleted")},
    problems=(404,),
    records=("webhook.delete",),
)
async def delete_webhook(call: Call) -> Response:
    """Delete a webhook and everything on its way to it."""
    await call.resources.webhooks.delete(call.caller, call.id)
    return Response(status_code=204)


@operation(
    scope="webhooks:write",
    answers={200: Answer("The webhook with its new secret", WebhookWithSecret)},
    problems=(404,),
    records=("webhook.rotate",),
)
async def rotate_webhook(call: Call) -> Response:
    """Get a new secret, shown this once. For 24 hours the old one signs too."""
    rotated = await call.resources.webhooks.rotate(call.caller, call.id)
    return json_response(rotated, headers=SECRET)


@operation(
    scope="webhooks:write",
    answers={202: Answer("On its way", DeliveryResource)},
    problems=(404, 409),
    records=("webhook.test",),
)
async def try_webhook(call: Call) -> Response:
    """Send a `webhook.test` event."""
    return json_response(await call.resources.webhooks.test(call.caller, call.id), 202)


@operation(
    scope="jobs:read",
    query=DeliveryQuery,
    answers={200: page_of(DeliveryPage)},
    problems=(400, 404, 422),
)
async def list_deliveries(call: Call) -> Response:
    """List what was sent to a webhook, or is on its way, newest first."""
    ident, query = call.id, call.query_as(DeliveryQuery)
    front, asked = call.resources.webhooks, (query.after, query.limit, query.state)
    return page_response(call, await front.deliveries(call.caller, ident, *asked))


@operation(
    scope="webhooks:write",
    body=ReplayRequest,
    answers={202: Answer("How many are on their way again", Replayed)},
    problems=(400, 404, 409, 415, 422),
    records=("webhook.replay",),
)
async def replay_deliveries(call: Call) -> Response:
    """Send deliveries again, each under the `webhook-id` it had; at most 10,000 by one call."""
    ident, asked = call.id, await call.body_as(ReplayRequest)
    wanted = Replay(asked.delivery_ids, asked.since, asked.state)
    replayed = await call.resources.webhooks.replay(call.caller, ident, wanted)
    return json_response(Replayed(replayed=replayed), 202)
