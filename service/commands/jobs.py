"""``jobcast jobs``, ``cancel`` and ``retry``: my jobs, listed and steered."""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from service.commands.connection import Token, Url, connect
from service.commands.story import told_state
from service.commands.terminal import COLOURS, clean, err, instant, out, spoken
from service.remote import Json, RemoteError

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="One job or more.")]


def jobs(
    state: Annotated[list[str] | None, typer.Option("--state", help="May be given again.")] = None,
    kind: Annotated[str | None, typer.Option("--kind")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The jobs as a JSON array.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my jobs, newest first."""
    filters = [("state", s) for s in state or []] + ([("kind", kind)] if kind else [])
    with connect(url, token) as remote:
        found = list(remote.jobs(filters, limit))
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif found:
        out().print(table_of(found))
    else:
        err().print("No such jobs." if filters else "No jobs yet. Submit one: jobcast submit KIND")


def cancel(ids: Ids, url: Url = None, token: Token = None) -> None:
    """Stop jobs, queued or running."""
    with connect(url, token) as remote:
        each(ids, remote.cancel)


def retry(ids: Ids, url: Url = None, token: Token = None) -> None:
    """Run failed, cancelled or expired jobs again."""
    with connect(url, token) as remote:
        each(ids, remote.retry)


def each(ids: Iterable[str], steer: Callable[[str], Json]) -> None:
    """Steer every job, go on after a refusal, and exit with 2 if there was one."""
    refused = False
    for job_id in ids:
        try:
            job = steer(job_id)
        except RemoteError as error:
            refused = True
            err().print(f"{job_id}: {error}")
        else:
            out().print(f"{job_id}  {told_state(job)}")
    if refused:
        raise typer.Exit(2)


def table_of(found: Iterable[Json]) -> Table:
    """Return jobs as a table that never folds an id."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("progress")
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    now = datetime.now(UTC)
    for job in found:
        table.add_row(*row_of(job, now))
    return table


def row_of(job: Json, now: datetime) -> list[str | Text]:
    """Return one job's cells."""
    created, started = instant(job.get("created_at")), instant(job.get("started_at"))
    finished = instant(job.get("finished_at"))
    took = spoken((finished or now) - started) if started else ""
    state = Text(told_state(job), style=COLOURS.get(job["state"], ""))
    age = spoken(now - created) if created else ""
    return [job["id"], clean(job["kind"]), state, how_far(job), age, took]


def how_far(job: Json) -> str:
    """Return the progress, or why the job failed."""
    error, progress = job.get("error") or {}, job.get("progress") or {}
    if error and job["state"] != "succeeded":
        return clean(str(error.get("message", "")))
    if not progress or job["state"] == "succeeded":
        return ""
    message = clean(str(progress.get("message", "")))
    return f"{float(progress.get('fraction', 0)):.0%} {message}".rstrip()
