r"""What travels on a channel: a message whose body is final JSON, passed on untouched.

Durable messages carry an ``offset`` that grows by one per channel; ephemeral ones (progress,
output, logs) carry a conflation ``key`` instead. Over Redis a message is one header line and the body::

    d 1841 xA3fQ2 job.succeeded 1\n{"specversion":…}      durable, offset, epoch, type, final
    d 1841 xA3fQ2 job.succeeded 0 42\n{"specversion":…}   the same as a part of an org's channel
    e progress job.progress\n{"specversion":…}             ephemeral, key, type
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import orjson


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it goes over the wire. ``body`` is one line of JSON (UTF-8).

    An org's channel merges its users' sequences: there ``part`` is the user whose sequence ``offset``
    counts, and the body has no ``offset`` yet (whoever merges adds it).
    """

    type: str
    body: bytes
    offset: int = 0
    epoch: str = ""
    key: str = ""
    final: bool = False
    part: str = ""

    @property
    def durable(self) -> bool:
        """Return whether the message has a place in its channel's sequence."""
        return not self.key

    def pack(self) -> bytes:
        """Return the form that is published through Redis."""
        if self.durable:
            part = f" {quote(self.part, safe='')}" if self.part else ""
            head = f"d {self.offset} {self.epoch} {self.type} {int(self.final)}{part}\n"
        else:
            head = f"e {self.key} {self.type}\n"
        return head.encode() + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> "Message":
        """Read what ``pack`` wrote. Raises ValueError for anything else."""
        head, _, body = packed.partition(b"\n")
        match head.decode().split(" "):
            case ["d", offset, epoch, kind, final]:
                return cls(kind, body, int(offset), epoch, final=final == "1")
            case ["d", offset, epoch, kind, final, part]:
                whose = unquote(part)
                return cls(kind, body, int(offset), epoch, final=final == "1", part=whose)
            case ["e", key, kind]:
                return cls(kind, body, key=key)
        raise ValueError("not a message")

    def decoded(self) -> Any:
        """Return the envelope as Python objects (tests, waiting requests)."""
        return orjson.loads(self.body)
