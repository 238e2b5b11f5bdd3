r"""What travels on a channel: a message whose body is final JSON, passed on untouched.

Durable messages carry an ``offset`` that grows by one per channel; ephemeral ones (progress,
output, logs) carry a conflation ``key`` instead. Over Redis a message is one header line and the body::

    d 1841 xA3fQ2 job.succeeded 1\n{"specversion":…}       durable, offset, epoch, type, final
    d 1841 xA3fQ2 job.succeeded 1 ann%20b\n{"specversion":…}   the same on a merged channel, of part "ann b"
    e progress job.progress\n{"specversion":…}              ephemeral, key, type (URL-quoted)
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import orjson


@dataclass(slots=True)
class Message:
    """One event as it goes over the wire. ``body`` is one line of JSON (UTF-8).

    On a merged channel ``offset`` counts within ``part``, and the body gets its offset where it is heard.
    ``frame`` and ``chunk`` keep what the transports made of the body, so that a message for a thousand
    listeners is framed once. Not frozen only because that would double the cost of making one.
    """

    type: str
    body: bytes
    offset: int = 0
    epoch: str = ""
    key: str = ""
    final: bool = False
    part: str = ""
    frame: bytes = field(default=b"", init=False, repr=False, compare=False)
    chunk: bytes = field(default=b"", init=False, repr=False, compare=False)

    @property
    def durable(self) -> bool:
        """Return whether the message has a place in its channel's sequence."""
        return not self.key

    def pack(self) -> bytes:
        """Return the form that is published through Redis."""
        if self.durable:
            part = " " + quote(self.part, safe="") if self.part else ""
            head = f"d {self.offset} {self.epoch} {quote(self.type)} {int(self.final)}{part}\n"
        else:
            head = f"e {self.key} {quote(self.type)}\n"
        return head.encode() + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> "Message":
        """Read what ``pack`` wrote. Raises ValueError for anything else."""
        head, _, body = packed.partition(b"\n")
        match head.decode().split(" "):
            case ["d", offset, epoch, kind, final]:
                return cls(_plain(kind), body, int(offset), epoch, "", final == "1")
            case ["d", offset, epoch, kind, final, part]:
                return cls(_plain(kind), body, int(offset), epoch, "", final == "1", unquote(part))
            case ["e", key, kind]:
                return cls(_plain(kind), body, key=key)
        raise ValueError("not a message")

    def numbered(self, offset: int) -> "Message":
        """Return a merged channel's message with its place there, which its body does not have yet."""
        body = b'%b,"offset":%d}' % (self.body[:-1], offset)
        return Message(self.type, body, offset, self.epoch, self.key, self.final, self.part)

    def decoded(self) -> Any:
        """Return the envelope as Python objects (tests, waiting requests)."""
        return orjson.loads(self.body)


def _plain(kind: str) -> str:
    """Return a type as it was: a processor may call a notification anything."""
    return unquote(kind) if "%" in kind else kind
