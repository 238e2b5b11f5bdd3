"""Idempotency-Key: the same request sent again makes nothing new.

After draft-ietf-httpapi-idempotency-key-header. What a key made is in the record
(``jobs.store.accept``); here is only how a request names it, and who is still being answered in this
process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import orjson

from jobs.errors import KeyInUse
from realtime.caller import Caller
from service.call import Call
from service.errors import Problem

LONGEST = 255
HEADER = "Idempotency-Key"
DESCRIPTION = "1 to 255 characters; the same key and body again give the first answer, for 24 h"


def key_of(call: Call) -> str | None:
    """Return the request's key, None without one. Raises Problem (400)."""
    key = call.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        detail = f"{HEADER} must have 1 to {LONGEST} printable characters."
        raise Problem(400, detail, code="invalid_idempotency_key")
    return key


def fingerprint(call: Call, body: object) -> bytes:
    """Return what stands for the request: its path and the meaning of its JSON."""
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return sha256(call.url.path.encode() + b"\0" + text).digest()


class InFlight:
    """The keys whose first request this process is still answering."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str, str]] = set()

    @contextmanager
    def answering(self, caller: Caller, key: str | None) -> Iterator[None]:
        """Hold the key for the time of the block. Raises KeyInUse when another request holds it."""
        name = (caller.org, caller.user, key or "")
        if name in self._keys:
            raise KeyInUse
        if key is not None:
            self._keys.add(name)
        try:
            yield
        finally:
            self._keys.discard(name)
