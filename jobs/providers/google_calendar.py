"""Google Calendar's API, version 3: pages of events, single events under their etags, push channels.

GOOGLE_BASE_URL says where it is, unless a connection has an address of its own. Series come as their single
days, so every event has times. Nobody is sent an e-mail because of a change of ours (``sendUpdates=none``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from jobs.agenda.sides import LocalEvent, RemoteEvent
from jobs.errors import Discard, Garbage, ProviderError, Refused
from jobs.kept.connections import ConnectionRow
from jobs.providers.api import Api, Endpoint, as_json
from jobs.providers.google_events import Answered, EventPage, read_event, read_page, written
from jobs.push_channels import Channels
from jobs.settings import JobsSettings
from jobs.vault import Credentials
from jobs.wire_json import zulu

PROVIDER = "google"
API = "/calendar/v3"
PAGE = "250"
FORBIDDEN = 403
GONE = 410
RATES = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "calendarUsageLimitsExceeded"}
)
"""Reasons for a 403 that only means: later."""

LONGEST_CHANNEL = timedelta(days=7)
QUIETLY = {"sendUpdates": "none"}


class TokenEnded(Discard):
    """Google has forgotten what a sync token stands for: everything is to be read again."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__ or "", code="sync_token_ended")


class ChannelAnswer(Answered):
    """A push channel as Google made it; ``expiration`` in milliseconds since 1970."""

    id: str
    resourceId: str = Field(max_length=1_000)  # noqa: N815 - Google's word
    expiration: int | None = Field(None, ge=0, le=10**14)


@dataclass(frozen=True, slots=True)
class Channel:
    """A push channel that is open."""

    id: UUID
    resource: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read: the changes since a token, or what lies between two moments; page after page."""

    sync_token: str = ""
    window: tuple[datetime, datetime] | None = None
    page: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Return it as Google wants it asked. A token stands for the window it was got with."""
        asked = {"singleEvents": "true", "maxResults": PAGE}
        if self.window is not None:
            asked |= {"timeMin": stamp(self.window[0]), "timeMax": stamp(self.window[1])}
        if self.sync_token:
            asked |= {"syncToken": self.sync_token}
        return asked | ({"pageToken": self.page} if self.page else {})


class Google:
    """Google, for whoever has a connection to it."""

    def __init__(self, settings: JobsSettings, api: Api) -> None:
        self._base = settings.google_base_url
        self._api = api
        self.channels = Channels(settings)

    def calendar(
        self, connection: ConnectionRow, credentials: Credentials, calendar_id: str
    ) -> "GoogleCalendar":
        """Return a calendar. Raises Discard for a connection to another provider, or without a token."""
        if connection.provider != PROVIDER:
            raise Discard(
                f"A connection to {connection.provider} has no calendars.", code="no_calendars"
            )
        token = credentials.get("access_token")
        if not token:
            reason = f"The connection {connection.name} holds no access_token."
            raise Discard(reason, code="incomplete_connection")
        trusted = not connection.base_url
        endpoint = self._api.at(
            connection.base_url or self._base,
            headers={"Authorization": f"Bearer {token}"},
            trusted=trusted,
        )
        return GoogleCalendar(endpoint, self.channels, calendar_id)


class GoogleCalendar:
    """One calendar of one account.

    Every call raises Refused for what stays (its ``status`` tells: 401, 404, 409, 410, 412), ProviderError
    for what may pass, a used-up rate among it.
    """

    def __init__(self, endpoint: Endpoint, channels: Channels, ident: str) -> None:
        self._api = endpoint
        self._channels = channels
        self._events = f"{API}/calendars/{quote(ident, safe='')}/events"

    async def page(self, reading: Reading) -> EventPage:
        """Read a page of events. Raises TokenEnded."""
        try:
            return read_page(await self._call("GET", self._events, query=reading.query))
        except Refused as error:
            if error.status == GONE:
                raise TokenEnded from error
            raise

    async def get(self, ident: str, clock: ZoneInfo) -> RemoteEvent:
        """Read one event."""
        return read_event(await self._call("GET", self._event(ident)), clock)

    async def insert(self, event: LocalEvent, clock: ZoneInfo) -> RemoteEvent:
        """Make an event under the id that we chose: a second time is refused with 409."""
        body = {"id": event.remote_id, **written(event.content, event.id)}
        path = f"{self._events}?sendUpdates=none"
        return read_event(await self._call("POST", path, body=body), clock)

    async def change(self, event: LocalEvent, clock: ZoneInfo) -> RemoteEvent:
        """Change an event that is still at its etag, else 412; one that was removed comes back."""
        body = written(event.content, event.id)
        if event.pending == "restore":
            body["status"] = "confirmed"
        path, headers = self._event(event.remote_id), at_etag(event)
        answer = await self._call("PATCH", path, query=QUIETLY, body=body, headers=headers)
        return read_event(answer, clock)

    async def remove(self, event: LocalEvent) -> None:
        """Remove an event that is still at its etag, else 412."""
        path, headers = self._event(event.remote_id), at_etag(event)
        await self._call("DELETE", path, query=QUIETLY, headers=headers)

    async def watch(self, channel: UUID, address: str) -> Channel:
        """Ask for a message to ``address`` whenever something changes, for up to a week."""
        wanted = {
            "id": str(channel),
            "type": "web_hook",
            "address": address,
            "token": self._channels.token(channel),
            "params": {"ttl": str(int(LONGEST_CHANNEL.total_seconds()))},
        }
        data = await self._call("POST", f"{self._events}/watch", body=wanted)
        try:
            answer = ChannelAnswer.model_validate(data)
            ends = answer.expiration
            until = None if ends is None else datetime.fromtimestamp(ends / 1_000, UTC)
        except (ValidationError, OverflowError) as error:
            raise Garbage("Google answered with something that is no channel.") from error
        return Channel(channel, answer.resourceId, until)

    async def stop(self, channel: UUID, resource: str) -> None:
        """Close a push channel; 404 when it is closed already."""
        body = {"id": str(channel), "resourceId": resource}
        await self._call("POST", f"{API}/channels/stop", body=body)

    def _event(self, ident: str) -> str:
        return f"{self._events}/{quote(ident, safe='')}"

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        payload = None if body is None else as_json(body)
        try:
            answer = await self._api.call(
                method, path, query=query, payload=payload, headers=headers
            )
        except Refused as error:
            if error.status == FORBIDDEN and RATES & set(reasons(error.data)):
                raise ProviderError(str(error)) from error
            raise
        return answer.data


def reasons(data: Any) -> list[str]:
    """Return the reasons in one of Google's error answers."""
    error = data.get("error") if isinstance(data, dict) else None
    errors = error.get("errors") if isinstance(error, dict) else None
    found = errors if isinstance(errors, list) else []
    return [str(one.get("reason")) for one in found if isinstance(one, dict)]


def at_etag(event: LocalEvent) -> dict[str, str]:
    """Return the header that lets a change through only while nobody else has changed the event."""
    return {"If-Match": event.etag} if event.etag else {}


def stamp(at: datetime) -> str:
    """Return a moment as Google reads it."""
    return zulu(at.astimezone(UTC).isoformat(timespec="seconds"))
