"""``jobcast watch ID``: a job's life, or a batch's, as it happens; the exit code tells how it ended."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from service.client import FINAL, Batch, Job, Jobcast, JobResource, RefusedError
from service.client.happenings import Ended, Happening
from service.commands.batch_bar import bar_for
from service.commands.completing import job_ids
from service.commands.connection import Token, Url, connect
from service.commands.screen import screen_for
from service.commands.terminal import COLOURS, AsJson, clean, err, out, show_json, spoken

STOPPED = 130
MISSING = 404


def watch(
    ident: Annotated[
        str, typer.Argument(metavar="ID", help="A job or a batch.", autocompletion=job_ids)
    ],
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Watch a job or a batch to its end. Exit code 0 only when all of it succeeded."""
    with connect(url, token) as jobcast:
        found = find(jobcast, ident)
        if isinstance(found, Batch):
            raise typer.Exit(watch_batch(found, as_json=as_json))
        raise typer.Exit(watch_job(found, as_json=as_json))


def find(jobcast: Jobcast, ident: str) -> Job | Batch:
    """Return the job of that id, else the batch. Raises RefusedError when there is neither."""
    try:
        return jobcast.job(ident)
    except RefusedError as error:
        if error.status != MISSING:
            raise
    return jobcast.find_batch(ident)


def watch_job(job: Job, *, as_json: bool = False) -> int:
    """Draw ``job`` until it ends; return the exit code. Ctrl-C stops the watching, not the job."""
    console = out()
    try:
        follow_to_end(job, console, as_json=as_json)
    except KeyboardInterrupt:
        err().print(f"The job goes on. Watch it again: jobcast watch {job.id}", soft_wrap=True)
        return STOPPED
    if not as_json:
        conclude(job.current, console)
    return 0 if job.state == "succeeded" else 1


def follow_to_end(job: Job, console: Console, *, as_json: bool) -> None:
    """Draw the story, or write it as lines of JSON."""
    if as_json:
        for happening in job.watch():
            show_json(told(happening), line=True)
        return
    with screen_for(console, job.kind) as screen:
        for happening in job.watch():
            screen.show(happening)


def told(happening: Happening) -> dict[str, Any]:
    """Return a happening as JSON; an ending with the whole job."""
    fields = {} if isinstance(happening, Ended) else asdict(happening)
    if isinstance(happening, Ended) and happening.job is not None:
        fields = {"job": happening.job.raw}
    return {"happened": type(happening).__name__, **fields}


def watch_batch(batch: Batch, *, as_json: bool = False) -> int:
    """Draw ``batch`` until all of it has ended; return 0 only when every job succeeded."""
    try:
        with bar_for(out(), batch.id, as_json=as_json) as bar:
            for news in batch.watch():
                bar.show(news)
    except KeyboardInterrupt:
        err().print(f"The jobs go on. Watch them again: jobcast watch {batch.id}", soft_wrap=True)
        return STOPPED
    counts, total = batch.current.counts, batch.current.total
    if counts.get("succeeded", 0) == total:
        return 0
    err().print(f"See which did not succeed: jobcast jobs --batch {batch.id} --state failed")
    return 1


def conclude(job: JobResource, console: Console) -> None:
    """Print the last line and the result."""
    console.print(last_line(job), soft_wrap=True)
    if job.state == "succeeded" and job.result is not None:
        console.print_json(data=job.result)
    if job.state in FINAL - {"succeeded"}:
        err().print(f"Run it again: jobcast retry {job.id}", soft_wrap=True)


def last_line(job: JobResource) -> Text:
    """Return how and when it ended: ``succeeded after 3.2 s: …``."""
    line = Text.assemble(*parts(job))
    line.stylize(f"bold {COLOURS.get(job.state, '')}", 0, len(job.state))
    return line


def parts(job: JobResource) -> Iterator[str | tuple[str, str]]:
    """Yield the words of a last line."""
    yield job.state
    if job.finished_at:
        yield f" after {spoken(job.finished_at - job.created_at)}"
    if job.error:
        yield f": {clean(job.error.message)}"
        yield f" ({clean(job.error.code)})", "bright_black"
