"""Kinds of job for tests and benchmarks, loaded by PROCESSORS=tests.kinds."""

import asyncio
import os
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from jobs import Context, Discard, Retry, fixed, processor


class Anything(BaseModel):
    value: Any = None


@processor("echo")
async def echo(context: Context, args: Anything) -> Anything:
    """Returns its args; twice is as good as once."""
    return args


class Duration(BaseModel):
    seconds: float = 30
    stubborn: bool = False
    """Whether it ignores being cancelled."""


@processor("slow", timeout=timedelta(minutes=2))
async def slow(context: Context, args: Duration) -> Anything:
    """Waits in small steps and tells its progress."""
    steps = max(int(args.seconds * 10), 1)
    for step in range(steps):
        await context.progress(step / steps, f"step {step + 1} of {steps}")
        try:
            await context.sleep(args.seconds / steps)
        except asyncio.CancelledError:
            if not args.stubborn:
                raise
    return Anything(value="done")


class Trouble(BaseModel):
    times: int = 1
    how: str = "raise"


@processor("flaky", max_attempts=3, backoff=fixed(timedelta(milliseconds=50)))
async def flaky(context: Context, args: Trouble) -> Anything:
    """Fails in the named way for the first ``times`` attempts."""
    if context.attempt <= args.times:
        await fail(context, args.how)
    return Anything(value=context.attempt)


async def fail(context: Context, how: str) -> None:
    match how:
        case "raise":
            raise ValueError("not this time")
        case "retry":
            raise Retry(after=0.05)
        case "discard":
            raise Discard("never again", code="never")
        case "exit":
            raise SystemExit(3)
        case "cancel_itself":
            raise asyncio.CancelledError
        case "kill":
            os._exit(9)
        case "hang":
            await context.sleep(3600)


@processor(
    "impatient", timeout=timedelta(milliseconds=200), max_attempts=2, backoff=fixed(timedelta())
)
async def impatient(context: Context, args: Duration) -> Anything:
    """Takes longer than it may."""
    while True:
        try:
            await context.sleep(args.seconds)
            return Anything(value="in time")
        except asyncio.CancelledError:
            if not args.stubborn:
                raise
            args = Duration(seconds=0.01)


class Words(BaseModel):
    words: int = 20
    pause: float = 0.02
    fail_first: bool = False


@processor("stream", max_attempts=2, backoff=fixed(timedelta(milliseconds=50)))
async def stream(context: Context, args: Words) -> Anything:
    """Streams numbered words and logs."""
    for number in range(args.words):
        await context.output(f"[{context.attempt}:{number}] ")
        await context.log("a word", number=number)
        await context.sleep(args.pause)
        if args.fail_first and context.attempt == 1 and number == args.words // 2:
            raise ValueError("half way")
    return Anything(value=args.words)


class Shape(BaseModel):
    what: str


@processor("misshapen", max_attempts=1)
async def misshapen(context: Context, args: Shape) -> Anything:
    """Returns what it must not."""
    bad: dict[str, Any] = {
        "type": "no model at all",
        "nul": Anything(value="a\x00b"),
        "surrogate": Anything(value="\ud800"),
        "large": Anything(value="x" * 2_000_000),
    }
    return bad[args.what]  # type: ignore[no-any-return]  # being wrong is its point


@processor("count_up")
async def count_up(context: Context, args: Duration) -> list[list[int]]:
    """Returns a list of lists."""
    return [[n] for n in range(3)]


@processor("chatterbox")
async def chatterbox(context: Context, args: Anything) -> int:
    """Says things that JSON and databases choke on."""
    await context.log("nul \x00 and surrogate \ud800", number=2**80, thing=object(), text="\udfff")
    await context.output("a\x00b\ud800c")
    await context.progress(float("nan"), "\ud800" * 10)
    await context.progress(7, "x" * 10_000)
    return 1
