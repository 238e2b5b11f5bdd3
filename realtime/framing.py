"""How bytes are wrapped for a transport: a WebSocket's text frame (RFC 6455), a chunk (RFC 9112)."""

SHORT, MEDIUM = 126, 65_536


def text_frame(payload: bytes) -> bytes:
    """Return ``payload`` (UTF-8) as one unmasked text frame, as a server sends it."""
    size = len(payload)
    if size < SHORT:
        return b"\x81" + bytes((size,)) + payload
    if size < MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """Return a close frame; ``reason`` is cut to what a control frame holds."""
    payload = code.to_bytes(2, "big") + reason.encode()[:123]
    return b"\x88" + bytes((len(payload),)) + payload


def chunk(payload: bytes) -> bytes:
    """Return ``payload``, which is not empty, as one chunk of a chunked HTTP body."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)
