"""``jobcast jobs``, ``cancel`` and ``retry``: my jobs, listed and steered."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.client import Jobcast, JobQuery, JobResource
from service.commands.completing import job_ids, kind_names, states
from service.commands.connection import Token, Url, connect
from service.commands.each import each
from service.commands.live import AsLive, show
from service.commands.terminal import (
    COLOURS,
    AsJson,
    clean,
    spoken,
    table,
)

Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help="One job or more.", autocompletion=job_ids),
]


def jobs(  # noqa: PLR0913 - a command's options are its parameters
    *,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="May be given again.", autocompletion=states),
    ] = None,
    kind: Annotated[str | None, typer.Option("--kind", autocompletion=kind_names)] = None,
    tag: Annotated[str | None, typer.Option("--tag")] = None,
    batch: Annotated[str | None, typer.Option("--batch", metavar="ID")] = None,
    search: Annotated[
        str | None, typer.Option("--search", "-q", help="In id, kind, tags, key and error.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000)] = 20,
    live: AsLive = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my jobs, newest first."""
    asked = {"state": state, "kind": kind, "tag": tag, "batch": batch, "q": search}
    query: Any = {name: value for name, value in asked.items() if value}
    with connect(url, token) as jobcast:
        show(
            partial(listed, jobcast, query, limit),
            lambda raws: table_of(map(JobResource, raws)),
            live=live,
            as_json=as_json,
            nothing="No such jobs." if query else "No jobs yet. Submit one: jobcast submit KIND",
        )


def listed(jobcast: Jobcast, query: JobQuery, limit: int) -> list[Mapping[str, Any]]:
    """Return jobs as they came."""
    return [job.current.raw for job in jobcast.jobs(limit=limit, **query)]


def cancel(ids: Ids, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Stop jobs, queued or running."""
    with connect(url, token) as jobcast:
        each(ids, lambda ident: jobcast.cancel(ident).raw, word_of, as_json=as_json)


def retry(ids: Ids, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Run failed, cancelled or expired jobs again."""
    with connect(url, token) as jobcast:
        each(ids, lambda ident: jobcast.retry(ident).raw, word_of, as_json=as_json)


def word_of(raw: Mapping[str, Any]) -> str:
    """Return a job's state in a word."""
    return told_state(JobResource(raw))


def told_state(job: JobResource) -> str:
    """Return the state, with a stop that is asked for but not done yet."""
    return "stopping" if job.state == "running" and job.cancel_requested_at else job.state


def table_of(found: Iterable[JobResource]) -> Table:
    """Return jobs as a table that never folds an id."""
    names = ("id", "kind", "state", "progress", "age", "took")
    made, now = table(names, ("age", "took"), ("progress",)), datetime.now(UTC)
    for job in found:
        made.add_row(*row_of(job, now))
    return made


def row_of(job: JobResource, now: datetime) -> list[str | Text]:
    """Return one job's cells."""
    started = job.started_at
    took = spoken((job.finished_at or now) - started) if started else ""
    state = Text(told_state(job), style=COLOURS.get(job.state, ""))
    return [job.id, clean(job.kind), state, how_far(job), spoken(now - job.created_at), took]


def how_far(job: JobResource) -> str:
    """Return the progress, or why the job failed."""
    if job.error and job.state != "succeeded":
        return clean(job.error.message)
    if not job.progress or job.state == "succeeded":
        return ""
    message = clean(str(job.progress.raw.get("message", "")))
    return f"{job.progress.fraction:.0%} {message}".rstrip()
