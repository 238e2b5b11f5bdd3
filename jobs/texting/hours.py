"""When a text may go out by its owner's clock, and when their day began. The clock may jump."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from jobs.handoff.quiet_hours import QuietHours, shown
from jobs.kept.preferences import WishesRow
from jobs.zones import zone, zones


def quiet_until(wishes: WishesRow, moment: datetime) -> datetime | None:
    """Return the end of the quiet hours ``moment`` is in, None when it is in none."""
    if wishes.quiet_from is None or wishes.quiet_until is None:
        return None
    return QuietHours(wishes.quiet_from, wishes.quiet_until, place(wishes)).until(moment)


def day_begin(wishes: WishesRow, moment: datetime) -> datetime:
    """Return when the owner's clock first showed the date that it shows at ``moment``."""
    today = moment.astimezone(place(wishes)).date()
    return shown(datetime.combine(today, time.min), place(wishes))


def place(wishes: WishesRow) -> ZoneInfo:
    """Return the owner's zone. One that is gone from the tables by now is UTC."""
    return zone(wishes.timezone if wishes.timezone in zones() else "UTC")
