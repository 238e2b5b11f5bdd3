"""Every name this package uses inside Redis, with its type and lifetime.

=========================  ========  ==========================================================
``arq:queue``              zset      the ring: orgs with queued jobs by the tag of their next one
``arq:queue:{org}``        zset      ids of an org's queued jobs by score; rebuilt by the relay
``jobcast:clock``          hash      virtual time of the ring; losing it makes everybody equal
``jobcast:behind``         set       orgs with more queued jobs in the record than here; kept by the relay
``jobcast:taken``          zset      ids taken in the last second, by when (ms); trimmed by every taking
``jobcast:rested``         zset      orgs that ran out of jobs by their next tag; cleared as time goes
``jobcast:wake``           list      a token per worker to be woken; bounded
``jobcast:control``        pub/sub   control messages for workers; nothing is stored
``jobcast:relay``          string    who sweeps the backlog this second; about a second
``jobcast:refill``         string    who hands over more of it right now; a moment
``jobcast:rate:{what}``    string    a rate limit's arrival time (GCRA); as long as it lies ahead
``jobcast:probe``          string    written to see whether Redis takes writes again; a second
``jobcast:awake``          string    since when this Redis remembers; gone after it was emptied
``jobcast:health:{name}``  string    arq's health line of one worker; a lease
=========================  ========  ==========================================================
"""

from arq.constants import default_queue_name

import realtime.keys

RING = default_queue_name
QUEUE_PREFIX = f"{default_queue_name}:"
CLOCK = "jobcast:clock"
RESTED = "jobcast:rested"
WAKE = "jobcast:wake"
CONTROL = realtime.keys.CONTROL
RELAY = "jobcast:relay"
REFILL = "jobcast:refill"
BEHIND = "jobcast:behind"
TAKEN = "jobcast:taken"
AWAKE = "jobcast:awake"
PROBE = "jobcast:probe"


def rate(what: str) -> str:
    """Return the key of one rate limit."""
    return f"jobcast:rate:{what}"


def health(worker: str) -> str:
    """Return the key of one worker process's health line, by its name."""
    return f"jobcast:health:{worker}"
