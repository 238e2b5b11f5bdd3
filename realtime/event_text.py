"""What an event stream says besides its channels' events, as text (HTML Standard, server-sent events)."""

import orjson

from realtime.delivery import Bye, Degraded, Delivery, Done, Expiring, Gap


def event(name: str, data: bytes, cursor: str = "") -> bytes:
    """Return one event; ``data`` is one line, ``cursor`` its id if it has one.

    What a processor called its notification is brought onto one line: a line of its own is a field.
    """
    place = f"id: {cursor}\n" if cursor else ""
    called = name if name.isprintable() else " ".join(name.split())
    return b"event: %b\n%bdata: %b\n\n" % (called.encode(), place.encode(), data)


def notice(delivery: Delivery) -> bytes:
    """Return what happened to a channel or to the connection."""
    match delivery:
        case Gap(channel, reason):
            return event("gap", orjson.dumps({"channel": channel.name, "reason": reason}))
        case Done(channel, code):
            return event("unsubbed", orjson.dumps({"channel": channel.name, "code": code}))
        case _:
            return sign(delivery)


def sign(delivery: Delivery) -> bytes:
    """Return what happened to the connection; a heart-beat for what has no name."""
    match delivery:
        case Degraded(now):
            return event("status", orjson.dumps({"degraded": now}))
        case Expiring(seconds):
            return event("expiring", orjson.dumps({"seconds": seconds}))
        case Bye(code, retry_ms):
            body = orjson.dumps({"code": code, "retry_ms": retry_ms})
            return b"retry: %d\n" % max(retry_ms, 1) + event("bye", body)
    return b": hb\n\n"
