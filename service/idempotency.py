"""Idempotency-Key: the same request sent again makes nothing new.

After draft-ietf-httpapi-idempotency-key-header. What a key made is in the record
(``jobs.store.accept``); here is only how a request names it.
"""

from hashlib import sha256

import orjson

from service.call import Call
from service.errors import Problem
from service.headers import header

LONGEST = 255
HEADER = "Idempotency-Key"
NAME = HEADER.lower().encode()
DESCRIPTION = "1 to 255 characters; the same key and body again give the first answer, for 24 h"


def key_of(call: Call) -> str | None:
    """Return the request's key, None without one. Raises Problem (400)."""
    key = header(call.scope, NAME)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        detail = f"{HEADER} must have 1 to {LONGEST} printable characters."
        raise Problem(400, detail, code="invalid_idempotency_key")
    return key


def fingerprint(call: Call, body: bytes) -> bytes:
    """Return what stands for the request: its path and the meaning of its JSON, which was read before."""
    text = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return sha256(call.scope["path"].encode() + b"\0" + text).digest()
