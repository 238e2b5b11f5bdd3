"""What must be finished is finished, however often its caller is told to stop."""

import asyncio

import pytest

from jobs.providers.unbroken import to_the_end


async def test_it_returns_and_raises_what_the_work_does() -> None:
    async def work(fail: bool) -> str:
        if fail:
            raise ValueError("no")
        return "done"

    assert await to_the_end(work(fail=False)) == "done"
    with pytest.raises(ValueError, match="no"):
        await to_the_end(work(fail=True))


@pytest.mark.parametrize("fail", [False, True])
async def test_cancelled_it_ends_when_the_work_is_over(fail: bool) -> None:
    begun, go_on, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        over.set()
        if fail:
            raise ValueError("no")

    caller = asyncio.create_task(to_the_end(work()))
    await begun.wait()
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
    waited = not caller.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert waited
    assert over.is_set()
