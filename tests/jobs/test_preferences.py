"""Preferences: kept whole, one's own, and checked before they are kept."""

from datetime import time
from typing import Any

import pytest
from pydantic import ValidationError

from jobs.preferences import PreferencesResource, QuietTimes, Wishes
from jobs.resources import Resources
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, BERT

ALL = Wishes(
    timezone="Europe/Berlin",
    quiet_hours=QuietTimes(start=time(22), end=time(7)),
    urgent_failures=True,
    email="anna@example.com",
    email_opt_in=True,
    phone="+4930123456",
    sms_opt_in=True,
    webhook_opt_in=False,
    about="names",
    names=["brief_completed"],
    handoff_seconds=300,
    brief_opt_in=True,
    brief_hour=0,
    brief_email=True,
)


async def test_who_never_said_anything_has_the_defaults(resources: Resources) -> None:
    assert await resources.preferences.get(ANNA) == PreferencesResource()


async def test_what_is_said_is_kept_whole_and_said_again_replaced_whole(
    resources: Resources,
) -> None:
    kept = await resources.preferences.put(ANNA, ALL)
    read = await resources.preferences.get(ANNA)
    again = await resources.preferences.put(ANNA, Wishes(timezone="Asia/Tokyo"))

    assert Wishes(**said(kept)) == ALL
    assert read == kept
    assert Wishes(**said(again)) == Wishes(timezone="Asia/Tokyo")
    assert again.updated_at is not None
    assert again.updated_at > (kept.updated_at or again.updated_at)


def said(resource: PreferencesResource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in Wishes.model_fields}


async def test_another_address_has_yet_to_be_verified(resources: Resources) -> None:
    await resources.preferences.put(ANNA, ALL)
    await resources.db.fetch(
        "UPDATE preferences SET email_verified_at = now(), phone_verified_at = now()"
    )

    same = await resources.preferences.put(ANNA, ALL)
    other = await resources.preferences.put(ANNA, ALL.model_copy(update={"email": "b@example.com"}))
    back = await resources.preferences.put(ANNA, ALL.model_copy(update={"phone": "+4930999999"}))

    assert same.email_verified_at is not None
    assert (other.email_verified_at, other.phone_verified_at is not None) == (None, True)
    assert (back.email_verified_at, back.phone_verified_at) == (None, None)


async def test_preferences_are_ones_own_in_each_org(resources: Resources) -> None:
    namesake = Caller("anna", "other", ANNA.scopes)
    admin = Caller("lead", "acme", frozenset({"admin"}))
    await resources.preferences.put(ANNA, ALL)

    for other in (BERT, namesake, admin):
        assert await resources.preferences.get(other) == PreferencesResource()


async def test_a_zone_that_has_left_the_tables_can_still_be_read(resources: Resources) -> None:
    await resources.preferences.put(ANNA, ALL)
    await resources.db.fetch("UPDATE preferences SET timezone = 'Mars/Olympus'")

    assert (await resources.preferences.get(ANNA)).timezone == "Mars/Olympus"


@pytest.mark.parametrize(
    "address",
    ["a@example.com", "a.b+c@mail.example.co.uk", "o'hara@example.ie", "x@xn--mnchen-3ya.de"],
)
def test_an_email_address_is_taken_as_browsers_take_it(address: str) -> None:
    assert Wishes(email=address).email == address


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Berlin"},
        {"timezone": "europe/berlin"},
        {"timezone": "../../etc/passwd"},
        {"timezone": "Europe/Berlin\n"},
        {"timezone": ""},
        {"quiet_hours": {"start": "22:00", "end": "22:00"}},
        {"quiet_hours": {"start": "24:00", "end": "07:00"}},
        {"quiet_hours": {"start": "22:00:30", "end": "07:00"}},
        {"quiet_hours": {"start": "٢٢:٠٠", "end": "07:00"}},
        {"quiet_hours": {"start": "22:00\n", "end": "07:00"}},
        {"quiet_hours": {"start": 22, "end": 7}},
        {"quiet_hours": {"start": "22:00"}},
        {"quiet_hours": {"start": "22:00", "end": "07:00", "days": 1}},
        {"quiet_hours": []},
        {"email": "anna"},
        {"email": "anna@localhost"},
        {"email": "anna@example.com\nBcc: all@example.com"},
        {"email": "anna@example.com\n"},
        {"email": "Anna <anna@example.com>"},
        {"email": "a@b@example.com"},
        {"email": "anna@-example.com"},
        {"email": "a" * 65 + "@example.com"},
        {"email": "a@" + "x." * 130 + "com"},
        {"email_opt_in": True},
        {"email_opt_in": 1, "email": "a@example.com"},
        {"phone": "030123456"},
        {"phone": "+0123456789"},
        {"phone": "+49 30 123456"},
        {"phone": "+4930123456\n"},
        {"phone": "+٤٩٣٠١٢٣٤٥٦"},
        {"phone": "+1234567890123456"},
        {"sms_opt_in": True},
        {"about": "everything"},
        {"about": "names"},
        {"names": [""]},
        {"names": ["x"] * 51},
        {"names": ["x" * 101]},
        {"handoff_seconds": 9},
        {"handoff_seconds": 86_401},
        {"handoff_seconds": 60.5},
        {"handoff_seconds": "60"},
        {"handoff_seconds": True},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Wishes.model_validate(wrong)
