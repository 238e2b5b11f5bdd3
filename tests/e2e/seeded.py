"""Something on every page: jobs in all states, batches, schedules, webhooks, notifications."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK

Json = Any
PATIENCE_SECONDS = 30

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

JOBS: list[Json] = [
    {"kind": "echo", "args": {"value": "hello"}, "tags": ["demo", "greeting"], "notify": True},
    {"kind": "echo", "args": {"value": [1, 2, 3]}, "delay": 86_400},
    {"kind": "slow", "args": {"seconds": 110}},
    {"kind": "ask", "args": {}},
    {"kind": "stream", "args": {"words": 40, "pause": 0}},
    {"kind": "parent", "args": {"child": "echo", "each": [{"value": 1}, {"value": 2}]}},
    {"kind": "tell", "args": {"texts": ["Your brief is ready.", "Three posts wait for you."]}},
    {"kind": "impatient", "args": {"seconds": 9}, "notify": True},
    {"kind": "misshapen", "args": {"what": "type"}},
    *[{"kind": "flaky", "args": {"times": 9, "how": "discard"}, "notify": True}] * 4,
    *[{"kind": "flaky", "args": {"times": 9}, "max_attempts": 1}] * 2,
]
BATCHES: list[Json] = [
    {"jobs": [{"kind": "echo"}] * 30, "tags": ["nightly", "import"]},
    {
        "jobs": [
            *[{"kind": "echo"}] * 12,
            *[{"kind": "flaky", "args": {"times": 9, "how": "discard"}}] * 2,
            {"kind": "slow", "args": {"seconds": 110}},
            *[{"kind": "echo", "delay": 3600}] * 5,
        ],
        "tags": ["newsletter"],
        "on_complete": {"kind": "echo"},
    },
]
SCHEDULES: dict[str, Json] = {
    "morning-report": {"kind": "echo", "cron": "30 8 * * MON-FRI", "timezone": "Asia/Kathmandu"},
    "every-quarter": {"kind": "echo", "every": 900, "args": {"value": {"depth": 2}}},
    "launch": {"kind": "echo", "at": "2035-05-01T09:00:00Z", "timezone": "America/New_York"},
    "resting": {"kind": "slow", "cron": "0 3 * * *", "paused": True, "overlap": "skip"},
}
PREFERENCES: Json = {
    "timezone": "Europe/Berlin",
    "quiet_hours": {"start": "22:00", "end": "07:00"},
    "email": "ann@example.com",
    "about": "names",
    "names": ["brief_completed"],
    "brief_opt_in": True,
}


@dataclass(frozen=True)
class Seeds:
    """What was made: the ids that addresses of single things need."""

    running: str
    failed: str
    asking: str
    batch: str
    webhook: str
    failure: str
    key: str
    reading_key: str


@asynccontextmanager
async def receiver() -> AsyncIterator[str]:
    """Receive webhooks at ``/fine`` and fail at any other path; gives the host and port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(OK if head.startswith(b"POST /fine") else BROKEN)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    async with server:
        yield f"{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


async def seed(address: str, token: str, host: str) -> Seeds:
    """Make it all over the API, and wait until it has happened."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=30) as client:
        return await Sower(client, host).sow()


class Sower:
    """Makes one thing after the other; a refusal ends the test."""

    def __init__(self, client: httpx2.AsyncClient, host: str) -> None:
        self.client = client
        self.host = host

    async def sow(self) -> Seeds:
        webhook, _ = [
            await self.call(
                "POST", "/api/webhooks", {"url": f"http://{self.host}{path}", "events": events}
            )
            for path, events in (
                ("/fine", ["job.*"]),
                ("/broken", ["job.failed", "batch.completed"]),
            )
        ]
        jobs = [await self.call("POST", "/api/jobs", job) for job in JOBS]
        batches = [await self.call("POST", "/api/jobs/batch", batch) for batch in BATCHES]
        for key, schedule in SCHEDULES.items():
            await self.call("PUT", f"/api/schedules/{key}", schedule)
        await self.call("PUT", "/api/preferences", PREFERENCES)
        await self.call(
            "POST", "/api/keys", {"name": "CI of the shop", "scopes": ["jobs:read", "jobs:write"]}
        )
        reading = {"scopes": ["jobs:read"], "expires_in": "P30D"}
        key = await self.call("POST", "/api/keys", reading)
        await self._settle(jobs)
        failures = await self.call("GET", "/api/failures")
        most = max(failures["data"], key=lambda group: group["count"])
        return Seeds(
            running=jobs[2]["id"],
            failed=jobs[9]["id"],
            asking=jobs[3]["id"],
            batch=batches[1]["id"],
            webhook=webhook["id"],
            failure=most["failure"],
            key="morning-report",
            reading_key=key["key"],
        )

    async def _settle(self, jobs: list[Json]) -> None:
        """Wait until what ends has ended, what waits for an answer asks, and a webhook was told."""

        async def settled() -> bool:
            states = [await self.call("GET", f"/api/jobs/{job['id']}") for job in jobs]
            over = [
                job["finished_at"] or job["state"] in {"running", "scheduled"} for job in states
            ]
            failed = sum(job["state"] == "failed" for job in states)
            return all(over) and failed >= 7 and states[3]["awaiting"] is not None

        await becomes_true(settled, PATIENCE_SECONDS)

    async def call(self, method: str, path: str, body: Json = None) -> Json:
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json()
