"""Kinds of job for tests and benchmarks, loaded by PROCESSORS=tests.kinds."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model, field_validator

from jobs import ChildFailed, Context, Discard, Retry, fixed, processor
from jobs.context import ChildOptions


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
    return bad[args.what]  # being wrong is its point


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


class Rooms:
    """Who is at work at the same time, counted by the processors themselves."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.entered: list[Any] = []

    @contextmanager
    def enter(self, names: list[str], who: Any) -> Iterator[None]:
        """Be inside for a while; the most that were inside together are remembered."""
        self.entered.append(who)
        for name in names:
            self.inside[name] += 1
            self.most[name] = max(self.most[name], self.inside[name])
        try:
            yield
        finally:
            self.inside.subtract(names)


ROOMS = Rooms()


class Visit(BaseModel):
    rooms: list[str] = []
    who: Any = None
    seconds: float = 0.01
    times: int = 0
    how: str = "raise"


async def go_in(context: Context, args: Visit) -> int:
    with ROOMS.enter(args.rooms, args.who):
        if context.attempt <= args.times:
            await fail(context, args.how)
        await context.sleep(args.seconds)
    return context.attempt


@processor("visit", timeout=timedelta(seconds=5), backoff=fixed(timedelta(milliseconds=20)))
async def visit(context: Context, args: Visit) -> int:
    """Is in some rooms for a while."""
    return await go_in(context, args)


@processor("narrow", concurrency=2)
async def narrow(context: Context, args: Visit) -> int:
    """Visits of which two may run at once."""
    return await go_in(context, args)


@processor("paced", rate="20/s")
async def paced(context: Context, args: Visit) -> int:
    """Visits that start at most every 50 ms."""
    return await go_in(context, args)


@processor("bursty", rate="10/s burst 5")
async def bursty(context: Context, args: Visit) -> int:
    """Visits of which five may start at once after a pause."""
    return await go_in(context, args)


@processor("lined_up", queue="mail")
async def lined_up(context: Context, args: Anything) -> Anything:
    """Echoes from a queue of its own."""
    return args


class Family(BaseModel):
    child: str = "echo"
    each: list[dict[str, Any]] = []
    failed: Literal["raise", "return"] = "raise"
    key: str | None = None
    fail_first: bool = False


async def bring_up(context: Context, args: Family) -> list[Any]:
    options: ChildOptions = {"concurrency_key": args.key} if args.key else {}
    children = [await context.enqueue(args.child, each, **options) for each in args.each]
    results = await context.gather(children, failed=args.failed)
    if args.fail_first and context.attempt == 1:
        raise ValueError("not this time")
    return [r.state if isinstance(r, ChildFailed) else r for r in results]


@processor("parent", max_attempts=2, backoff=fixed(timedelta(milliseconds=20)))
async def parent(context: Context, args: Family) -> list[Any]:
    """Has children do the work."""
    return await bring_up(context, args)


@processor("hasty_parent", timeout=timedelta(milliseconds=300), max_attempts=1)
async def hasty_parent(context: Context, args: Family) -> list[Any]:
    """Has less time than its children take."""
    return await bring_up(context, args)


class Telling(BaseModel):
    texts: list[str]
    how: str = "raise"
    times: int = 0


@processor("tell", max_attempts=2, backoff=fixed(timedelta(milliseconds=20)))
async def tell(context: Context, args: Telling) -> int:
    """Puts notices into the inbox; those of an earlier attempt are there already."""
    for text in args.texts:
        await context.notify("brief_completed", {"text": text})
    if context.attempt <= args.times:
        await fail(context, args.how)
    return context.attempt


class Approval(BaseModel):
    approved: bool
    amount: int = 0

    @field_validator("amount")
    @classmethod
    def even(cls, amount: int) -> int:
        if amount % 2:
            raise ValueError("the amount must be even")
        return amount


class Asking(BaseModel):
    requests: int = 1
    wait_seconds: float | None = None
    how: str = "raise"
    times: int = 0


@processor(
    "ask",
    timeout=timedelta(milliseconds=500),
    max_attempts=2,
    backoff=fixed(timedelta(milliseconds=20)),
)
async def ask(context: Context, args: Asking) -> list[Approval]:
    """Waits for people; what they said to an earlier attempt it knows."""
    wait = timedelta(seconds=args.wait_seconds) if args.wait_seconds is not None else None
    answers = [
        await context.wait_for_input(Approval, wait, prompt=f"Request {number}?")
        for number in range(1, args.requests + 1)
    ]
    if context.attempt <= args.times:
        await fail(context, args.how)
    return answers


class Proposal(BaseModel):
    id: str = Field(json_schema_extra={"readOnly": True})
    about: str = Field(json_schema_extra={"readOnly": True})
    accept: bool = True


class Plant(Proposal):
    op: Literal["plant"] = "plant"
    what: str = Field(min_length=1, title="What")
    day: date | None = Field(None, title="Day")
    bed: Literal["", "north", "south"] = Field(
        "", title="Bed", json_schema_extra={"x-labels": {"": "No bed", "north": "North bed"}}
    )


class Water(Proposal):
    op: Literal["water"] = "water"


Step = Annotated[Plant | Water, Field(discriminator="op")]


class Garden(BaseModel):
    proposals: list[Step]
    wait_seconds: float | None = None


class Decision(BaseModel):
    proposals: list[Step]


@processor("review", max_attempts=2, backoff=fixed(timedelta(milliseconds=20)))
async def review(context: Context, args: Garden) -> Decision:
    """Says line by line what it proposes, and returns what people made of it; their answer is kept."""
    for proposal in args.proposals:
        await context.output(f"{proposal.about}\n")
    proposed = [proposal.model_dump(mode="json") for proposal in args.proposals]
    listed = Field(default=proposed, json_schema_extra={"x-review": True})
    model = create_model("Decision", __base__=Decision, proposals=(list[Step], listed))
    wait = timedelta(seconds=args.wait_seconds) if args.wait_seconds is not None else None
    return await context.wait_for_input(model, wait, prompt="Shall the garden be like this?")


class Saving(BaseModel):
    saved: list[Any]
    how: str = "raise"


@processor("save", max_attempts=2, backoff=fixed(timedelta(milliseconds=20)))
async def save(context: Context, args: Saving) -> Anything:
    """Saves, fails in the named way, and goes on from what was saved."""
    if context.attempt == 1:
        for data in args.saved:
            await context.checkpoint(data)
        await context.log("saved")
        await fail(context, args.how)
    return Anything(value=context.restored)
