"""Twilio's Messages API: send a text, and look for one that may have been sent.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from jobs.errors import Discard, Garbage, NotConfigured, NotTaken, Refused
from jobs.providers.api import Answer, Api, Endpoint, as_form
from jobs.providers.twilio_codes import Meaning, refusal
from jobs.settings import JobsSettings

API = "/2010-04-01/Accounts"
SERVICE = "MG"
"""How the id of a messaging service begins, which may stand where a number does."""
CALL_SECONDS = 10.0
PAGE = 50
MOST_PAGES = 10
SKEW = timedelta(minutes=2)
"""How far the provider's clock may be from ours."""


class Message(BaseModel):
    """A message as Twilio tells of it."""

    sid: str = Field(min_length=1, max_length=64)
    status: str
    body: str = ""
    direction: str = "outbound-api"
    num_segments: int | None = None
    error_code: int | None = None
    date_created: str | None = None

    @property
    def made_at(self) -> datetime | None:
        """Return when Twilio took it."""
        try:
            told = parsedate_to_datetime(self.date_created or "")
        except (TypeError, ValueError):
            return None
        return told if told.tzinfo else told.replace(tzinfo=UTC)


class SmsRefused(Discard):
    """Twilio did not take a message, for good. ``meaning`` says what follows, if the code is known."""

    def __init__(self, reason: str, code: str, meaning: Meaning | None, number: int | None) -> None:
        super().__init__(reason, code=code)
        self.meaning = meaning
        self.number = number


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator says about texts: to whom besides, how many a day (0: any), told back where."""

    allowed: Sequence[str]
    daily_cap: int
    public_url: str


class Twilio:
    """One account at Twilio, or at who speaks as it does; ``rules`` are the operator's."""

    def __init__(self, settings: JobsSettings, api: Api) -> None:
        allowed = [number.strip() for number in settings.sms_allow.split(",") if number.strip()]
        self.rules = Rules(allowed, settings.sms_daily_cap, settings.public_url)
        self._settings = settings
        self._api = api

    def check(self) -> None:
        """Raise NotConfigured, with the name of the first variable that is missing."""
        given = {
            "TWILIO_ACCOUNT_SID": self._settings.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self._settings.twilio_auth_token.get_secret_value(),
            "TWILIO_FROM": self._settings.twilio_from,
        }
        for name, value in given.items():
            if not value:
                raise NotConfigured(name)

    async def send(self, to: str, text: str, status_callback: str | None) -> Message:
        """Send a text, and have its fate told at ``status_callback``.

        Raises SmsRefused and NotTaken when it was not taken; after any other ProviderError nobody knows.
        """
        sender = self._settings.twilio_from
        fields = {"To": to, "Body": text}
        fields["MessagingServiceSid" if sender.startswith(SERVICE) else "From"] = sender
        if status_callback:
            fields["StatusCallback"] = status_callback
        try:
            answer = await self._endpoint().post(self._path(), as_form(fields))
        except Refused as error:
            raise refused(error) from error
        return message_of(answer.data)

    async def find(self, to: str, text: str, since: datetime) -> list[Message]:
        """Return the messages with this text that went to ``to`` since then, newest first."""
        found = [message async for message in self._sent_to(to, since - SKEW)]
        return [m for m in found if m.direction == "outbound-api" and m.body.endswith(text)]

    async def read(self, sid: str) -> Message:
        """Return a message as it is now."""
        path = self._path().replace("/Messages.json", f"/Messages/{sid}.json")
        return message_of((await self._endpoint().get(path)).data)

    async def _sent_to(self, to: str, since: datetime) -> AsyncIterator[Message]:
        endpoint = self._endpoint()
        answer = await endpoint.get(self._path(), {"To": to, "PageSize": str(PAGE)})
        for _ in range(MOST_PAGES):
            page = page_of(answer)
            for message in page.messages:
                if message.made_at is not None and message.made_at < since:
                    return
                yield message
            if not page.next_page_uri:
                return
            answer = await endpoint.get(page.next_page_uri)

    def _path(self) -> str:
        return f"{API}/{self._settings.twilio_account_sid}/Messages.json"

    def _endpoint(self) -> Endpoint:
        self.check()
        token = self._settings.twilio_auth_token.get_secret_value()
        pair = f"{self._settings.twilio_account_sid}:{token}"
        basic = base64.b64encode(pair.encode()).decode()
        return self._api.at(
            self._settings.twilio_base_url,
            headers={"Authorization": f"Basic {basic}"},
            secrets=(token,),
            timeout_seconds=CALL_SECONDS,
            trusted=True,
        )


class Page(BaseModel):
    """One page of messages, newest first."""

    messages: list[Message]
    next_page_uri: str | None = None


def message_of(data: Any) -> Message:
    """Return one message. Raises Garbage."""
    try:
        return Message.model_validate(data)
    except ValidationError as error:
        raise Garbage("Twilio answered with something that is no message.") from error


def page_of(answer: Answer) -> Page:
    """Return a page. Raises Garbage."""
    try:
        return Page.model_validate(answer.data)
    except ValidationError as error:
        raise Garbage("Twilio answered with something that is no list of messages.") from error


def refused(error: Refused) -> Discard | NotTaken:
    """Return what a refusal means: for good, or only now."""
    data: Mapping[str, Any] = error.data if isinstance(error.data, Mapping) else {}
    number = data.get("code") if isinstance(data.get("code"), int) else None
    meaning = refusal(number)
    if meaning is None:
        return SmsRefused(str(error), error.code, None, number)
    if meaning.again:
        return NotTaken(f"{meaning.words} (Twilio {number})")
    return SmsRefused(f"{meaning.words} (Twilio {number})", meaning.code, meaning, number)
