"""Kinds that use what only a flow has: children, input, checkpoints, notices."""

import asyncio
from datetime import timedelta

from pydantic import BaseModel

from jobs import Child, ChildFailed, Context, Discard, fixed, processor


class Number(BaseModel):
    number: int = 0
    fails: bool = False
    seconds: float = 0


@processor("double", max_attempts=2, backoff=fixed(timedelta(milliseconds=50)))
async def double(context: Context, args: Number) -> Number:
    """Returns twice the number."""
    await context.sleep(args.seconds)
    if args.fails:
        raise Discard("no such number", code="no_number")
    return Number(number=2 * args.number)


class Family(BaseModel):
    count: int = 3
    failing: int = -1
    """Which child fails, if any."""
    fail_first: bool = False
    """Whether the first attempt fails once its children are there."""
    seconds: float = 0
    strict: bool = True


@processor(
    "family",
    timeout=timedelta(seconds=5),
    max_attempts=2,
    backoff=fixed(timedelta(milliseconds=50)),
)
async def parent(context: Context, args: Family) -> list[int]:
    """Doubles numbers by children and returns what they came to; -1 stands for a failure."""
    children: list[Child] = [
        await context.enqueue(
            "double", Number(number=n, fails=n == args.failing, seconds=args.seconds)
        )
        for n in range(args.count)
    ]
    if args.fail_first and context.attempt == 1:
        raise ValueError("not this time")
    if args.strict:
        return [result["number"] for result in await context.gather(children)]
    results = await context.gather(children, failed="return")
    return [-1 if isinstance(r, ChildFailed) else r["number"] for r in results]


class Nothing(BaseModel):
    pass


@processor("twins")
async def twins(context: Context, args: Nothing) -> int:
    """Enqueues the same job twice: two jobs, not one."""
    children = [await context.enqueue("double", {"number": 1}) for _ in range(2)]
    return len({child.id for child in children})


class Verdict(BaseModel):
    approved: bool


class Asking(BaseModel):
    times: int = 1
    seconds: float | None = None
    fail_first: bool = False


@processor(
    "approval",
    timeout=timedelta(seconds=5),
    max_attempts=2,
    backoff=fixed(timedelta(milliseconds=50)),
)
async def approval(context: Context, args: Asking) -> list[bool]:
    """Asks people, as often as it is told to."""
    timeout = None if args.seconds is None else timedelta(seconds=args.seconds)
    given = [
        await context.wait_for_input(Verdict, timeout, prompt=f"Question {n}")
        for n in range(args.times)
    ]
    if args.fail_first and context.attempt == 1:
        raise ValueError("not this time")
    return [verdict.approved for verdict in given]


@processor("both", timeout=timedelta(seconds=5), max_attempts=1)
async def both(context: Context, args: Nothing) -> bool:
    """Waits for a child and for people at the same time, then works on for a while."""
    child = await context.enqueue("double", Number(seconds=60))
    answer = context.wait_for_input(Verdict, timedelta(hours=1))
    _, verdict = await asyncio.gather(context.gather([child]), answer)
    await context.sleep(4)
    return bool(verdict.approved)


@processor("late", timeout=timedelta(seconds=5), max_attempts=1)
async def late(context: Context, args: Nothing) -> None:
    """Works too long after it has waited."""
    await context.sleep(3)
    await context.gather([await context.enqueue("double", Number(seconds=60))])
    await context.sleep(3)


class Steps(BaseModel):
    steps: int = 5
    fail_at: int = 3


@processor("steps", backoff=fixed(timedelta(milliseconds=50)))
async def steps(context: Context, args: Steps) -> list[int]:
    """Does steps, remembers how far it came, and fails once."""
    first = context.restored["next"] if context.restored else 0
    for step in range(first, args.steps):
        if step == args.fail_at and context.attempt == 1:
            raise ValueError("half way")
        await context.checkpoint({"next": step + 1})
    return [first, args.steps]


@processor("crier", backoff=fixed(timedelta(milliseconds=50)))
async def crier(context: Context, args: Nothing) -> int:
    """Notifies in every attempt, and fails the first."""
    await context.notify("brief_completed", {"pages": 3})
    await context.notify("attempted", {"attempt": context.attempt})
    if context.attempt == 1:
        raise ValueError("not this time")
    return context.attempt


@processor("forever", timeout=timedelta(days=1))
async def forever(context: Context, args: Nothing) -> None:
    """Runs until somebody stops it."""
    while True:
        await asyncio.sleep(60)
