"""Progress, output and logs: live, for who comes late, and over a retry."""

import asyncio
from typing import Any

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import Socket, joined
from tests.conformance.target import Visitor

WORDS = 30


@rule("worker")
async def output_comes_whole_and_in_order(visitor: Visitor) -> None:
    job = await visitor.submit("stream", {"words": WORDS, "pause": 0.01}, delay=0.3)
    socket, subbed = await joined(visitor, f"job:{job}")

    text = await heard(socket, subbed)

    expect(text, whole(1), "the text")


@rule("worker")
async def who_comes_late_has_the_output_so_far(visitor: Visitor) -> None:
    job = await visitor.submit("stream", {"words": WORDS, "pause": 0.05})
    early, first = await joined(visitor, f"job:{job}")
    await early.event("job.output")

    late, second = await joined(visitor, f"job:{job}")

    require(second["snapshot"]["ephemeral"]["output"], "no output in the snapshot")
    require(second["snapshot"]["ephemeral"]["logs"], "no logs in the snapshot")
    texts = await asyncio.gather(heard(late, second), heard(early, first, ""))
    expect(texts[0], whole(1), "the text of who came late")


@rule("worker")
async def a_retry_replaces_what_the_failed_attempt_said(visitor: Visitor) -> None:
    args = {"words": WORDS, "pause": 0.02, "fail_first": True}
    job = await visitor.submit("stream", args, delay=0.3)
    socket, subbed = await joined(visitor, f"job:{job}")

    text = await heard(socket, subbed)

    expect(text, whole(2), "the text after the retry")


@rule("worker")
async def log_lines_are_numbered_within_their_attempt(visitor: Visitor) -> None:
    job = await visitor.submit("stream", {"words": WORDS, "pause": 0.01}, delay=0.3)
    socket, subbed = await joined(visitor, f"job:{job}")

    await heard(socket, subbed)

    told = [e["data"] for f in socket.heard if f["t"] == "ev" for e in f["e"] if is_log(e)]
    lines = [*subbed["snapshot"]["ephemeral"]["logs"], *told]
    numbers = {(line["attempt"], line["line"]) for line in lines}
    expect(sorted(numbers), [(1, n) for n in range(1, WORDS + 1)], "attempt and line")


@rule("worker")
async def progress_is_told_and_in_every_later_snapshot(visitor: Visitor) -> None:
    job = await visitor.submit("slow", {"seconds": 3})
    socket, _ = await joined(visitor, f"job:{job}")
    progress = await socket.event("job.progress")
    require("offset" not in progress, "what is ephemeral has no offset")

    _, late = await joined(visitor, f"job:{job}")
    _, mine = await joined(visitor, "me")

    require(late["snapshot"]["ephemeral"]["progress"]["fraction"] >= 0, "no progress in the job's")
    [shown] = [each for each in mine["snapshot"]["state"]["jobs"] if each["id"] == job]
    require(shown["progress"], "no progress in the user's")


@rule("worker")
async def progress_never_goes_back_within_an_attempt(visitor: Visitor) -> None:
    job = await visitor.submit("slow", {"seconds": 1}, delay=0.3)
    socket, subbed = await joined(visitor, f"job:{job}")

    await heard(socket, subbed)

    told = [
        e for f in socket.heard if f["t"] == "ev" for e in f["e"] if e["type"] == "job.progress"
    ]
    fractions = [event["data"]["fraction"] for event in told]
    require(len(fractions) > 3 and fractions == sorted(fractions), f"{fractions}")


def whole(attempt: int) -> str:
    """Return what the kind says in one attempt."""
    return "".join(f"[{attempt}:{number}] " for number in range(WORDS))


def is_log(event: dict[str, Any]) -> bool:
    return bool(event["type"] == "job.log")


async def heard(socket: Socket, subbed: dict[str, Any], begun: str | None = None) -> str:
    """Listen to the job's end and return its output as a client shows it."""
    shown = (subbed["snapshot"]["ephemeral"]["output"] or {}) if begun is None else {}
    view = {"attempt": shown.get("attempt", 0), "text": shown.get("text", begun or "")}
    while (frame := await socket.hear())["t"] != "unsubbed":
        for event in frame.get("e", []):
            if event["type"] == "job.output":
                follow(view, event["data"], strict=begun is None)
    return str(view["text"])


def follow(view: dict[str, Any], data: dict[str, Any], *, strict: bool) -> None:
    """Add a piece of output; a newer attempt begins anew, what is there already is left out."""
    if data["attempt"] > view["attempt"]:
        view |= {"attempt": data["attempt"], "text": ""}
    start, have = data["position"] - len(data["text"]), len(view["text"])
    if strict:
        require(start <= have, f"a hole from {have} to {start}")
    view["text"] += data["text"][max(have - start, 0) :]
