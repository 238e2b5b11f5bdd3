"""What a browser shows of one job, by the rules a client follows: pieces name their place."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from realtime.channels import Channel
from realtime.delivery import Bye, Delivery, Done, Event, Gap, Joined, State
from realtime.hub import Hub


class Screen:
    """One tab. It only ever adds what follows what it has; when a piece is missing it looks afresh."""

    def __init__(self) -> None:
        self.attempt = self.position = 0
        self.text = ""
        self.lines: list[tuple[int, int]] = []
        self.states: list[str] = []
        self.order: list[str] = []
        self.done = self.incomplete = False
        self.refreshed = 0
        self.cursor = ""

    def show(self, delivery: Delivery) -> None:
        """Take in one delivery, in the order they come."""
        match delivery:
            case Joined(_, cursor, _, first):
                for one in first:
                    self.show(one)
                self.cursor = str(cursor)
            case State(_, cursor, body):
                self._restore(orjson.loads(body))
                self.cursor = str(cursor)
            case Event(_, message):
                self._hear(message.decoded(), durable=message.durable)
            case Done():
                self.done = True
            case Gap() | Bye():
                raise AssertionError(delivery)

    def _restore(self, snapshot: dict[str, Any]) -> None:
        ephemeral = snapshot["ephemeral"]
        if "state" in snapshot:  # last words come without
            job = snapshot["state"]["job"]
            self.states.append(job["state"])
            self._begin(job["attempt"])
        if output := ephemeral["output"]:
            self._begin(output["attempt"])
            if output["attempt"] == self.attempt and output["position"] > self.position:
                self.text, self.position = output["text"], output["position"]
        self._log(ephemeral["logs"])

    def _hear(self, event: dict[str, Any], *, durable: bool) -> None:
        self.order.append(event["type"])
        if durable:
            self.states.append(event["data"]["state"])
            self.cursor = f"{event['epoch']}.{event['offset']}"
        self._begin(event["attempt"])
        if event["type"] == "job.output":
            self._add(event["data"])
        elif event["type"] == "job.log":
            self._log([event["data"]])

    def _begin(self, attempt: int) -> None:
        """Start afresh with a newer attempt: it replaces, and never appends."""
        if attempt > self.attempt:
            self.attempt, self.position, self.text = attempt, 0, ""

    def _add(self, piece: dict[str, Any]) -> None:
        if piece["attempt"] < self.attempt or piece["position"] <= self.position:
            return
        before = piece["position"] - len(piece["text"].encode())
        if before != self.position:  # something is missing: ask for the whole
            self.incomplete = True
            return
        self.text += piece["text"]
        self.position = piece["position"]

    def _log(self, lines: list[dict[str, Any]]) -> None:
        seen = set(self.lines)
        named = [(line["attempt"], line["line"]) for line in lines]
        self.lines += [name for name in named if name not in seen]


async def watch(
    hub: Hub,
    channel: Channel,
    screen: Screen,
    enough: Callable[[Screen], bool] = lambda screen: screen.done,
) -> Screen:
    """Watch on ``screen`` until it has shown enough: from where it was, if it showed something before."""
    async with asyncio.timeout(20), hub.listen(channel, screen.cursor or None) as subscriber:
        while not enough(screen):
            for delivery in await subscriber.next_batch():
                screen.show(delivery)
            if screen.incomplete and not screen.done:
                screen.incomplete = False
                screen.refreshed += 1
                await subscriber.join(channel)
    return screen
