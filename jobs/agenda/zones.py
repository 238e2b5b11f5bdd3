"""The zones that calendars and events name: those nobody knows are taken for UTC."""

from zoneinfo import ZoneInfo

from jobs.zones import zone, zones

UTC = "UTC"


def known(name: str) -> str:
    """Return the name of a time zone, ``UTC`` for one that there is not."""
    return name if name in zones() else UTC


def clock(name: str) -> ZoneInfo:
    """Return a time zone, UTC for one that there is not."""
    return zone(known(name))


def found(name: str) -> ZoneInfo | None:
    """Return a time zone, if there is one of that name."""
    return zone(name) if name in zones() else None
