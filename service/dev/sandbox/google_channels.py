"""Push channels of the sandbox's Google Calendar: opened, closed, and a message to each after a change."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from service.dev.sandbox.google_agenda import Agenda, Complaint, as_time

WEEK = 7 * 24 * 3_600
TIMEOUT_SECONDS = 5.0
MOST_SENT = 500


@dataclass(slots=True)
class Channel:
    """An open channel. ``numbers`` count its messages."""

    id: str
    resource: str
    address: str
    token: str = field(repr=False)
    until: float
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))


class Channels:
    """All channels; ``sent`` says what was sent: channel, state, number, the answer's status (0: none)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.open: dict[str, Channel] = {}
        self.sent: list[tuple[str, str, int, int]] = []
        self.longest = WEEK
        self._clock = clock

    def watch(self, agenda: Agenda, body: dict[str, Any]) -> Channel:
        """Open a channel. Raises Complaint."""
        ident, address = str(body.get("id") or ""), str(body.get("address") or "")
        if body.get("type") != "web_hook" or not ident:
            raise Complaint(400, "invalid", "Invalid channel.")
        if not address.startswith(("http://", "https://")):
            raise Complaint(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS.")
        if ident in self.open:
            text = f"Channel id {ident} not unique"
            raise Complaint(400, "channelIdNotUnique", text)
        asked = float((body.get("params") or {}).get("ttl") or WEEK)
        until = self._clock() + min(asked, self.longest)
        made = Channel(ident, f"resource-{agenda.id}", address, str(body.get("token") or ""), until)
        self.open[ident] = made
        return made

    def stop(self, body: dict[str, Any]) -> None:
        """Close a channel. Raises Complaint."""
        found = self.open.get(str(body.get("id")))
        if found is None or found.resource != body.get("resourceId"):
            raise Complaint(404, "notFound", "Channel not found")
        del self.open[found.id]

    async def tell(self, agenda: Agenda) -> None:
        """Tell every channel of a calendar that something has changed."""
        for channel in list(self.open.values()):
            if channel.resource == f"resource-{agenda.id}" and channel.until > self._clock():
                await self.send(channel, "exists")

    async def send(self, channel: Channel, state: str) -> None:
        """Send one message, as Google does; whoever does not listen misses it."""
        number = next(channel.numbers)
        status = 0
        async with httpx2.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as client:
            try:
                answer = await client.post(channel.address, headers=message(channel, state, number))
                status = answer.status_code
            except httpx2.HTTPError:
                status = 0
        self.sent.append((channel.id, state, number, status))
        del self.sent[:-MOST_SENT]


def message(channel: Channel, state: str, number: int) -> dict[str, str]:
    """Return a message: it has no body."""
    return {
        "X-Goog-Channel-ID": channel.id,
        "X-Goog-Channel-Token": channel.token,
        "X-Goog-Channel-Expiration": as_time(channel.until),
        "X-Goog-Resource-ID": channel.resource,
        "X-Goog-Resource-URI": f"https://www.googleapis.com/calendar/v3/{channel.resource}",
        "X-Goog-Resource-State": state,
        "X-Goog-Message-Number": str(number),
    }


def entity(channel: Channel) -> dict[str, str]:
    """Return a channel as the API says it."""
    return {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource,
        "token": channel.token,
        "expiration": str(int(channel.until * 1_000)),
    }
