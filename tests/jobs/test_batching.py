import asyncio
from collections.abc import Sequence

import pytest

from jobs.batching import Batcher


class Recorder:
    """A flush that waits to be let through and remembers what came together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()

    async def flush(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.entered.set()
        await self.gate.wait()
        return [item * 10 for item in items]


async def test_an_idle_batcher_flushes_at_once() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batcher = Batcher(recorder.flush)

    answer = await batcher.add(1)

    assert answer == 10
    assert recorder.batches == [[1]]


async def test_what_comes_during_a_flush_goes_together() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.flush, lanes=1)
    first = asyncio.create_task(batcher.add(1))
    await recorder.entered.wait()

    others = [asyncio.create_task(batcher.add(n)) for n in range(2, 6)]
    await asyncio.sleep(0)
    recorder.gate.set()
    answers = await asyncio.gather(first, *others)

    assert answers == [10, 20, 30, 40, 50]
    assert recorder.batches == [[1], [2, 3, 4, 5]]


async def test_a_batch_is_never_larger_than_allowed() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.flush, most=2, lanes=1)
    tasks = [asyncio.create_task(batcher.add(n)) for n in range(5)]
    recorder.gate.set()

    await asyncio.gather(*tasks)

    assert max(len(batch) for batch in recorder.batches) == 2


async def test_a_spoiled_item_fails_alone() -> None:
    async def flush(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        if 3 in items:
            raise ValueError("three")
        return list(items)

    batcher = Batcher(flush, lanes=1, spoiled=(ValueError,))
    answers = await asyncio.gather(*(batcher.add(n) for n in range(6)), return_exceptions=True)

    assert [a for a in answers if isinstance(a, int)] == [0, 1, 2, 4, 5]
    assert isinstance(answers[3], ValueError)


async def test_every_waiter_hears_of_another_error() -> None:
    async def flush(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        raise OSError("gone")

    batcher = Batcher(flush, lanes=1)
    answers = await asyncio.gather(batcher.add(1), batcher.add(2), return_exceptions=True)

    assert [type(a) for a in answers] == [OSError, OSError]


async def test_a_waiter_that_left_does_not_disturb_the_others() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.flush)
    left, stays = asyncio.create_task(batcher.add(1)), asyncio.create_task(batcher.add(2))
    await recorder.entered.wait()

    left.cancel()
    recorder.gate.set()

    assert await stays == 20
    with pytest.raises(asyncio.CancelledError):
        await left


async def test_drain_waits_for_everything_added() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.flush, most=1, lanes=1)
    tasks = [asyncio.create_task(batcher.add(n)) for n in range(3)]
    await recorder.entered.wait()
    recorder.gate.set()

    await batcher.drain()

    assert recorder.batches == [[0], [1], [2]]
    await asyncio.gather(*tasks)
