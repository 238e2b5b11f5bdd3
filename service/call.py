"""A request as routes see it: typed access to who calls, what they ask, and what is open to serve it."""

import re
from typing import Any, TypeVar, cast, get_origin
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from jobs.errors import NotFound
from jobs.loop_lag import LoopLag
from jobs.resources import Resources
from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.origin import origin_of
from service.auth import required_caller
from service.bodies import checked, read_body, storable
from service.errors import Problem
from service.headers import header
from service.in_flight import InFlight
from service.sessions import Session, Sessions
from service.settings import ServiceSettings
from service.waits import Waits

M = TypeVar("M", bound=BaseModel)

CANONICAL_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
WAIT = re.compile(r"\s*wait\s*=\s*\"?(\d{1,6})\"?\s*", re.IGNORECASE)


class Call(Request):
    """One call of one operation."""

    @property
    def caller(self) -> Caller:
        """Return who calls. Raises Problem (401)."""
        return required_caller(self.scope)

    @property
    def settings(self) -> ServiceSettings:
        """Return the settings the app was made with."""
        return cast("ServiceSettings", self.app.state.settings)

    @property
    def resources(self) -> Resources:
        """Return what the work has open."""
        return cast("Resources", self.app.state.resources)

    @property
    def realtime(self) -> Realtime:
        """Return the way back."""
        return cast("Realtime", self.app.state.realtime)

    @property
    def waits(self) -> Waits:
        """Return those who wait for a job to finish."""
        return cast("Waits", self.app.state.waits)

    @property
    def in_flight(self) -> InFlight:
        """Return the idempotency keys that are being answered."""
        return cast("InFlight", self.app.state.in_flight)

    @property
    def loop_lag(self) -> LoopLag:
        """Return how late the event loop has been."""
        return cast("LoopLag", self.app.state.loop_lag)

    @property
    def epoch(self) -> str:
        """Return the database's timeline as last read."""
        return self.resources.source.epoch

    @property
    def sessions(self) -> Sessions:
        """Return what opens and ends cookie sessions."""
        return cast("Sessions", self.scope["sessions"])

    @property
    def signed_in(self) -> Session | None:
        """Return the cookie session the call carries, also beside a token."""
        return self.sessions.read(self.headers.get("cookie", ""), self.url.scheme)

    @property
    def id(self) -> UUID:
        """Return the path's id. Raises NotFound for what cannot be one."""
        return self.id_named("id")

    def id_named(self, name: str) -> UUID:
        """Return one of the path's ids. Raises NotFound for what cannot be one."""
        text = self.path_params[name]
        if not CANONICAL_UUID.fullmatch(text):
            raise NotFound
        return UUID(text)

    @property
    def origin(self) -> str | None:
        """Return the origin of the page that made the call, if a browser's page did."""
        return origin_of(self.scope)

    @property
    def wait_seconds(self) -> int | None:
        """Return how long ``Prefer: wait=N`` asks to wait (RFC 7240), at most what is allowed."""
        if header(self.scope, b"prefer") is None:
            return None
        for preference in ",".join(self.headers.getlist("prefer")).split(","):
            if found := WAIT.fullmatch(preference.partition(";")[0]):
                return min(int(found[1]), self.settings.max_wait_seconds)
        return None

    @property
    def wants_stream(self) -> bool:
        """Return whether the caller prefers Server-Sent Events to JSON."""
        accepted = header(self.scope, b"accept")
        return accepted is not None and "text/event-stream" in accepted and self.method != "HEAD"

    async def body(self) -> bytes:
        """Return the whole body, which most often comes in one piece."""
        if not hasattr(self, "_body"):
            message = await self.receive()
            pieces = [read(message)]
            while message.get("more_body", False):
                message = await self.receive()
                pieces.append(read(message))
            self._body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return self._body

    async def body_as(self, model: type[M], *, optional: bool = False) -> M:
        """Return the JSON body. Raises Problem (400, 415, 422)."""
        return await read_body(self, model, optional=optional)

    def query_as(self, model: type[M]) -> M:
        """Return the query; a list may be repeated or separated by commas. Raises Problem (422)."""
        given: dict[str, Any] = {}
        for name in self.query_params:
            values = self.query_params.getlist(name)
            if not all(map(storable, [name, *values])):
                raise Problem(422, "The query has a character that cannot be stored.")
            given[name] = values[-1]
            field = model.model_fields.get(name)
            if field is not None and get_origin(field.annotation) is tuple:
                given[name] = [part for value in values for part in value.split(",") if part]
        return checked(model, given, "/query")


def read(message: Message) -> bytes:
    """Return a piece of a body. Raises ClientDisconnect when nobody sends the rest."""
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    piece: bytes = message.get("body", b"")
    return piece
