"""``jobcast submit KIND``: hand a job in, or a file of them as one batch, and watch if asked."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from service.client import FINAL, Batch, Job
from service.commands.arguments import read_args, read_delay, read_jobs, split_pairs, typed
from service.commands.completing import kind_names
from service.commands.connection import Token, Url, connect
from service.commands.terminal import AsJson, err, show_json
from service.commands.watch import watch_batch, watch_job

LONGEST_WAIT = 25


def submit(  # noqa: PLR0913 - a command's options are its parameters
    kind: Annotated[
        str | None,
        typer.Argument(
            help="What to do; `jobcast kinds` lists the kinds.", autocompletion=kind_names
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Args, one by one.")
    ] = None,
    *,
    args: Annotated[
        str | None, typer.Option("--args", help="Args as JSON, @file.json, or @- for stdin.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="FIELD=PATH", help="Upload PATH and pass its id as FIELD."),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="JSONL", help="A job a line, as one batch; - for stdin."),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="May be given again.")] = None,
    priority: Annotated[int | None, typer.Option("--priority")] = None,
    delay: Annotated[
        str | None, typer.Option("--delay", metavar="TIME", help="Start later: 90s, 5m, 2h, 1d.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Idempotency key: said twice, it is one job.")
    ] = None,
    wait: Annotated[
        int,
        typer.Option(
            "--wait", min=0, max=LONGEST_WAIT, help="Seconds to wait for the end, no bar."
        ),
    ] = 0,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it live to its end.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Submit a job and print its id. With --watch or --wait, exit code 0 only when it succeeded."""
    options = job_options(tag or [], priority, read_delay(delay))
    if batch is not None:
        if pairs or args or file or wait:
            raise typer.BadParameter("takes args from its lines alone", param_hint="--batch")
        jobs = read_jobs(batch, kind, options)
        with connect(url, token) as jobcast:
            made = jobcast.batch(jobs, idempotency_key=key)
            raise typer.Exit(ended_batch(made, watch=watch, as_json=as_json))
    if kind is None:
        raise typer.BadParameter("name a kind, or --batch", param_hint="KIND")
    given, words = read_args(args), split_pairs(pairs or [], "KEY=VALUE")
    paths = existing(split_pairs(file or [], "--file"))
    with connect(url, token) as jobcast:
        given |= typed(words, lambda: jobcast.kind(kind).args)
        given |= {field: jobcast.upload(path).id for field, path in paths.items()}
        seconds = 0 if watch else wait
        job = jobcast.submit(kind, given, wait=seconds, idempotency_key=key, **options)
        if watch:
            raise typer.Exit(watch_job(job, as_json=as_json))
    raise typer.Exit(report(job, wait, as_json=as_json))


def existing(files: dict[str, str]) -> dict[str, Path]:
    """Return the paths, each a readable file, before anything is sent."""
    for path in files.values():
        if not Path(path).is_file():
            raise typer.BadParameter(f"there is no file {path!r}", param_hint="--file")
    return {field: Path(path) for field, path in files.items()}


def job_options(tags: Iterable[str], priority: int | None, delay: timedelta | None) -> Any:
    """Return the parts of a submission beside kind and args that were asked for."""
    options = {
        "tags": list(tags) or None,
        "priority": priority,
        "delay": delay and delay.total_seconds(),
    }
    return {name: value for name, value in options.items() if value is not None}


def report(job: Job, wait: int, *, as_json: bool) -> int:
    """Print the id, or the whole job when its end was waited for; return the exit code."""
    if wait or as_json:
        show_json(job.current.raw)
    else:
        sys.stdout.write(f"{job.id}\n")
        told = f"{job.kind} is {job.state}. See it: jobcast watch {job.id}"
        err().print(told, soft_wrap=True)
    if wait and job.state not in FINAL:
        err().print(f"Not finished within {wait} s: it is {job.state} and goes on.")
    return 0 if not wait or job.state == "succeeded" else 1


def ended_batch(made: Batch, *, watch: bool, as_json: bool) -> int:
    """Print a batch's id, or watch it to its end; return the exit code."""
    if watch:
        return watch_batch(made, as_json=as_json)
    if as_json:
        show_json({**made.current.raw, "job_ids": made.job_ids})
    else:
        sys.stdout.write(f"{made.id}\n")
        told = f"{len(made.job_ids):,} jobs are in. See them: jobcast watch {made.id}"
        err().print(told, soft_wrap=True)
    return 0
