"""Kinds of job for the scenarios: each notes its start, and tells its attempt in its result."""

import asyncio
import ctypes
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from jobs import Context, fixed, processor
from tests.faults.journal import note

GATE_CHECK_SECONDS = 0.02


class Value(BaseModel):
    value: Any = None
    seconds: float = 0


class Told(BaseModel):
    attempt: int
    value: Any = None


def began(context: Context) -> None:
    note("ran", context.job.id, context.attempt, os.getpid())


@processor("noted")
async def noted(context: Context, args: Value) -> Told:
    """Takes its time and returns its value; the note shows a second run."""
    began(context)
    await context.sleep(args.seconds)
    return Told(attempt=context.attempt, value=args.value)


class Gate(BaseModel):
    gate: str


@processor("gated", timeout=timedelta(minutes=2))
async def gated(context: Context, args: Gate) -> Told:
    """Runs until a file is there; harmless to repeat."""
    began(context)
    await opened(context, args)
    return Told(attempt=context.attempt)


@processor("held_again", timeout=timedelta(minutes=2))
async def held_again(context: Context, args: Gate) -> Told:
    """Ends at once, but only the first time; after that it waits for a file."""
    began(context)
    if context.attempt > 1:
        await opened(context, args)
    return Told(attempt=context.attempt)


async def opened(context: Context, args: Gate) -> None:
    while not Path(args.gate).exists():
        await context.sleep(GATE_CHECK_SECONDS)


class Trouble(BaseModel):
    how: str
    times: int = 1
    seconds: float = 0


@processor("troubled", max_attempts=3, backoff=fixed(timedelta(milliseconds=20)))
async def troubled(context: Context, args: Trouble) -> Told:
    """Does something bad to its process in its first attempts."""
    began(context)
    if context.attempt <= args.times:
        await trouble(args)
    return Told(attempt=context.attempt)


async def trouble(args: Trouble) -> None:
    match args.how:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "block":
            time.sleep(args.seconds)
        case "raise":
            raise ValueError("not this time")
        case "files":
            await greedy(args.seconds)
        case "deaf":
            await deaf(args.seconds)


async def deaf(seconds: float) -> None:
    """Ignore every cancellation for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            await asyncio.sleep(until - time.monotonic())
        except asyncio.CancelledError:
            note("deaf")


async def greedy(seconds: float) -> None:
    """Open files until there are none left, and keep them for a while."""
    taken: list[int] = []
    try:
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        note("files", len(taken))
    await asyncio.sleep(seconds)
    for descriptor in taken:
        os.close(descriptor)


class Telling(BaseModel):
    words: int
    seconds: float


@processor("telling", timeout=timedelta(minutes=2))
async def telling(context: Context, args: Telling) -> Told:
    """Says a numbered word, a line and how far it is, again and again."""
    began(context)
    for n in range(args.words):
        await context.output(f"word {n} ")
        await context.log(f"line {n}")
        await context.progress(n / args.words, f"at {n}")
        await context.sleep(args.seconds / args.words)
    return Told(attempt=context.attempt)
