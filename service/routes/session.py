"""Signing a browser in and out, and tickets: short-lived passes for where a browser sends no headers."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints
from starlette.responses import Response

from jobs.resource import Resource
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.revocations import Revocation
from service.auth import check_origin, vouched
from service.bodies import Body
from service.call import Call
from service.errors import Problem
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.sessions import Session
from service.tokens import BadToken

ChannelName = Annotated[str, StringConstraints(min_length=1, max_length=220)]
WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}


class SignIn(Body):
    """A token to open a session with; not needed when the Authorization header has one."""

    token: SecretStr | None = None


class SessionResource(Resource):
    """Who is signed in."""

    user: str
    org: str
    scopes: list[str]


class SignOut(Body):
    """How far to sign out."""

    everywhere: bool = Field(False, description="`true`: every browser I am signed in with")


class TicketRequest(Body):
    """What the ticket is for; no channels means all that the caller may hear."""

    channels: list[ChannelName] = Field(default_factory=list, max_length=64)


class TicketResource(Resource):
    """A pass for one connection."""

    ticket: str
    expires_in: int
    ws_url: str
    sse_url: str


@operation(
    scope=None,
    body=SignIn,
    bodiless=True,
    answers={204: Answer("Signed in", headers={"Set-Cookie": "The session"})},
    problems=(400, 401, 403, 415, 422, 429),
    records=("session.open", "session.close", "session.refuse"),
)
async def open_session(call: Call) -> Response:
    """Sign a browser in: the token is exchanged for a cookie that scripts cannot read.

    Somebody else's session that the browser had before ends, and what is open with it is closed.
    """
    check_origin(call.scope, call.settings, required=False)
    wanted = await call.body_as(SignIn, optional=True)
    caller = await token_caller(call, wanted) if wanted.token else await header_caller(call)
    before = call.signed_in
    session = (before if caller.via == "cookie" else None) or await begin(call, caller)
    if before is not None and not same_user(before.caller, caller):
        ended = await call.resources.access.end_session(before.caller, before.id, before.ends)
        await call.realtime.revocations.announce(ended)
    response = Response(status_code=204)
    call.sessions.open(response, session, call.url.scheme)
    return response


def same_user(one: Caller, other: Caller) -> bool:
    """Return whether both are the same user of the same org."""
    return (one.org, one.user) == (other.org, other.user)


async def token_caller(call: Call, wanted: SignIn) -> Caller:
    """Return whom the token in the body speaks for. Raises Problem (401)."""
    token = wanted.token.get_secret_value() if wanted.token else ""
    try:
        return await vouched(call.scope, token)
    except BadToken as error:
        await call.resources.audit.refuse(str(error))
        raise Problem(401, str(error)) from error


async def header_caller(call: Call) -> Caller:
    """Return whom the call's header or cookie speaks for. Raises Problem (401)."""
    if refusal := call.scope["refusal"]:
        await call.resources.audit.refuse(refusal)
    return call.caller


async def begin(call: Call, caller: Caller) -> Session:
    """Return a new session that can be revoked. Raises Problem (401) for a key revoked meanwhile."""
    session = call.sessions.begin(caller)
    if not await call.resources.access.open_session(caller, session.id, session.ends):
        raise Problem(401, "The API key was revoked.")
    return session


@operation(scope="", answers={200: Answer("Who I am", SessionResource)})
async def read_session(call: Call) -> Response:
    """Read who is signed in."""
    caller = call.caller
    shown = SessionResource(user=caller.user, org=caller.org, scopes=sorted(caller.scopes))
    return json_response(shown)


@operation(
    scope=None,
    query=SignOut,
    answers={204: Answer("Signed out")},
    problems=(401, 403, 422),
    records=("session.close", "session.close_all"),
)
async def close_session(call: Call) -> Response:
    """Sign out. What the session has open is closed, and no copy of its cookie is taken any more."""
    access, session = call.resources.access, call.signed_in
    ended: list[Revocation] = []
    if call.query_as(SignOut).everywhere:
        ended += await access.end_sessions(call.caller)
    if session is not None:
        ended += await access.end_session(session.caller, session.id, session.ends)
    await call.realtime.revocations.announce(ended)
    response = Response(status_code=204)
    call.sessions.close(response, call.url.scheme)
    return response


@operation(
    scope="jobs:read",
    body=TicketRequest,
    bodiless=True,
    answers={200: Answer("The ticket", TicketResource)},
    problems=(400, 404, 415, 422),
)
async def issue_ticket(call: Call) -> Response:
    """Get a ticket for one WebSocket or event stream: single use, for 30 seconds."""
    wanted = await call.body_as(TicketRequest, optional=True)
    for name in wanted.channels:
        Channel.parse(name, call.caller)
    ticket = call.realtime.tickets.issue(call.caller, origin=call.origin, channels=wanted.channels)
    here = call.url.netloc
    shown = TicketResource(
        ticket=ticket,
        expires_in=call.settings.ticket_seconds,
        ws_url=f"{WEBSOCKET_SCHEMES[call.url.scheme]}://{here}/api/ws",
        sse_url=f"{call.url.scheme}://{here}/api/events",
    )
    return json_response(shown)
