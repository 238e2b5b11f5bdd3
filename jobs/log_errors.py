"""An error as a log may have it: without the values that some libraries repeat in its text.

asyncpg says "invalid input for query argument $3: …" and adds the row that broke a constraint, SQLAlchemy
the parameters, redis-py the command, pydantic the input: args, results, addresses, credentials.
"""

import sys
from collections.abc import Iterator
from typing import Any

import structlog
from structlog.typing import EventDict

TALKATIVE = frozenset({"asyncpg", "sqlalchemy", "redis", "pydantic", "pydantic_core", "orjson"})
SILENCED = "(values are not logged)"
LONGEST_CHAIN = 20
SHORTEST = 8  # a line that may hold a value, and is not found by chance


def with_exception(logger: Any, name: str, event: EventDict) -> EventDict:
    """Render ``exc_info`` as structlog does, then take out what such errors say of values."""
    error = raised(event.get("exc_info"))
    event = structlog.processors.format_exc_info(logger, name, event)
    if error is not None and isinstance(event.get("exception"), str):
        event["exception"] = quiet(error, event["exception"])
    return event


def told(error: BaseException) -> str:
    """Return an error in one line, without the values it repeats."""
    return f"{type(error).__name__}: {summary(error)}" if talkative(error) else repr(error)


def talkative(error: BaseException) -> bool:
    """Return whether an error comes from a library that repeats values."""
    return type(error).__module__.partition(".")[0] in TALKATIVE


def raised(given: object) -> BaseException | None:
    """Return the error that is meant by ``exc_info``."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def quiet(error: BaseException, text: str) -> str:
    """Return the text of an error's trace without the values that it or its causes repeat."""
    for each in chain(error):
        if talkative(each) and (said := str(each)):
            text = text.replace(said, summary(each))
            for line in said.splitlines():  # a group's trace is indented
                text = text.replace(line, SILENCED) if len(line) >= SHORTEST else text
    return text


def summary(error: BaseException) -> str:
    """Return what is harmless of an error's words, and the names Postgres gives."""
    found = {
        name: getattr(error, name, None) for name in ("sqlstate", "table_name", "constraint_name")
    }
    named = [f"{name}={value}" for name, value in found.items() if isinstance(value, str)]
    words = str(error).partition("\n")[0].partition(":")[0].partition('"')[0]
    return " ".join([words.strip()[:200], *named, SILENCED])


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it came from, and the members of groups; each once."""
    todo, seen = [error], set[int]()
    while todo and len(seen) < LONGEST_CHAIN:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        todo += [one for one in (each.__cause__, each.__context__, *inner) if one is not None]
