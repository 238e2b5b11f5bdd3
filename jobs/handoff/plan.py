"""What becomes of one entry that no device has shown: which ways it goes now, and what has to wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.handoff.quiet_hours import QuietHours
from jobs.store import PreferencesRow, Unseen
from jobs.zones import zone, zones

WEBHOOK, EMAIL, SMS = "webhook", "email", "sms"
FAILURES = frozenset({"job.failed", "job.expired", "webhook.disabled"})
FAILED = "_failed"
TOLD_BY = "told_by"
"""What an entry's data names the ways by that its processor told it itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``ways`` the entry goes now; ``again`` is when to look at it next, None for never."""

    ways: tuple[str, ...] = ()
    again: datetime | None = None


def plan(entry: Unseen, wishes: PreferencesRow | None, default: timedelta) -> Plan:
    """Decide by the database's time of the claim; ``default`` is the delay of who names none.

    E-mail and SMS wait for the end of quiet hours, and for as long as the delay since the last message.
    """
    if entry.seen or (wishes is not None and not concerns(wishes, entry.name)):
        return Plan()
    delay = delay_of(wishes, default)
    if entry.now < entry.created_at + delay:
        return Plan(again=entry.created_at + delay)
    hooks = (WEBHOOK,) if entry.hooked and (wishes is None or wishes.webhook_opt_in) else ()
    ways = tuple(way for way in hooks if way not in entry.handed_off)
    messages = tuple(way for way in message_ways(entry, wishes) if way not in entry.handed_off)
    if wishes is None or not messages:
        return Plan(ways)
    later = postponed(entry, wishes, delay)
    return Plan(ways, later) if later else Plan((*ways, *messages))


def concerns(wishes: PreferencesRow, name: str) -> bool:
    """Return whether the user wants to be told of entries with this name."""
    match wishes.about:
        case "failures":
            return is_failure(name)
        case "names":
            return name in wishes.names
        case _:
            return True


def is_failure(name: str) -> bool:
    """Return whether an entry tells that something went wrong: a processor says so by its name."""
    return name in FAILURES or name.endswith(FAILED)


def delay_of(wishes: PreferencesRow | None, default: timedelta) -> timedelta:
    """Return how long devices have to show an entry."""
    if wishes is None or wishes.handoff_seconds is None:
        return default
    return timedelta(seconds=wishes.handoff_seconds)


def message_ways(entry: Unseen, wishes: PreferencesRow | None) -> tuple[str, ...]:
    """Return the ways a message may go, but for those it went already by its processor.

    What a delivery itself tells goes none, or it would never end.
    """
    if wishes is None or entry.by_handoff:
        return ()
    email = (EMAIL,) if wishes.email_opt_in and wishes.email else ()
    sms = (SMS,) if wishes.sms_opt_in and wishes.phone else ()
    return tuple(way for way in email + sms if way not in told_by(entry))


def told_by(entry: Unseen) -> list[object]:
    """Return the ways by which the entry's processor has told it itself."""
    named = entry.data.get(TOLD_BY) if isinstance(entry.data, dict) else None
    return named if isinstance(named, list) else []


def verified(way: str, wishes: PreferencesRow) -> bool:
    """Return whether the user has shown that the address of this way is theirs."""
    at = {EMAIL: wishes.email_verified_at, SMS: wishes.phone_verified_at}[way]
    return at is not None


def postponed(entry: Unseen, wishes: PreferencesRow, delay: timedelta) -> datetime | None:
    """Return when a message may be sent, None for now."""
    urgent = wishes.urgent_failures and is_failure(entry.name)
    quiet = None if urgent else quiet_until(wishes, entry.now)
    rested = wishes.handed_off_at + delay if wishes.handed_off_at else entry.now
    later = max(quiet or entry.now, rested)
    return later if later > entry.now else None


def quiet_until(wishes: PreferencesRow, moment: datetime) -> datetime | None:
    """Return the end of the quiet hours ``moment`` is in. A zone that is gone by now is UTC."""
    if wishes.quiet_from is None or wishes.quiet_until is None:
        return None
    name = wishes.timezone if wishes.timezone in zones() else "UTC"
    return QuietHours(wishes.quiet_from, wishes.quiet_until, zone(name)).until(moment)
