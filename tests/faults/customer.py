"""Somebody who submits jobs and remembers every answer: what was promised, what was wrong."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2

from jobs.errors import KeyInUse

FINE = range(200, 500)
PAUSE_SECONDS = 0.1


@dataclass
class Customer:
    """One user. Repeats a submission under the same key until it is accepted."""

    client: httpx2.AsyncClient
    user: str
    accepted: list[UUID] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    unknown: int = 0
    gave_up: bool = False
    patience: float = 20
    bases: Sequence[str] = ("",)
    _turn: int = 0

    async def submit(self, kind: str, **args: Any) -> UUID:
        """Submit a job, through outages if need be; return its id once it is promised."""
        return (await self.order("POST", "/api/jobs", json={"kind": kind, "args": args}))[0]

    async def order(self, method: str, path: str, **body: Any) -> list[UUID]:
        """Ask again until the answer is neither 503 nor lost; return the ids it promises."""
        headers = {"Idempotency-Key": str(uuid4())}
        async with asyncio.timeout(self.patience):
            while (answer := await self.once(method, path, headers=headers, **body)) is None:
                await asyncio.sleep(PAUSE_SECONDS)
        if not answer.is_success:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        told = answer.json()
        ids = [UUID(job["id"]) for job in told.get("jobs", [told])]
        if method == "POST":
            self.accepted += ids
        return ids

    async def try_once(self, method: str, path: str, **request: Any) -> httpx2.Response | None:
        """Ask once and leave it at that, whatever came of it."""
        self.gave_up = True
        return await self.once(method, path, **request)

    async def once(self, method: str, path: str, **request: Any) -> httpx2.Response | None:
        """Ask once; None when it has to be asked again."""
        try:
            answer = await self.client.request(method, self._base + path, **request)
        except httpx2.TransportError:
            self.unknown += 1
            self._turn += 1
            return None
        self.judge(answer)
        return None if is_not_yet(answer) else answer

    @property
    def _base(self) -> str:
        """Return the address whose turn it is: the next one after each that did not answer."""
        return self.bases[self._turn % len(self.bases)]

    def judge(self, answer: httpx2.Response) -> None:
        """Remember an answer; the only error of ours may be: not now, come again in a moment."""
        self.statuses[answer.status_code] += 1
        come_again = answer.status_code == 503 and "retry-after" in answer.headers
        if answer.status_code not in FINE and not come_again:
            self.wrong.append(f"{answer.status_code} {answer.text[:200]}")


def is_not_yet(answer: httpx2.Response) -> bool:
    """Say whether to ask again: an outage, or our own first try is still being answered."""
    still = answer.status_code == httpx2.codes.CONFLICT and answer.json()["code"] == KeyInUse.code
    return still or answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE
