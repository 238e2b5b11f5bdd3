"""What a rule is: a sentence, what it needs of the server, and a check that talks to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.conformance.target import Visitor

Check = Callable[[Visitor], Awaitable[None]]


class Broken(AssertionError):
    """The server does not do what the rule says."""


@dataclass(frozen=True)
class Rule:
    """One promise. ``needs``: "worker" runs the kinds of tests.kinds, "users" any number of callers.

    ``seconds`` is how long the server's own clocks make it wait.
    """

    part: str
    name: str
    needs: frozenset[str]
    seconds: Callable[[Visitor], float]
    check: Check


RULES: list[Rule] = []


def rule(
    *needs: str, seconds: Callable[[Visitor], float] = lambda _: 0.0
) -> Callable[[Check], Check]:
    """Put a check into the table; its name is the rule."""

    def put(check: Check) -> Check:
        part = check.__module__.rpartition(".")[2]
        name = check.__name__.replace("_", " ")
        RULES.append(Rule(part, name, frozenset(needs), seconds, check))
        return check

    return put


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise Broken unless both are equal."""
    if found != wanted:
        raise Broken(f"{what}: expected {wanted!r}, got {found!r}"[:500])


def require(true: object, what: str) -> None:
    """Raise Broken unless it is so."""
    if not true:
        raise Broken(what[:500])
