"""What a route promises, beside its code: who may call, what goes in, what comes out. OpenAPI reads it."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from jobs.audit import Action
from service.auth import required_caller
from service.call import Call
from service.errors import Problem

Run = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One way an operation can end well. ``model`` is its JSON; others name their media type."""

    description: str
    model: type[BaseModel] | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``scope`` is what a caller must hold: "" any caller, None nobody.

    ``records`` names what the audit log keeps of it, whichever of them was done.
    """

    run: Run
    scope: str | None
    answers: Mapping[int, Answer]
    body: type[BaseModel] | None = None
    body_types: tuple[str, ...] = ("application/json",)
    bodiless: bool = False  # whether the body may be left out
    query: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    records: tuple[Action, ...] = ()

    @property
    def name(self) -> str:
        """Return the operation's id."""
        return self.run.__name__

    @property
    def text(self) -> str:
        """Return what the operation does."""
        return inspect.getdoc(self.run) or ""


def operation(
    *, scope: str | None, answers: Mapping[int, Answer], **promises: Any
) -> Callable[[Run], Operation]:
    """Make an Operation out of ``async def run(call: Call) -> Response``."""
    return lambda run: Operation(run, scope, answers, **promises)


Table = tuple[tuple[str, str, Operation], ...]


class Methods:
    """The operations of one path, as an ASGI app: picks by method, checks the caller's scope."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        head = ["HEAD"] if "GET" in operations else []
        self.allowed = ", ".join([*operations, *head, "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Call(scope, receive, send))
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        found = self.operations.get("GET" if call.method == "HEAD" else call.method)
        if found is not None:
            if found.scope is not None:
                required_caller(call.scope, found.scope or None)
            return await found.run(call)
        if call.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self.allowed})
        detail = f"Allowed here: {self.allowed}."
        raise Problem(405, detail, headers={"Allow": self.allowed})


def routes_of(table: Table) -> list[BaseRoute]:
    """Return one route per path of ``table``, in its order."""
    by_path: dict[str, dict[str, Operation]] = {}
    for method, path, found in table:
        by_path.setdefault(path, {})[method] = found
    return [Route(path, Methods(operations)) for path, operations in by_path.items()]
