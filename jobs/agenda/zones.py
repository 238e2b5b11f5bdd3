"""The zones that calendars and events name: those nobody knows are taken for UTC."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC = "UTC"


def known(name: str) -> str:
    """Return the name of a time zone, ``UTC`` for one that there is not."""
    return name if found(name) else UTC


def clock(name: str) -> ZoneInfo:
    """Return a time zone, UTC for one that there is not."""
    return found(name) or ZoneInfo(UTC)


def found(name: str) -> ZoneInfo | None:
    """Return a time zone, if there is one of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
