"""The contract's other side, played in memory: channels whose changes a test makes up."""

from collections import defaultdict
from collections.abc import Collection

import orjson

from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import UnknownChannel
from realtime.message import Message
from realtime.source import Changes, Positions, Snapshot


class MemorySource:
    """A truth that is always committed; ``record`` adds to it, and nobody is told."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.down = False
        self.asked: list[tuple[str, int]] = []
        self.checks = 0
        self._stories: dict[Channel, list[Message]] = defaultdict(list)

    def record(
        self, channel: Channel, kind: str = "job.started", *, final: bool = False
    ) -> Message:
        """Commit one change of ``channel`` and return it."""
        story = self._stories[channel]
        offset = len(story) + 1
        body = {"type": kind, "channel": channel.name, "offset": offset, "epoch": self.epoch}
        story.append(Message(kind, orjson.dumps(body), offset, self.epoch, final=final))
        return story[-1]

    def exists(self, channel: Channel) -> None:
        """Let ``channel`` exist without a change."""
        self._stories[channel]

    def remove(self, channel: Channel) -> None:
        """Let ``channel`` be gone."""
        del self._stories[channel]

    def restore_backup(self, epoch: str) -> None:
        """Lose the last change of everything, as a restored database does."""
        self.epoch = epoch
        for story in self._stories.values():
            del story[-1:]

    async def may_listen(self, caller: Caller, channel: Channel) -> bool:
        self._answer()
        if channel.kind == "user":
            return channel.id == caller.user
        return channel in self._stories

    async def positions(self, channels: Collection[Channel]) -> Positions:
        self._answer()
        self.checks += 1
        return Positions(self.epoch, {c: len(self._stories.get(c, ())) for c in channels})

    async def changes(self, channel: Channel, since: int, limit: int) -> Changes:
        self._answer()
        self.asked.append((channel.name, since))
        story = self._story(channel)
        found = story[since : since + limit]
        complete = len(story) - since <= limit
        return Changes(self.epoch, len(story), found, complete=complete)

    async def snapshot(self, channel: Channel) -> Snapshot:
        self._answer()
        story = self._story(channel)
        final = channel.kind == "job" and bool(story) and story[-1].final
        state = {"job" if channel.kind == "job" else "jobs": len(story)}
        return Snapshot(self.epoch, len(story), orjson.dumps(state), final)

    def _story(self, channel: Channel) -> list[Message]:
        if channel not in self._stories and channel.kind != "user":
            raise UnknownChannel
        return self._stories[channel]

    def _answer(self) -> None:
        if self.down:
            raise ConnectionError("the database is away")
