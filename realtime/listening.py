"""What a request for events asks for: who asks, for which channels, and where they were."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.cursor import Cursor, parse_vector
from realtime.errors import BadCursor, BadTicket, Forbidden, UnknownChannel
from realtime.origin import origin_allowed, origin_of

STATUS: dict[type[Exception], int] = {
    UnknownChannel: 404,
    Forbidden: 403,
    BadCursor: 400,
    BadTicket: 401,
}


@dataclass(frozen=True, slots=True)
class Listening:
    """A request that was checked. ``since`` has a cursor, or None, for each channel."""

    caller: Caller
    channels: Sequence[Channel]
    cursor: str
    since: Sequence[Cursor | None]


async def listening(realtime: Realtime, request: Request) -> Listening:
    """Read and check a request. Raises HTTPException, and the errors of STATUS."""
    caller = await _caller(realtime, request)
    names = list(dict.fromkeys(request.query_params.getlist("channel")))
    limit = realtime.settings.max_channels_per_stream
    if not 1 <= len(names) <= limit:
        raise HTTPException(400, f"Name 1 to {limit} channels by ?channel=.")
    text = request.headers.get("last-event-id") or request.query_params.get("cursor") or ""
    since = parse_vector(text, len(names)) if text else [None] * len(names)
    channels = [await realtime.authorise(caller, name) for name in names]
    if len(set(channels)) < len(channels):
        raise HTTPException(400, "The same channel is named twice.")
    return Listening(caller, channels, text, since)


async def _caller(realtime: Realtime, request: Request) -> Caller:
    caller = request.scope.get("user")
    ticket = request.query_params.get("ticket")
    if ticket:
        caller = await realtime.tickets.redeem(ticket, origin_of(request.scope))
    if not isinstance(caller, Caller):
        raise HTTPException(401, "Bring a token, a session or a ticket.")
    cookie = caller.via == "cookie"
    if cookie and not origin_allowed(request.scope, realtime.settings, cookie=True):
        raise HTTPException(403, "Pages of this origin may not listen.")
    return caller
