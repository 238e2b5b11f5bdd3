"""Calls to a service's API: JSON, a form or bytes go out, JSON comes back, and each failure has a name.

The operator's own base URLs may be private; one that a user gave is guarded like any page (``transport``).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx2
import orjson

from jobs.errors import Discard, Garbage, NotTaken, ProviderError, Refused
from jobs.providers.answers import (
    REDIRECTS,
    SERVER_ERROR,
    TRY_LATER,
    rate_limit_reset,
    retry_after,
)
from jobs.providers.body import read_start
from jobs.providers.complaints import complaint
from jobs.providers.transport import GuardedTransport, Resolver, Target, resolve
from jobs.settings import JobsSettings

HEADERS = {"User-Agent": "Jobcast/0.1", "Accept": "application/json", "Accept-Encoding": "gzip"}
CLIENT_ERROR = 400
TOO_MANY = 429
UNAUTHORIZED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Payload:
    """What a call carries. Its repr tells no content: there may be credentials in it."""

    media_type: str
    content: bytes = field(repr=False)


def as_json(data: object) -> Payload:
    """Return ``data`` to be sent as JSON."""
    return Payload("application/json", orjson.dumps(data))


def as_form(fields: Mapping[str, str]) -> Payload:
    """Return ``fields`` to be sent like a form."""
    return Payload("application/x-www-form-urlencoded", urlencode(fields).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered with success. ``data`` is None when there was no body."""

    status: int
    headers: httpx2.Headers
    data: Any


class Api:
    """Calls other people's services. One per process; see ``at``."""

    def __init__(self, settings: JobsSettings, resolver: Resolver = resolve) -> None:
        self._private_hosts = settings.private_hosts
        self._timeout = settings.api_timeout_seconds
        self._max_bytes = settings.api_max_bytes
        self._transport = GuardedTransport(resolver)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    def at(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Collection[str] = (),
        timeout_seconds: float | None = None,
        trusted: bool = False,
    ) -> "Endpoint":
        """Return a service by its base URL; ``headers`` go with every call to it.

        ``trusted`` is for base URLs out of the settings: they may be private. ``secrets`` are kept out
        of what errors say, should the service repeat them; a bearer token is one without being named.
        Raises Discard for a base URL that can never be called.
        """
        target = self.target(base_url, trusted=trusted)
        return Endpoint(
            api=self,
            base=target,
            headers=dict(headers or {}),
            secrets=(*secrets, *borne(headers or {})),
            timeout_seconds=timeout_seconds or self._timeout,
            trusted=trusted,
        )

    def target(self, url: str, *, trusted: bool) -> Target:
        """Check a URL as far as it can be without the network. Raises Discard."""
        return Target.trusted(url) if trusted else Target.parse(url, self._private_hosts)

    async def send(
        self, to: "Endpoint", method: str, target: Target, payload: Payload | None
    ) -> tuple[httpx2.Response, bytes]:
        """Send one request and read the whole answer. Raises ProviderError, Discard."""
        headers = {**HEADERS, **to.headers}
        if payload is not None and payload.media_type:
            headers["Content-Type"] = payload.media_type
        content = payload.content if payload is not None else None
        async with self._transport.asked(
            target, headers, to.timeout_seconds, content, method=method
        ) as response:
            body, cut = await read_start(response, self._max_bytes)
        if cut:
            raise Discard(
                f"{target.host} answered with more than {self._max_bytes:,} bytes.",
                code="answer_too_large",
            )
        return response, body


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service, as one caller talks to it. Its repr tells neither headers nor secrets.

    Every call raises ``Refused`` (code ``unauthorized`` for 401 and 403, else ``refused``) or another
    Discard for what stays, ``ProviderError`` for what may pass (``NotTaken`` for 429), ``Garbage``
    for what is no JSON.
    """

    api: Api = field(repr=False)
    base: Target
    headers: Mapping[str, str] = field(repr=False)
    secrets: Collection[str] = field(repr=False)
    timeout_seconds: float
    trusted: bool

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Ask for something."""
        return await self.call("GET", path, query=query)

    async def post(
        self,
        path: str,
        payload: Payload | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send something; ``headers`` go with this call only (an idempotency key, say)."""
        return await self.call("POST", path, payload=payload or Payload("", b""), headers=headers)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        payload: Payload | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call ``path``: below the base URL, or a whole URL of the same origin (the next page)."""
        to = self if headers is None else self._with(headers)
        target = self._target(path, query)
        response, body = await self.api.send(to, method, target, payload)
        data = read_json(body)
        check(target.host, response, data, self.secrets)
        if data is NO_JSON:
            raise Garbage(f"{target.host} answered {response.status_code}, but not with JSON.")
        return Answer(response.status_code, response.headers, data)

    def _with(self, headers: Mapping[str, str]) -> "Endpoint":
        both = {**self.headers, **headers}
        secrets = (*self.secrets, *borne(headers))
        return Endpoint(self.api, self.base, both, secrets, self.timeout_seconds, self.trusted)

    def _target(self, path: str, query: Mapping[str, str] | None) -> Target:
        """Return where a call goes. Raises Discard for another origin: credentials stay at home."""
        if not path.startswith(("http:", "https:")):
            slash = "" if not path or path.startswith("/") else "/"
            path = f"{str(self.base.url).rstrip('/')}{slash}{path}"
        if query:
            path = f"{path}{'&' if '?' in path else '?'}{urlencode(query)}"
        target = self.api.target(path, trusted=self.trusted)
        if target.origin != self.base.origin:
            raise Discard(
                f"{self.base.host} points to {target.host}, which is not called.",
                code="address_refused",
            )
        return target


NO_JSON = object()


def read_json(body: bytes) -> Any:
    """Return a body's JSON, None when it is empty, NO_JSON when it is something else."""
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return NO_JSON


def check(host: str, response: httpx2.Response, data: Any, secrets: Collection[str]) -> None:
    """Raise unless the answer is a success: ProviderError if it may become one, else Refused."""
    status = response.status_code
    if status < CLIENT_ERROR and status not in REDIRECTS:
        return
    said = complaint(data, secrets)
    told = f"{host} answered {status}: {said}" if said else f"{host} answered {status}."
    if status == TOO_MANY:
        raise NotTaken(told, after=wanted_pause(status, response))
    if status >= SERVER_ERROR or status in TRY_LATER:
        raise ProviderError(told, after=wanted_pause(status, response))
    code = "unauthorized" if status in UNAUTHORIZED else "refused"
    raise Refused(told, status, None if data is NO_JSON else data, code)


def wanted_pause(status: int, response: httpx2.Response) -> timedelta | None:
    """Return how long a service wants to be left alone: Retry-After, else the end of its rate's window."""
    asked = retry_after(response)
    if asked is None and status == TOO_MANY:
        return rate_limit_reset(response.headers)
    return asked


def borne(headers: Mapping[str, str]) -> list[str]:
    """Return the credentials that headers bear."""
    values = (v for name, v in headers.items() if name.lower() in {"authorization", "x-api-key"})
    return [value.rpartition(" ")[2] for value in values]
