"""Every name the way back uses inside Redis, with its type and lifetime.

===============================  ========  ======================================================
``jobcast:events:{channel}``     pub/sub   packed messages; nothing is stored
``jobcast:memory:{channel}``     hash      attempt, position, line, latest values; ``ephemeral_ttl``
``…:text``                       string    the tail of the attempt's output; ``ephemeral_ttl``
``…:lines``                      list      the newest log lines, oldest first; ``ephemeral_ttl``
``jobcast:control``              pub/sub   orders for every process, such as a revoked session
``jobcast:stamps``               pub/sub   when a publisher sent what came just before, now and then
===============================  ========  ======================================================
"""

from urllib.parse import quote
from uuid import UUID

from realtime.channels import Channel

EVENTS = "jobcast:events:"
MEMORY = "jobcast:memory:"
CONTROL = "jobcast:control"
STAMPS = "jobcast:stamps"


def events(channel: Channel) -> str:
    """Return the pub/sub channel on which ``channel``'s messages go out."""
    return EVENTS + _identity(channel)


def job_events(job_id: UUID) -> str:
    """Return the same for the channel of one job, whose id needs no quoting."""
    return f"{EVENTS}job::{job_id}"


def memory(channel: Channel) -> tuple[str, str, str]:
    """Return the keys of ``channel``'s short memory: hash, text, lines."""
    root = f"{MEMORY}{{{_identity(channel)}}}"
    return root, f"{root}:text", f"{root}:lines"


def _identity(channel: Channel) -> str:
    """Return a name no other channel can have: every part is quoted, so none can hold a colon."""
    org = quote(channel.org, safe="") if channel.org else ""
    return f"{channel.kind}:{org}:{quote(channel.id, safe='')}"
