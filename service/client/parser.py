"""Server-Sent Events from the bytes of a stream (WHATWG HTML §9.2.6), heart-beats included."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from service.client.errors import JobcastError

LARGEST_EVENT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of a stream. A comment is one too, without ``name``: it says that the line lives.

    ``retry`` is left out: it is for who knows no jitter.
    """

    name: str = ""
    data: str = ""
    cursor: str = ""


class EventParser:
    """Takes bytes as they come and yields each event when its empty line has come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest: list[str] = []
        self._size = 0
        self._begin()

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Yield what is complete. Raises JobcastError for an event of more than 16 MiB."""
        self._size += len(data)
        if self._size > LARGEST_EVENT:
            raise JobcastError("The server sent an event that is too large to be one.")
        *lines, rest = self._decoder.decode(data).split("\n")
        for line in lines:
            whole, self._rest = "".join([*self._rest, line]), []
            yield from self._line(whole.removesuffix("\r"))
        self._rest.append(rest)

    def _line(self, line: str) -> Iterator[Heard]:
        """Take one line."""
        if not line:
            if self._told:
                yield Heard(self._name or "message", "\n".join(self._data), self._cursor)
            self._begin()
        elif line.startswith(":"):
            yield Heard()
        else:
            name, _, value = line.partition(":")
            self._field(name, value.removeprefix(" "))

    def _field(self, name: str, value: str) -> None:
        """Take one field of an event."""
        self._told = True
        match name:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id":
                self._cursor = value

    def _begin(self) -> None:
        """Be ready for the next event."""
        self._name, self._cursor, self._told, self._size = "", "", False, 0
        self._data: list[str] = []
