"""UUIDv7 ids: sortable by time, so that new rows land on neighbouring index pages (RFC 9562 §5.7)."""

import os
import time
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

VERSION_7 = 0x7 << 76
VARIANT = 0b10 << 62
RANDOM_A = 0xFFF << 64
RANDOM_B = (1 << 62) - 1


def uuid7() -> UUID:
    """Return a new id: 48 bits of milliseconds, 74 random bits."""
    return UUID(int=number7())


def hex7() -> str:
    """Return a new id as 32 digits, for what is only ever text."""
    return f"{number7():032x}"


def number7() -> int:
    """Return a new id as a number."""
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    return milliseconds << 80 | VERSION_7 | (random & RANDOM_A) | VARIANT | (random & RANDOM_B)


@lru_cache(maxsize=65_536)
def as_uuid(name: str) -> UUID | None:
    """Return the id that a text names, None if it cannot be one."""
    try:
        return UUID(name)
    except ValueError:
        return None


def derived_uuid7(root: UUID, name: str) -> UUID:
    """Return the id that ``name`` has under ``root``: always the same, with the root's time."""
    digest = int.from_bytes(sha256(root.bytes + name.encode()).digest()[:10], "big")
    return UUID(
        int=root.int >> 80 << 80 | VERSION_7 | (digest & RANDOM_A) | VARIANT | (digest & RANDOM_B)
    )
