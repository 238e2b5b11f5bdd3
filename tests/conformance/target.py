"""Which server is checked, and as whom: a visitor is one user with everything a client has."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import jwt

SCOPES = "jobs:read jobs:write"


@dataclass(frozen=True)
class Target:
    """A running server. ``secret`` is its JWT_SECRET, if more users than the token's may be made up.

    The clocks, in seconds, are the server's own: its defaults, or what it was started with.
    """

    url: str
    token: str = ""
    secret: str = ""
    worker: bool = False
    kind: str = "echo"
    heartbeat_seconds: float = 15.0
    hello_seconds: float = 10.0
    stall_seconds: float = 10.0
    max_age_seconds: float = 1800.0
    connections_per_user: int = 10
    patience_seconds: float = 20.0

    @property
    def origin(self) -> str:
        return self.url.rstrip("/")

    @property
    def socket_url(self) -> str:
        return f"ws{self.origin.removeprefix('http')}/api/ws"


@dataclass
class Visitor:
    """One user. Everything opened is closed with ``parts``."""

    target: Target
    parts: AsyncExitStack
    token: str
    http: httpx2.AsyncClient = field(init=False)
    user: str = ""
    org: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def begin(self) -> None:
        """Open a client and learn who this is."""
        client = httpx2.AsyncClient(
            base_url=self.target.origin, headers=self.headers, timeout=40, trust_env=False,
            limits=httpx2.Limits(max_connections=None),
        )  # fmt: skip
        self.http = await self.parts.enter_async_context(client)
        me = await self.asked("GET", "/api/session")
        self.user, self.org = me["user"], me["org"]

    async def asked(self, method: str, path: str, **request: Any) -> Any:
        """Make a request that has to succeed; return its JSON, None without a body."""
        answer = await self.http.request(method, path, **request)
        if not answer.is_success:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None

    async def submit(self, kind: str = "", args: Any = None, **options: Any) -> str:
        """Submit a job and return its id; without a kind one that nobody starts for an hour."""
        later = {} if kind else {"delay": 3600}
        body = {"kind": kind or self.target.kind, "args": args or {}, **later, **options}
        return str((await self.asked("POST", "/api/jobs", json=body))["id"])

    async def cancel(self, job: str) -> None:
        """End a job that has not begun: one change, and its last."""
        await self.asked("DELETE", f"/api/jobs/{job}")

    async def batch(self, number: int, kind: str = "", args: Any = None) -> tuple[str, list[str]]:
        """Submit a batch; return its id and its jobs'."""
        later = {} if kind else {"delay": 3600}
        job = {"kind": kind or self.target.kind, "args": args or {}, **later}
        told = await self.asked("POST", "/api/jobs/batch", json={"jobs": [job] * number})
        return told["batch_id"], [job["id"] for job in told["jobs"]]

    async def ticket(self, *channels: str, origin: str | None = None) -> str:
        """Get a ticket."""
        headers = {"Origin": origin} if origin else {}
        body = {"channels": list(channels)}
        told = await self.asked("POST", "/api/tickets", json=body, headers=headers)
        return str(told["ticket"])

    async def other(
        self, *, org: str = "", scopes: str = SCOPES, user: str = "", seconds: float = 3600
    ) -> "Visitor":
        """Come as somebody else; needs "users"."""
        return await enter(self.target, self.parts, user or made_up(), org, scopes, seconds)


def made_up() -> str:
    return f"visitor-{secrets.token_hex(6)}"


async def enter(
    target: Target, parts: AsyncExitStack, user: str, org: str, scopes: str, seconds: float
) -> Visitor:
    """Let a user of that name in."""
    now = datetime.now(UTC)
    claims = {"sub": user, "scope": scopes, "iat": now, "exp": now + timedelta(seconds=seconds)}
    token = jwt.encode({**claims, **({"org": org} if org else {})}, target.secret, "HS256")
    visitor = Visitor(target, parts, token)
    await visitor.begin()
    return visitor


@asynccontextmanager
async def visiting(target: Target) -> AsyncIterator[Visitor]:
    """Come as a user of one's own if they may be made up, else as the token's."""
    async with AsyncExitStack() as parts:
        if target.secret:
            yield await enter(target, parts, made_up(), "", SCOPES, 3600)
            return
        visitor = Visitor(target, parts, target.token)
        await visitor.begin()
        yield visitor


def with_clocks(target: Target, **clocks: Any) -> Target:
    """Return the same server with other clocks."""
    return replace(target, **clocks)
