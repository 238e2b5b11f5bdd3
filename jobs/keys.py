"""Every name this package uses inside Redis, with its type and lifetime.

=========================  ========  ==========================================================
``arq:queue``              zset      ids of queued jobs by score; no lifetime, rebuilt by the relay
``jobcast:control``        pub/sub   control messages for workers; nothing is stored
``jobcast:relay``          string    who sweeps the backlog this second; about a second
``jobcast:health:{name}``  string    arq's health line of one worker; a lease
=========================  ========  ==========================================================
"""

from arq.constants import default_queue_name

QUEUE = default_queue_name
CONTROL = "jobcast:control"
RELAY = "jobcast:relay"


def health(worker: str) -> str:
    """Return the key of one worker process's health line, by its name."""
    return f"jobcast:health:{worker}"
