"""How often an attempt speaks, counted in a time that jumps: often while somebody hears it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from jobs.reporter import Reporter
from jobs.settings import JobsSettings
from jobs.store.row import NAMES, JobRow
from jobs.testing.clock import Clock
from jobs.testing.loop import FakeTimeLoop
from realtime.channels import Channel
from realtime.ephemeral import Ephemeral, How, Kept, Told

READ: dict[str, Any] = {"id": "j1", "org_id": "acme", "user_id": "anna", "attempt": 1}
"""What a reporter reads."""
ROW = JobRow(**{**dict.fromkeys(NAMES), **READ})


class Ear(Ephemeral):
    """Hears what is told, and when; ``listeners`` do too. ``reached`` False plays an outage."""

    def __init__(self) -> None:
        self.listeners = 0
        self.reached = True
        self.times: list[float] = []
        self.told: list[Channel] = []
        self.sizes: list[int] = []

    async def _remember(
        self, channel: Channel, attempt: int, how: How, value: Sequence[Any], publish: Told
    ) -> Kept:
        self.times.append(asyncio.get_running_loop().time())
        if not self.reached:
            return Kept("unreached")
        self.told += [to for to, _ in publish]
        if how[0] == "text":
            self.sizes.append(len(value[1]))
        return Kept("kept", self.listeners)

    def between(self, start: float, end: float) -> int:
        """Return how often something was said from ``start`` until before ``end``."""
        return sum(start <= time < end for time in self.times)


def speak(
    work: Callable[[Reporter, Ear], Awaitable[None]], ear: Ear | None = None, **changed: Any
) -> Ear:
    """Let ``work`` speak through a reporter, in fake time."""
    ear = ear or Ear()

    async def attempt() -> None:
        reporter = Reporter(ROW, ear, JobsSettings(**changed))
        await work(reporter, ear)
        await reporter.close()

    loop = FakeTimeLoop(Clock(), patience=0)
    try:
        loop.run_until_complete(attempt())
    finally:
        loop.close()
    return ear


async def ten_seconds(reporter: Reporter) -> None:
    """Say a new progress every 10 ms for ten seconds."""
    for step in range(1000):
        await reporter.progress(step / 1000, "")
        await asyncio.sleep(0.01)


def test_progress_is_told_twenty_times_a_second_while_it_is_watched() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        ear.listeners = 1
        await ten_seconds(reporter)

    ear = speak(work)

    assert 150 <= len(ear.times) <= 200
    assert {channel.kind for channel in ear.told} == {"job", "user", "org"}


def test_progress_that_nobody_watches_is_told_twice_a_second() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        await ten_seconds(reporter)

    assert len(speak(work).times) <= 22


def test_whoever_comes_is_noticed_with_the_next_word_and_told_at_once_again() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        await ten_seconds(reporter)
        ear.listeners = 1
        await ten_seconds(reporter)
        ear.listeners = 0
        await ten_seconds(reporter)

    ear = speak(work)

    assert ear.between(1, 10) <= 19
    assert ear.between(10, 10.6) >= 2
    assert ear.between(10.6, 20) >= 140
    assert ear.between(21, 30) <= 19


def test_the_paces_are_settings() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        await ten_seconds(reporter)

    assert 5 <= len(speak(work, quiet_report_seconds=2.0).times) <= 7


def test_what_is_said_while_something_is_sent_follows_by_itself() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        slow = ear._remember

        async def remember(*args: Any) -> Kept:
            await asyncio.sleep(0.2)
            return await slow(*args)

        ear._remember = remember  # type: ignore[assignment, method-assign]  # a slow Redis
        await reporter.output("first")
        await asyncio.sleep(0.1)
        await reporter.output("second")
        await asyncio.sleep(5)
        assert ear.sizes == [5, 6]

    speak(work)


def test_a_flood_is_sent_in_bounded_pieces_without_waiting_for_the_pace() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        for _ in range(100):
            await reporter.output("x" * 10_000)
        assert asyncio.get_running_loop().time() < 1

    ear = speak(work)

    assert sum(ear.sizes) == 1_000_000
    assert max(ear.sizes) < 2 * 64 * 1024
    assert len(ear.times) <= 20


def test_output_past_the_bound_is_cut_between_characters() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        await reporter.output("é" * 600)
        await reporter.output("more")

    assert sum(speak(work, max_output_bytes=1001).sizes) == 1000


def test_an_outage_is_waited_out_without_holding_the_attempt_up() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        ear.reached = False
        for _ in range(300):
            await reporter.output("x" * 1000)
            await reporter.log("a line", {})
        assert asyncio.get_running_loop().time() < 1
        await asyncio.sleep(10)
        tries = len(ear.times)
        ear.reached = True
        await asyncio.sleep(2)
        assert tries < 60

    ear = speak(work)

    assert sum(ear.sizes) == 256 * 1024


def test_an_ending_waits_for_its_last_words_but_not_for_long() -> None:
    async def work(reporter: Reporter, ear: Ear) -> None:
        ear.reached = False
        await reporter.output("last words")
        asyncio.get_running_loop().call_later(1, setattr, ear, "reached", True)

    async def in_vain(reporter: Reporter, ear: Ear) -> None:
        ear.reached = False
        await reporter.output("last words")

    assert speak(work).sizes == [10]
    assert max(speak(in_vain).times) <= 1.5


class Deaf(Ear):
    """Refuses everything: a newer attempt speaks, or saying it is a fault of ours."""

    def __init__(self, fault: Exception | None) -> None:
        super().__init__()
        self.fault = fault

    async def _remember(self, *_: Any) -> Kept:
        if self.fault:
            raise self.fault
        return Kept("old")


@pytest.mark.parametrize("fault", [None, ValueError("ours")], ids=["old", "fault"])
def test_an_attempt_that_nobody_wants_to_hear_is_not_held_up(fault: Exception | None) -> None:
    async def chatter(reporter: Reporter, _: Ear) -> None:
        async with asyncio.timeout(60):
            for number in range(200):
                await reporter.log(f"line {number}", {})
                await reporter.output("word " * 1_000)

    speak(chatter, ear=Deaf(fault))
