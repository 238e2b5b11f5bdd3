"""What the shell may complete: states by heart, kinds and ids from the server if it answers at once."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import typer

from service.client import FINAL, Jobcast, JobcastError
from service.commands.connection import connect

PATIENCE_SECONDS = 1.0
MOST = 50
LIVING = ("waiting", "scheduled", "queued", "running", "retrying")


def states(incomplete: str) -> list[str]:
    """Return the states that begin so."""
    return [state for state in (*LIVING, *sorted(FINAL)) if state.startswith(incomplete)]


def kind_names(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the kinds that begin so, each with its first line."""
    found = ask(ctx, lambda jobcast: jobcast.kinds())
    lines = [(kind.kind, kind.description.split("\n", 1)[0]) for kind in found]
    return [line for line in lines if line[0].startswith(incomplete)]


def job_ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return my newest jobs whose id begins so, each with its kind and state."""
    found = ask(ctx, lambda jobcast: list(jobcast.jobs(limit=MOST)))
    named = [(job.id, f"{job.kind} {job.state}") for job in found]
    return [line for line in named if line[0].startswith(incomplete)]


def schedule_keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the keys of my schedules that begin so."""
    found = ask(ctx, lambda jobcast: list(jobcast.schedules.list()))
    return [one.key for one in found if one.key.startswith(incomplete)]


def queue_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the queues that begin so."""
    found = ask(ctx, lambda jobcast: jobcast.queues().data)
    return [one.name for one in found if one.name.startswith(incomplete)]


def ask(ctx: typer.Context, question: Callable[[Jobcast], Iterable[Any]]) -> Iterable[Any]:
    """Return what the server answers; nothing when it does not at once: nobody waits for a Tab."""
    url, token = ctx.params.get("url"), ctx.params.get("token")
    with (
        suppress(JobcastError),
        connect(url, token, timeout_seconds=PATIENCE_SECONDS, retries=0) as jobcast,
    ):
        return question(jobcast)
    return ()
