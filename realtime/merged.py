"""A place in a channel that has no sequence of its own: an org's, merged from those of its members.

Each member's changes are dense and in order, so they are followed part by part. What the reader is told
as ``offset`` is the sum of the parts: how many changes of the org it has been told of. Two readers may see
two members' changes in a different order, so the sum names a place exactly only while nothing is missing;
who comes back to another sum gets the whole state.
"""

from collections.abc import Mapping

from realtime.channels import Channel
from realtime.message import Message
from realtime.replay import Reading
from realtime.subscription import LIVE, Reader, Subscription


class MergedSubscription(Subscription):
    """Follows every part for itself and numbers what it passes on by the sum."""

    __slots__ = ("_known", "_places", "_too_early")

    def __init__(self, channel: Channel, reader: Reader, max_buffered: int) -> None:
        super().__init__(channel, reader, max_buffered)
        self._places: dict[str, int] = {}
        self._known = False
        self._too_early: dict[tuple[str, int], Message] = {}

    @property
    def parts(self) -> Mapping[str, int] | None:
        """Return the place in each part, None while only their sum is known."""
        return self._places if self._known else None

    def rewind(self) -> None:
        """Start afresh: which of the parts' changes the connection took is not known."""
        if self.place is LIVE:
            super().rewind()
            self._known = False

    def _arrive(self, reading: Reading) -> None:
        super()._arrive(reading)
        self._places = dict(reading.parts)
        self._known = True

    def _follow(self, message: Message) -> None:
        place = self._places.get(message.part, 0)
        if message.offset == place + 1:
            self._pass_on(message)
            self._pass_on_early(message.part)
        elif message.offset > place + 1:
            self._wait_for_the_one_before(message)

    def _pass_on(self, message: Message) -> None:
        self._places[message.part] = message.offset
        self.offset += 1
        self._reader.take(self, message.numbered(self.offset))

    def _pass_on_early(self, part: str) -> None:
        while self._too_early and self.place is LIVE:
            following = self._too_early.pop((part, self._places[part] + 1), None)
            if following is None:
                return
            self._pass_on(following)
        self._stop_waiting()

    def _wait_for_the_one_before(self, message: Message) -> None:
        if len(self._too_early) >= self._max_buffered:
            self.give_up()
            return
        self._too_early[message.part, message.offset] = message
        self._be_patient()

    def _stop_waiting(self) -> None:
        super()._stop_waiting()
        self._too_early.clear()
