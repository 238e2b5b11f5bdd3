"""How a user wants to be told of what they have not seen: their own words, checked and kept."""

import re
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from jobs import store
from jobs.db import Database
from jobs.resource import Resource
from jobs.store import PreferencesRow
from jobs.zones import Zone
from realtime.caller import Caller

CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def read_clock(given: object) -> object:
    """Return ``22:30`` as a time. Raises ValueError for everything else that is no time already."""
    if isinstance(given, time):
        return given
    if not isinstance(given, str) or not CLOCK.fullmatch(given):
        raise ValueError("write a time of day like 22:30")
    return time.fromisoformat(given)


Clock = Annotated[
    time,
    BeforeValidator(read_clock),
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{CLOCK.pattern}$"}),
]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})+$",
    ),
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class QuietTimes(BaseModel):
    """Times of the wall clock, each day; ``end`` may be on the day after."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: Clock
    end: Clock

    @model_validator(mode="after")
    def check_length(self) -> Self:
        """Refuse what could mean always and never."""
        if self.start == self.end:
            raise ValueError("start and end must differ")
        return self


class Wishes(BaseModel):
    """What a user says. What is left out is as if it had never been said."""

    model_config = ConfigDict(frozen=True)

    timezone: Zone = Field("UTC", description="An IANA time zone")
    quiet_hours: QuietTimes | None = Field(
        None, description="When e-mail and SMS wait, by the clock of `timezone`"
    )
    urgent_failures: StrictBool = Field(
        False, description="Send e-mail and SMS about failures in quiet hours too"
    )
    email: Email | None = None
    email_opt_in: StrictBool = False
    phone: Phone | None = Field(None, description="In E.164, like +4930123456")
    sms_opt_in: StrictBool = False
    webhook_opt_in: StrictBool = Field(
        True, description="Tell my webhooks that hear `inbox.unseen`; false keeps them quiet"
    )
    about: Literal["all", "failures", "names"] = Field(
        "all", description="Which notifications are handed off"
    )
    names: list[Name] = Field(
        default_factory=list, max_length=50, description="Those of `about: names`"
    )
    handoff_seconds: int | None = Field(
        None, ge=10, le=86_400, strict=True, description="How long devices have; empty: the default"
    )
    brief_opt_in: StrictBool = Field(False, description="Write me a brief every day")
    brief_hour: int = Field(
        7, ge=0, le=23, strict=True, description="When, by the clock of `timezone`"
    )
    brief_email: StrictBool = Field(False, description="Send it to `email` too, once verified")

    @model_validator(mode="after")
    def check_sense(self) -> Self:
        """Refuse to opt in to what has no address, and names without a name."""
        if self.email_opt_in and self.email is None:
            raise ValueError("email_opt_in needs email")
        if self.sms_opt_in and self.phone is None:
            raise ValueError("sms_opt_in needs phone")
        if self.brief_email and self.email is None:
            raise ValueError("brief_email needs email")
        if self.about == "names" and not self.names:
            raise ValueError("about: names needs names")
        return self


class PreferencesResource(Resource, Wishes):
    """A user's preferences, and what was found out about them."""

    email_verified_at: datetime | None = None
    phone_verified_at: datetime | None = None
    updated_at: datetime | None = Field(None, description="Empty while nothing was ever said")


class Preferences:
    """One user's at a time: the caller's own, in the org they call for."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, caller: Caller) -> PreferencesResource:
        """Return the caller's preferences; the defaults when they never said anything."""
        row = await store.find_preferences(self._db, caller.org, caller.user)
        return resource(row) if row else PreferencesResource()

    async def put(self, caller: Caller, wishes: Wishes) -> PreferencesResource:
        """Keep the caller's wishes in place of earlier ones; what waits for a hand-off obeys them."""
        row = await store.put_preferences(self._db, caller.org, caller.user, columns(wishes))
        return resource(row)


def columns(wishes: Wishes) -> dict[str, Any]:
    """Return wishes as they are kept."""
    quiet = wishes.quiet_hours
    return {
        **{name: getattr(wishes, name) for name in SAME},
        "quiet_from": quiet.start if quiet else None,
        "quiet_until": quiet.end if quiet else None,
    }


SAME = tuple(name for name in Wishes.model_fields if name != "quiet_hours")


def resource(row: PreferencesRow) -> PreferencesResource:
    """Return kept preferences as their user sees them; a zone may have left the tables since."""
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = QuietTimes.model_construct(start=row.quiet_from, end=row.quiet_until)
    found = ("email_verified_at", "phone_verified_at", "updated_at")
    return PreferencesResource.model_construct(
        quiet_hours=quiet, **{name: getattr(row, name) for name in (*SAME, *found)}
    )
