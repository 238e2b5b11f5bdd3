"""Zones whose clocks do all that clocks do, and the times at which they are changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from jobs.zones import zone

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)

ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "Africa/Lagos", "America/Adak", "America/Asuncion",
    "America/Caracas", "America/Halifax", "America/Havana", "America/Los_Angeles", "America/New_York",
    "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "America/Scoresbysund", "America/St_Johns",
    "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kabul", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Tehran", "Asia/Tokyo", "Asia/Yangon", "Atlantic/Azores", "Australia/Adelaide",
    "Australia/Darwin", "Australia/Eucla", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin",
    "Europe/Chisinau", "Europe/Dublin", "Europe/Lisbon", "Pacific/Apia", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Easter", "Pacific/Kiritimati", "Pacific/Marquesas", "Pacific/Norfolk",
    "Pacific/Pago_Pago", "UTC",
)  # fmt: skip


def quarters(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield what the ticks of ``*/15 * * * *`` are: every quarter of an hour from ``begin`` on."""
    while begin < end:
        yield begin
        begin += QUARTER


def changes(name: str) -> list[datetime]:
    """Return the quarters from which on the zone's clock is another, in 2026."""
    place, found = zone(name), []
    for day in range(366):
        begin = YEAR + day * DAY
        if begin.astimezone(place).utcoffset() == (begin + DAY).astimezone(place).utcoffset():
            continue
        offsets = [
            (at, at.astimezone(place).utcoffset()) for at in quarters(begin, begin + 2 * DAY)
        ]
        before = offsets[0][1]
        found.append(next(at for at, offset in offsets if offset != before))
    return found
