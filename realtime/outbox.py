"""What waits for a slow socket: a short, bounded queue in which newer progress replaces older."""

from collections.abc import Hashable
from itertools import count, islice

from realtime.channels import Channel
from realtime.delivery import Event

# Deltas and lines each matter, so they queue in order; any other ephemeral key is latest-value.
IN_ORDER = frozenset({"output", "log"})


class Outbox:
    """At most ``max_events`` of ``max_bytes`` in all; ``put`` says when that is too little."""

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._events: dict[Hashable, Event] = {}
        self._bytes = 0
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> bool:
        """Queue ``event``. Return False, and change nothing, if there is no room."""
        key = self._key(event)
        older = self._events.get(key)
        size = len(event.message.body)
        total = self._bytes + size - (len(older.message.body) if older else 0)
        events = len(self._events) + (older is None)
        if events > self._max_events or (total > self._max_bytes and events > 1):
            return False
        self._events.pop(key, None)
        self._events[key] = event
        self._bytes = total
        return True

    def take(self, limit: int) -> list[Event]:
        """Remove and return at most ``limit`` of the oldest events."""
        keys = list(islice(self._events, limit))
        taken = [self._events.pop(key) for key in keys]
        self._bytes -= sum(len(event.message.body) for event in taken)
        return taken

    def clear(self) -> list[Event]:
        """Remove and return everything."""
        return self.take(len(self._events))

    def drop(self, channel: Channel) -> None:
        """Remove everything of ``channel``."""
        kept = {key: event for key, event in self._events.items() if event.channel != channel}
        self._events = kept
        self._bytes = sum(len(event.message.body) for event in kept.values())

    def _key(self, event: Event) -> Hashable:
        key = event.message.key
        if not key or key.partition(":")[0] in IN_ORDER:
            return next(self._numbers)
        return event.channel, key
