"""The time zones there are, by their IANA names, from our own tables: those of machines differ."""

from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, StringConstraints

from jobs.errors import InvalidSchedule


@lru_cache(maxsize=1_024)
def zone(name: str) -> ZoneInfo:
    """Return an IANA time zone, from our own tzdata: machines differ. Raises InvalidSchedule."""
    if name not in zones():
        detail = f"{name[:100]!r} is no IANA time zone; write it like Europe/Berlin"
        raise InvalidSchedule("/timezone", detail)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@cache
def zones() -> frozenset[str]:
    """Return the names of all IANA time zones."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def known_zone(name: str) -> str:
    """Return the name of an IANA time zone. Raises ValueError for what is none."""
    if name not in zones():
        raise ValueError("that is no IANA time zone; write it like Europe/Berlin")
    return name


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(known_zone)]
