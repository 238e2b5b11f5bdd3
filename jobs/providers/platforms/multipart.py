"""A form with a file in it, as bytes (RFC 7578)."""

import secrets
from collections.abc import Mapping

from jobs.providers.api import Payload
from jobs.providers.platforms.platform import Attachment


def as_multipart(file_field: str, file: Attachment, fields: Mapping[str, str]) -> Payload:
    """Return a file and some fields to be sent like a form; empty fields are left out."""
    boundary = secrets.token_hex(16)
    parts = [part(name, value.encode()) for name, value in fields.items() if value]
    disposition = f'{file_field}"; filename="{quoted(file.name)}'
    media_type = f"Content-Type: {one_line(file.media_type)}\r\n".encode()
    parts.append(part(disposition, file.data, media_type))
    opened = f"--{boundary}\r\n".encode()
    content = b"".join(opened + one for one in parts) + f"--{boundary}--\r\n".encode()
    return Payload(f"multipart/form-data; boundary={boundary}", content)


def part(disposition: str, content: bytes, more: bytes = b"") -> bytes:
    """Return one part of the form."""
    head = f'Content-Disposition: form-data; name="{disposition}"\r\n'.encode()
    return head + more + b"\r\n" + content + b"\r\n"


def quoted(name: str) -> str:
    """Return a file name as browsers send it: quotes and line ends as per cent codes."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def one_line(value: str) -> str:
    """Return a header's value that cannot begin another header."""
    return "".join(c for c in value if c.isprintable() and c.isascii())
