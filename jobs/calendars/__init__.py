"""Calendars that users keep in step with Google's, as they see and change them.

Reading order: ``resource`` (how calendars, events and conflicts look) · ``wanted`` (what an event may say)
· ``events`` and ``front`` (what may be done) · ``hook`` (what Google tells us) · ``syncs``. The SQL is
``jobs.store.calendars``'s and ``jobs.store.calendar_events``'; syncing is the kind ``calendar_sync``'s.
"""

from jobs.calendars.front import Calendars

__all__ = ["Calendars"]
