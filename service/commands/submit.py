"""``jobcast submit KIND``: hand a job in, and watch it if asked."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer

from service.commands.arguments import read_args, read_delay, split_pairs, typed
from service.commands.connection import Token, Url, connect
from service.commands.terminal import FINAL, err
from service.commands.watch import watch_job
from service.remote import Json, Remote

LONGEST_WAIT = 25


def submit(  # noqa: PLR0913 - a command's options are its parameters
    kind: Annotated[str, typer.Argument(help="What to do; `jobcast kinds` lists the kinds.")],
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
    tag: Annotated[list[str] | None, typer.Option("--tag", help="May be given again.")] = None,
    priority: Annotated[int | None, typer.Option("--priority")] = None,
    delay: Annotated[
        str | None, typer.Option("--delay", metavar="TIME", help="Start later: 90s, 5m, 2h, 1d.")
    ] = None,
    wait: Annotated[
        int,
        typer.Option(
            "--wait", min=0, max=LONGEST_WAIT, help="Seconds to wait for the end, no bar."
        ),
    ] = 0,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it live to its end.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Submit a job and print its id. With --watch or --wait, exit code 0 only when it succeeded."""
    given = read_args(args)
    words, files = split_pairs(pairs or [], "KEY=VALUE"), split_pairs(file or [], "--file")
    paths = existing(files)
    options = job_options(tag or [], priority, read_delay(delay))
    with connect(url, token) as remote:
        given |= typed(words, lambda: remote.kind(kind).get("args"))
        given |= {field: remote.upload(path)["id"] for field, path in paths.items()}
        job = remote.submit({"kind": kind, "args": given, **options}, 0 if watch else wait)
        raise typer.Exit(watch_job(remote, job) if watch else report(remote, job, wait))


def existing(files: dict[str, str]) -> dict[str, Path]:
    """Return the paths, each a readable file, before anything is sent."""
    for path in files.values():
        if not Path(path).is_file():
            raise typer.BadParameter(f"there is no file {path!r}", param_hint="--file")
    return {field: Path(path) for field, path in files.items()}


def job_options(
    tags: Iterable[str], priority: int | None, delay: timedelta | None
) -> dict[str, Json]:
    """Return the parts of a submission beside kind and args that were asked for."""
    options: dict[str, Json] = {
        "tags": list(tags) or None,
        "priority": priority,
        "delay": delay and delay.total_seconds(),
    }
    return {name: value for name, value in options.items() if value is not None}


def report(remote: Remote, job: Json, wait: int) -> int:
    """Print the id, or the whole finished job when its end was waited for."""
    if wait:
        sys.stdout.write(orjson.dumps(job, option=orjson.OPT_INDENT_2).decode() + "\n")
        if job["state"] in FINAL:
            return 0 if job["state"] == "succeeded" else 1
        err().print(f"Not finished within {wait} s: it is {job['state']} and goes on.")
        return 1
    sys.stdout.write(f"{job['id']}\n")
    err().print(
        f"{job['kind']} is {job['state']}. See it: jobcast watch {job['id']}", soft_wrap=True
    )
    return 0
