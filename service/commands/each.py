"""An order given to several things by name: one refusal does not stop the others."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typer

from service.client import JobcastError, RefusedError
from service.commands.terminal import err, out, show_json
from service.serving import TROUBLE


def each(
    names: Iterable[str],
    steer: Callable[[str], Mapping[str, Any] | None],
    tell: Callable[[Mapping[str, Any]], str],
    *,
    as_json: bool = False,
) -> None:
    """Steer each, print a line or its JSON, and exit with 2 if there was a refusal.

    ``tell`` says in a word what became of it; what has nothing to answer is ``{}`` there.
    """
    done: list[Mapping[str, Any]] = []
    refused = False
    for name in names:
        try:
            answer = steer(name) or {}
        except RefusedError as error:
            refused = True
            err().print(f"{name}: {explained(error)}")
        else:
            done.append(answer or {"id": name})
            if not as_json:
                out().print(f"{name}  {tell(answer)}", soft_wrap=True)
    if as_json:
        show_json(done)
    if refused:
        raise typer.Exit(TROUBLE)


def explained(error: JobcastError) -> str:
    """Return what went wrong, and what to do about it where that is known."""
    return f"{error} Give a token with --token or JOBCAST_TOKEN." if unknown(error) else str(error)


def unknown(error: JobcastError) -> bool:
    """Return whether the server does not know who we are."""
    return isinstance(error, RefusedError) and error.status == UNAUTHORIZED


UNAUTHORIZED = 401
