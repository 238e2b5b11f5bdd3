"""JSON as it goes out: a moment is spelled alike in events, snapshots and answers, as ``…Z``.

Clients may then compare two of them as text, and tell an ending they know from another one. Calendars are
told the same way.
"""

from datetime import datetime

import orjson


def wire_json(value: object) -> bytes:
    """Return ``value`` as JSON, its moments in UTC. Raises TypeError for what is no JSON."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def moment(at: datetime) -> str:
    """Return a moment in UTC as all that goes out spells it."""
    return zulu(at.isoformat())


def zulu(text: str) -> str:
    """Return a moment that Postgres or Python has written, in the spelling of all that goes out."""
    return text.replace("+00:00", "Z")
