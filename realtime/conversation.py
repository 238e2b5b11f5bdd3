"""What each message of a browser does: join, leave, command, renew the session."""

from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import ValidationError

from realtime import frames
from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.close_codes import FORBIDDEN, NORMAL
from realtime.connection import Connection
from realtime.cursor import Cursor
from realtime.delivery import Bye, Reply
from realtime.errors import BadCursor, BadTicket, Forbidden, TooManyChannels, UnknownChannel

log = structlog.get_logger(__name__)

ERROR_CODES: dict[type[Exception], str] = {
    UnknownChannel: "not_found",
    Forbidden: "forbidden",
    BadCursor: "bad_cursor",
    TooManyChannels: "limit_channels",
}

SILENT = frozenset({"ack"})
"""Commands that are only answered when they have a number."""


class Conversation:
    """One browser's side of a WebSocket; answers go out through the subscriber, in order."""

    __slots__ = ("_connection", "_origin", "_realtime", "_subscriber")

    def __init__(self, realtime: Realtime, origin: str | None, connection: Connection) -> None:
        self._realtime = realtime
        self._origin = origin
        self._subscriber = connection.subscriber
        self._subscriber.greeted = False
        self._connection = connection

    @property
    def greeted(self) -> bool:
        """Return whether hello was said."""
        return self._subscriber.greeted

    @property
    def _caller(self) -> Caller:
        return self._connection.caller

    async def obey(self, frame: dict[str, Any]) -> None:
        """Do what one frame asks and answer it; a frame that makes no sense is answered ``err``."""
        kind, request = frame.get("t"), frame.get("i")
        if not isinstance(request, int | str | None):
            self._refuse("bad_request", "i is a number or a text", None)
        elif not isinstance(kind, str):
            self._refuse("bad_request", "The field t names the message.", request)
        elif not self.greeted and kind not in {"hello", "ping", "pong", "bye"}:
            self._refuse("bad_request", "Say hello first.", request)
        elif kind in self._realtime.commands:
            await self._command(kind, frame, request)
        elif kind in frames.MODELS:
            await self._message(kind, frame, request)
        else:
            self._refuse("unknown_type", "There is no such message.", request)

    async def _message(self, kind: str, frame: dict[str, Any], request: object) -> None:
        try:
            message = frames.MODELS[kind].model_validate(frame)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            self._refuse("bad_request", f"{where}: {first['msg']}", request)
            return
        match message:
            case frames.Hello(subs=subs):
                await self._hello(subs, request)
            case frames.Sub():
                await self._sub(message, request)
            case frames.Unsub(channel=name):
                await self._unsub(name, request)
            case frames.Auth(ticket=ticket):
                await self._renew(ticket, request)
            case frames.Plain() if kind == "ping":
                self._subscriber.put(frames.reply("pong", request))
            case frames.Plain() if kind == "bye":
                self._subscriber.close(Bye(NORMAL.number))

    async def _hello(self, subs: list[frames.Sub], request: object) -> None:
        if self.greeted:
            self._refuse("bad_request", "Hello comes once; sub adds a channel.", request)
            return
        self._subscriber.greeted = True
        self._subscriber.put(self._welcome())
        self._connection.greeted()
        for sub in subs:
            await self._sub(sub, None)
            await self._subscriber.room()

    def _welcome(self) -> Reply:
        settings = self._realtime.settings
        return frames.welcome(
            user=self._caller.user,
            org=self._caller.org,
            heartbeat_seconds=settings.heartbeat_seconds,
            degraded=self._realtime.hub.degraded,
            server_time=datetime.now(UTC),
            limits={
                "channels": settings.max_channels_per_socket,
                "frame_bytes": settings.max_frame_bytes,
            },
        )

    async def _sub(self, sub: frames.Sub, request: object) -> None:
        try:
            if self._subscriber.full:
                self._check_again(sub.channel)
            channel = await self._realtime.authorise(self._caller, sub.channel)
            since = None if sub.since is None else Cursor.parse(sub.since)
            await self._subscriber.join(channel, since, snapshot=sub.snapshot, request=request)
        except tuple(ERROR_CODES) as error:
            self._refuse(ERROR_CODES[type(error)], str(error), request, channel=sub.channel)
        except Exception as error:
            log.warning("join.failed", error=type(error).__name__)
            text = "The channel cannot be read now."
            self._refuse("unavailable", text, request, channel=sub.channel)

    def _check_again(self, name: str) -> None:
        """Let only what is listened to be asked for again. Raises TooManyChannels; asks nobody."""
        if Channel.parse(name, self._caller) not in self._subscriber.subscriptions:
            raise TooManyChannels

    async def _unsub(self, name: str, request: object) -> None:
        try:
            channel = Channel.parse(name, self._caller)
        except UnknownChannel as error:
            self._refuse("not_found", str(error), request, channel=name)
            return
        self._subscriber.leave(channel)
        answer = frames.reply("unsubbed", request, channel=channel.name, code="unsub")
        self._subscriber.put(answer)

    async def _renew(self, ticket: str, request: object) -> None:
        try:
            caller = await self._realtime.tickets.redeem(ticket, self._origin)
        except BadTicket as error:
            self._refuse("unauthenticated", str(error), request)
            return
        if (caller.org, caller.user) != (self._caller.org, self._caller.user):
            self._subscriber.close(Bye(FORBIDDEN.number))
            return
        self._realtime.connections.renew(self._connection, caller)
        self._subscriber.put(frames.reply("ok", request))
        self._connection.greeted()

    async def _command(self, kind: str, frame: dict[str, Any], request: object) -> None:
        try:
            answer = await self._realtime.commands[kind](self._caller, frame)
        except Exception as error:
            code = getattr(error, "code", None)
            if isinstance(code, str):
                self._refuse(code, str(error), request)
            else:
                log.exception("command.failed", command=kind)
                self._refuse("internal", "Something went wrong here.", request)
            return
        if request is not None or kind not in SILENT:
            self._subscriber.put(frames.reply("ok", request, **answer))

    def _refuse(self, code: str, message: str, request: object, **fields: object) -> None:
        self._subscriber.put(frames.refusal(code, message, request, **fields))
