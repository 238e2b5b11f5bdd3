"""Which day it is for a user: their own clock's."""

from datetime import UTC, date, datetime

import pytest

from jobs.resources import Resources
from jobs.today import day_in, now_of

PUT = "INSERT INTO preferences (org_id, user_id, timezone) VALUES ('acme', $1, $2)"


@pytest.mark.parametrize(
    ("timezone", "moment", "day"),
    [
        ("UTC", "2026-03-01T00:30", date(2026, 3, 1)),
        ("America/Los_Angeles", "2026-03-01T00:30", date(2026, 2, 28)),
        ("Pacific/Kiritimati", "2026-03-01T10:00", date(2026, 3, 2)),
        ("Asia/Kathmandu", "2026-03-01T18:14", date(2026, 3, 1)),
        ("Asia/Kathmandu", "2026-03-01T18:15", date(2026, 3, 2)),
        ("Europe/Berlin", "2026-03-28T23:00", date(2026, 3, 29)),
        ("Europe/Berlin", "2026-03-29T21:59", date(2026, 3, 29)),
        ("Europe/Berlin", "2026-03-29T22:00", date(2026, 3, 30)),
        ("Mars/Olympus", "2026-03-01T00:30", date(2026, 3, 1)),
    ],
)
def test_a_moment_is_of_the_day_that_the_zones_clock_shows(
    timezone: str, moment: str, day: date
) -> None:
    assert day_in(datetime.fromisoformat(moment).replace(tzinfo=UTC), timezone) == day


async def test_the_zone_is_the_users_and_utc_for_who_has_named_none(resources: Resources) -> None:
    await resources.db.fetch(PUT, "anna", "Pacific/Kiritimati")

    async with resources.db.session() as session:
        moment, hers = await now_of(session, "acme", "anna")
        _, elsewhere = await now_of(session, "other", "anna")

    assert hers == day_in(moment, "Pacific/Kiritimati")
    assert elsewhere == moment.astimezone(UTC).date()
