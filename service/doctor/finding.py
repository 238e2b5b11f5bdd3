"""What the doctor says: one thing looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only ``fail`` makes the examination fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: its name, how it is, and a sentence what to do when it is not well."""

    name: str
    level: Level
    message: str
    advice: str = ""


def judge(name: str, message: str, *, warn: str = "", fail: str = "") -> Finding:
    """Return a finding; the advice that is given decides how bad it is."""
    if fail:
        return Finding(name, Level.FAIL, message, fail)
    if warn:
        return Finding(name, Level.WARN, message, warn)
    return Finding(name, Level.OK, message)


WARN_SKEW_SECONDS = 1.0
FAIL_SKEW_SECONDS = 10.0


def clock(whose: str, theirs: datetime, before: datetime, after: datetime) -> Finding:
    """Compare a server's clock with ours; half the time of the question is allowed for."""
    skew = (theirs - (before + (after - before) / 2)).total_seconds()
    name, message = f"{whose} clock", f"{skew:+.3f} s from this machine's clock"
    advice = "Let both machines set their clocks by NTP (chrony, systemd-timesyncd)."
    doubt = (after - before).total_seconds() / 2
    off = max(abs(skew) - doubt, 0.0)
    if off > FAIL_SKEW_SECONDS:
        return judge(name, message, fail=advice + " Tokens and tickets expire at the wrong time.")
    return judge(name, message, warn=advice if off > WARN_SKEW_SECONDS else "")
