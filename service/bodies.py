"""Reading a request's JSON strictly: what Postgres, a browser or a person could misread is refused.

400 for text that is no JSON (or JSON nobody can mean: NaN, a key twice, numbers that lose digits),
415 for another type, 422 with pointers for strings Postgres cannot hold and for a wrong shape.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from jobs.processor import escape, pointers
from service.errors import Problem
from service.headers import header

JSON = "application/json"
DEEPEST = 32
MOST_KEYS = 1_000
LARGEST_INTEGER = 2**53 - 1  # what every JSON reader holds exactly (RFC 8259 §6)
LONGEST_INTEGER = 17

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A request's body or query: unknown fields are refused."""

    # Built when first used: a process meets few of them, and all of them take megabytes.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def changes_of(asked: Body, empties: Collection[str]) -> dict[str, Any]:
    """Return what a change names. Null empties a field of ``empties``; any other it leaves as it is."""
    said = asked.model_dump(exclude_unset=True)
    return {name: value for name, value in said.items() if value is not None or name in empties}


async def read_body(request: Request, model: type[M], *, optional: bool = False) -> M:
    """Return the request's body as ``model``; an ``optional`` one may be absent. Raises Problem."""
    body = await request.body()
    if not body and optional:
        return checked(model, {})
    check_type(request)
    return checked(model, parse(body))


def check_type(request: Request) -> None:
    """Refuse, with 415, a body that does not say it is JSON in UTF-8."""
    declared = header(request.scope, b"content-type") or ""
    if declared == JSON and header(request.scope, b"content-encoding") is None:
        return
    media_type, _, parameters = declared.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != JSON or charset not in {"", "utf-8", "utf8"}:
        raise Problem(415, "Send application/json in UTF-8.", headers={"Accept": JSON})
    if (header(request.scope, b"content-encoding") or "identity").lower() != "identity":
        raise Problem(415, "Send the body uncompressed.")


def checked(model: type[M], value: object, root: str = "") -> M:
    """Return ``value`` as ``model``. Raises Problem (422) with a pointer for each fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = pointers(error, root)
        raise Problem(422, "The request does not fit the schema.", errors=faults) from error


def parse(body: bytes) -> Any:
    """Return strict JSON as Python objects. Raises Problem."""
    value = plain(body)
    return thorough(body) if value is UNSURE else value


UNSURE = object()
DOUBTFUL = re.compile(rb"\\u|[0-9]{16}|[0-9][eE][+-]?[0-9]{3}")
"""What might be NUL or a surrogate (unescaped they are no UTF-8 JSON), or a number that loses digits."""


def plain(body: bytes) -> Any:
    """Return JSON of which a look at its bytes shows that nothing is wrong with it, else UNSURE.

    ``thorough`` would return the same, at ten times the cost. Each key has a colon of its own, so a key
    that came twice leaves fewer of them when what was read is written again.
    """
    if DOUBTFUL.search(body):
        return UNSURE
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return UNSURE
    colons, opened = body.count(b":"), body.count(b"{") + body.count(b"[")
    if (colons > MOST_KEYS or opened > DEEPEST) and not within(value, DEEPEST):
        return UNSURE
    return value if orjson.dumps(value).count(b":") == colons else UNSURE


def within(value: object, levels: int) -> bool:
    """Return whether nothing in ``value`` is nested deeper, or has too many keys."""
    if isinstance(value, dict):
        inner: Iterable[object] = value.values()
        if len(value) > MOST_KEYS:
            return False
    elif isinstance(value, list):
        inner = value
    else:
        return True
    return levels > 0 and all(within(one, levels - 1) for one in inner)


def thorough(body: bytes) -> Any:
    """Return strict JSON as Python objects, or say what is wrong with it. Raises Problem."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=unique,
            parse_int=exact,
            parse_float=finite,
            parse_constant=refuse,
        )
    except Malformed as error:
        raise Problem(400, str(error), code="malformed_json") from error
    except UnicodeDecodeError as error:
        raise Problem(400, "The body is not UTF-8.", code="malformed_json") from error
    except RecursionError as error:
        raise Problem(400, "The JSON is nested too deeply.", code="malformed_json") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        detail = f"The body is not JSON: {error.msg} at {where}."
        raise Problem(400, detail, code="malformed_json") from error
    check_strings(value)
    return value


class Malformed(ValueError):
    """JSON that cannot be meant."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose keys are all different."""
    if len(pairs) > MOST_KEYS:
        raise Malformed(f"An object has more than {MOST_KEYS} keys.")
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("An object has the same key twice.")
    return result


def exact(text: str) -> int:
    """Return an integer every reader holds exactly."""
    if len(text) > LONGEST_INTEGER or abs(int(text)) > LARGEST_INTEGER:
        raise Malformed("An integer is too large to be exact; send it as a string.")
    return int(text)


def finite(text: str) -> float:
    """Return a number that is not infinite."""
    number = float(text)
    if not math.isfinite(number):
        raise Malformed("A number is too large.")
    return number


def refuse(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's parser would take."""
    raise Malformed(f"{name} is not JSON.")


def check_strings(value: object) -> None:
    """Refuse too deep a body (400), and strings that no database holds (422 with pointers)."""
    faults = [
        {"pointer": pointer, "detail": "A string must not contain NUL or a lone surrogate."}
        for pointer, text in strings(value)
        if not storable(text)
    ]
    if faults:
        raise Problem(422, "The body has a string that cannot be stored.", errors=faults[:20])


def storable(text: str) -> bool:
    """Return whether Postgres can hold ``text``."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def strings(value: object, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every string, keys too, with a JSON pointer to it. Raises Problem (400) when too deep."""
    if depth > DEEPEST:
        raise Problem(400, f"The JSON is nested deeper than {DEEPEST}.", code="malformed_json")
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield pointer + "/" + shown(key), key
            yield from strings(inner, f"{pointer}/{shown(key)}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from strings(inner, f"{pointer}/{index}", depth + 1)


def shown(key: str) -> str:
    """Return a key as a pointer's step that any encoder can write."""
    return escape(key).encode("utf-8", "backslashreplace").decode()
