"""Reading one file out of a multipart/form-data body while it streams in; nothing is held whole."""

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = "file"


class FilePart:
    """The single file of a form: open it, then read ``name``, ``media_type`` and ``chunks``."""

    def __init__(self, content_type: str, body: AsyncIterable[bytes]) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise Problem(400, "The form names no boundary.", code="malformed_form")
        self.name = ""
        self.media_type = ""
        self._body = aiter(body)
        self._parser = MultipartParser(boundary, self._callbacks())
        self._data: deque[bytes] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""
        self._begun = self._ended = False

    async def open(self) -> None:
        """Read up to the file's first byte. Raises Problem (400, 422)."""
        while not self._begun:
            if not await self._feed():
                raise Problem(422, f"The form has no file named {FIELD!r}.")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes. Raises Problem (400) when the form breaks off."""
        while True:
            while self._data:
                yield self._data.popleft()
            if not await self._feed():
                break
        if not self._ended:
            raise Problem(400, "The form breaks off.", code="malformed_form")

    async def _feed(self) -> bool:
        """Parse the next piece of the body; return False at its end."""
        piece = await anext(self._body, None)
        if piece is None:
            return False
        try:
            self._parser.write(piece)
        except (FormParserError, MultipartParseError) as error:
            raise Problem(400, "The form cannot be read.", code="malformed_form") from error
        return True

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if self._begun:
            raise Problem(422, "Send one file, and nothing else, in a form.")
        self._headers = {}

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if options.get(b"name") != FIELD.encode() or b"filename" not in options:
            raise Problem(422, f"Send one file, in a field named {FIELD!r}.")
        self.name = options[b"filename"].decode("utf-8", "replace")
        self.media_type = self._headers.get(b"content-type", b"").decode("latin-1")
        self._begun = True

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def _end(self) -> None:
        self._ended = True
