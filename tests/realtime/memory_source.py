"""The contract's other side, played in memory: channels whose changes a test makes up."""

from collections import defaultdict
from collections.abc import Collection, Iterable

import orjson

from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import UnknownChannel
from realtime.message import Message
from realtime.source import Changes, Parts, Positions, Snapshot


class MemorySource:
    """A truth that is always committed; ``record`` adds to it, and nobody is told."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.down = False
        self.folding = False
        self.asked: list[tuple[str, int]] = []
        self.checks = 0
        self._stories: dict[Channel, list[Message]] = defaultdict(list)

    def record(
        self, channel: Channel, kind: str = "job.started", *, final: bool = False, part: str = ""
    ) -> Message:
        """Commit one change of ``channel`` and return it; on an org's channel, of the user ``part``."""
        story = self._stories[channel]
        offset = sum(told.part == part for told in story) + 1
        body = {"type": kind, "channel": channel.name, "epoch": self.epoch}
        place = {"user": part} if part else {"offset": offset}
        message = Message(
            kind, orjson.dumps(body | place), offset, self.epoch, final=final, part=part
        )
        story.append(message)
        return message

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
        if channel.kind == "org":
            return channel.id == caller.org
        return channel in self._stories

    async def positions(self, channels: Collection[Channel]) -> Positions:
        self._answer()
        self.checks += 1
        offsets = {c: len(self._stories.get(c, ())) for c in channels}
        parts = {c: self._parts(c) for c in channels if c.kind == "org"}
        return Positions(self.epoch, offsets, parts)

    async def moved(self, known: Iterable[tuple[Channel, int]]) -> Positions:
        self._answer()
        self.checks += 1
        offsets = {c: len(self._stories.get(c, ())) for c, _ in known}
        return Positions(self.epoch, {c: offsets[c] for c, n in known if offsets[c] != n})

    async def changes(
        self, channel: Channel, since: int, limit: int, parts: Parts | None = None
    ) -> Changes:
        self._answer()
        self.asked.append((channel.name, since))
        story = self._story(channel)
        if channel.kind == "org":
            seen = parts if parts is not None else {}
            missed = [told for told in story if told.offset > seen.get(told.part, 0)]
            if self.folding:  # each thing once, in its latest state
                missed = list({told.part: told for told in missed}.values())
            complete = len(missed) <= limit if parts is not None else since == len(story)
            found = missed[:limit] if parts is not None else []
            return Changes(self.epoch, len(story), found, complete, self._parts(channel))
        found = story[since : since + limit]
        return Changes(self.epoch, len(story), found, complete=len(story) - since <= limit)

    async def snapshot(self, channel: Channel) -> Snapshot:
        self._answer()
        story = self._story(channel)
        final = channel.kind == "job" and bool(story) and story[-1].final
        what = channel.kind if channel.kind in {"job", "batch"} else "jobs"
        state = orjson.dumps({what: len(story)})
        return Snapshot(self.epoch, len(story), state, final, self._parts(channel))

    def _parts(self, channel: Channel) -> dict[str, int]:
        story = self._stories.get(channel, [])
        return {told.part: told.offset for told in story if told.part}

    def _story(self, channel: Channel) -> list[Message]:
        if channel not in self._stories and channel.kind not in {"user", "org"}:
            raise UnknownChannel
        return self._stories[channel]

    def _answer(self) -> None:
        if self.down:
            raise ConnectionError("the database is away")
