"""Checking: every rule against a target, and the table of what was found."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.conformance import (
    channels,
    closing,
    commands,
    ephemeral,
    events,
    frames,
    greeting,
    handshake,
    joining,
    order,
    polling,
    renewal,
    resuming,
    streams_end,
)
from tests.conformance.rules import RULES, Rule
from tests.conformance.target import Target, Visitor, visiting

PARTS = (
    handshake, greeting, joining, resuming, order, channels, frames, closing, renewal, events,
    streams_end, polling, ephemeral, commands,
)  # fmt: skip
RULE_SECONDS = 30.0
Outcome = Literal["pass", "FAIL", "skip"]


@dataclass(frozen=True)
class Finding:
    """What came of one rule; ``why`` it failed, or was left out."""

    rule: Rule
    outcome: Outcome
    why: str = ""
    seconds: float = 0.0


async def check_all(target: Target, *, only: str = "", together: int = 6) -> list[Finding]:
    """Check the rules whose part or name contains ``only``; one after the other for a single user."""
    gate = asyncio.Semaphore(together if target.secret else 1)

    async def in_turn(rule: Rule) -> Finding:
        async with gate:
            return await check(rule, target)

    chosen = [rule for rule in RULES if only in f"{rule.part}: {rule.name}"]
    return await asyncio.gather(*(in_turn(rule) for rule in chosen))


async def check(rule: Rule, target: Target) -> Finding:
    """Check one rule."""
    missing = rule.needs - {name for name, there in abilities(target).items() if there}
    if missing:
        return Finding(rule, "skip", f"needs {', '.join(sorted(missing))}")
    began = time.monotonic()
    try:
        async with visiting(target) as visitor:
            waits = rule.seconds(visitor)
            if waits > target.patience_seconds:
                return Finding(rule, "skip", f"takes {waits:.0f} s")
            why = await tried(rule, visitor, RULE_SECONDS + waits)
    except Exception as error:
        why = f"could not be tried: {error!r}"
    return Finding(rule, "FAIL" if why else "pass", why, time.monotonic() - began)


async def tried(rule: Rule, visitor: Visitor, seconds: float) -> str:
    """Return why the rule does not hold; "" if it does."""
    try:
        async with asyncio.timeout(seconds):
            await rule.check(visitor)
    except TimeoutError:
        return f"nothing more came within {seconds:.0f} s"
    except Exception as error:
        return str(error) if isinstance(error, AssertionError) else repr(error)
    return ""


def abilities(target: Target) -> dict[str, bool]:
    return {"worker": target.worker, "users": bool(target.secret)}


def table(findings: Sequence[Finding]) -> str:
    """Return the findings, part by part, and how many there are of each sort."""
    lines = []
    for part in dict.fromkeys(finding.rule.part for finding in findings):
        lines += ["", part.replace("_", " ").upper()]
        lines += [line(finding) for finding in findings if finding.rule.part == part]
    count = Counter(finding.outcome for finding in findings)
    told = f"{count['pass']} passed, {count['FAIL']} failed, {count['skip']} left out"
    return "\n".join([*lines, "", told])


def line(finding: Finding) -> str:
    why = f"\n          {finding.why}" if finding.why else ""
    return f"  {finding.outcome}  {finding.rule.name} ({finding.seconds:.1f} s){why}"
