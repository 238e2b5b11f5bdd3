"""What is read, shown once, or as a table that stays: drawn every second, or a line of JSON a change."""

import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.live import Live

from service.client import JobcastError, RefusedError
from service.commands.each import explained
from service.commands.terminal import err, out, show_json

EVERY_SECONDS = 1.0

AsLive = Annotated[bool, typer.Option("--live", "-l", help="Stay and show it live; Ctrl-C leaves.")]


def show(
    read: Callable[[], Any],
    draw: Callable[[Any], RenderableType],
    *,
    live: bool,
    as_json: bool,
    nothing: str = "",
) -> None:
    """Show what ``read`` brings, as JSON or drawn, once or for as long as somebody looks.

    In place of what is empty ``nothing`` is said, to standard error. Raises BadParameter as ``stay`` does.
    """
    if live:
        stay(read, draw, as_json=as_json)
        return
    found = read()
    if as_json:
        show_json(found)
    elif found or not nothing:
        out().print(draw(found))
    else:
        err().print(nothing)


def stay(
    read: Callable[[], Any],
    draw: Callable[[Any], RenderableType],
    *,
    as_json: bool,
    pause: Callable[[float], None] = time.sleep,
    console: Console | None = None,
) -> None:
    """Show what ``read`` brings until Ctrl-C. Raises BadParameter without a terminal or ``--json``."""
    console = console or out()
    if as_json:
        lines(read, pause)
    elif not console.is_terminal:
        raise typer.BadParameter("needs a terminal, or --json", param_hint="--live")
    else:
        pictures(read, draw, console, pause)


def lines(read: Callable[[], Any], pause: Callable[[float], None]) -> None:
    """Write a line of JSON whenever what is read has changed."""
    known: Any = None
    try:
        while True:
            found = patient(read, known)
            if found != known:
                show_json(found, line=True)
            known = found
            pause(EVERY_SECONDS)
    except KeyboardInterrupt:
        return


def pictures(
    read: Callable[[], Any],
    draw: Callable[[Any], RenderableType],
    console: Console,
    pause: Callable[[float], None],
) -> None:
    """Draw what is read in one place, again and again."""
    found = read()
    try:
        with Live(draw(found), console=console, auto_refresh=False) as picture:
            while True:
                pause(EVERY_SECONDS)
                found = patient(read, found)
                picture.update(draw(found), refresh=True)
    except KeyboardInterrupt:
        return


def patient(read: Callable[[], Any], known: Any) -> Any:
    """Return what is read; what is ``known`` while the server is away. Raises RefusedError (4xx)."""
    try:
        return read()
    except RefusedError as error:
        if known is None or error.status < SERVER_TROUBLE:
            raise JobcastError(explained(error)) from error
    except JobcastError:
        if known is None:
            raise
    return known


SERVER_TROUBLE = 500
