"""``jobcast schedules``: what is submitted again and again, kept by keys of one's own."""

import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from service.commands.arguments import read_args, read_delay, split_pairs, typed
from service.commands.connection import Token, Url, connect
from service.commands.terminal import clean, err, instant, out, spoken
from service.commands.watch import watch_job
from service.remote import Json, Remote, RemoteError

Key = Annotated[str, typer.Argument(metavar="KEY", help="The schedule's name.")]
Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="One schedule or more.")]

schedules = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Submit jobs again and again."
)


@schedules.command("list")
def list_schedules(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my schedules, by key."""
    with connect(url, token) as remote:
        found = list(remote.schedules())
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif found:
        out().print(table_of(found))
    else:
        err().print("No schedules yet. Make one: jobcast schedules put KEY KIND --cron …")


@schedules.command()
def put(  # noqa: PLR0913 - a command's options are its parameters
    key: Key,
    kind: Annotated[str, typer.Argument(help="What to do; `jobcast kinds` lists the kinds.")],
    pairs: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Args, one by one.")
    ] = None,
    *,
    args: Annotated[
        str | None, typer.Option("--args", help="Args as JSON, @file.json, or @- for stdin.")
    ] = None,
    cron: Annotated[str | None, typer.Option("--cron", help='Like "30 8 * * MON-FRI".')] = None,
    every: Annotated[str | None, typer.Option("--every", help="Like 90s, 5m, 2h, 1d.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Once, like 2026-12-01T09:00Z.")] = None,
    timezone: Annotated[str, typer.Option("--timezone", help="IANA zone of --cron.")] = "UTC",
    missed: Annotated[str | None, typer.Option("--missed", help="skip, one or all.")] = None,
    overlap: Annotated[
        str | None, typer.Option("--overlap", help="allow, skip or cancel_old.")
    ] = None,
    jitter: Annotated[
        str | None, typer.Option("--jitter", help="Start up to so much later.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="May be given again.")] = None,
    priority: Annotated[int | None, typer.Option("--priority")] = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Make the schedule KEY, or replace the one there is, and show its next ticks."""
    given, words = read_args(args), split_pairs(pairs or [], "KEY=VALUE")
    options = said({"tags": tag or None, "priority": priority})
    times = {"cron": cron, "every": seconds(every, "--every"), "at": at, "timezone": timezone}
    policies = {"missed": missed, "overlap": overlap, "jitter": seconds(jitter, "--jitter")}
    with connect(url, token) as remote:
        given |= typed(words, lambda: remote.kind(kind).get("args"))
        body = {"kind": kind, "args": given, "options": options, **said(times), **said(policies)}
        remote.put_schedule(key, body)
        show_ticks(remote.preview(key, 3))


@schedules.command()
def run(
    key: Key,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it live to its end.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Submit a schedule's job now, and print its id; the ticks go on as they were."""
    with connect(url, token) as remote:
        job = remote.run_schedule(key)
        if watch:
            raise typer.Exit(watch_job(remote, job))
        sys.stdout.write(f"{job['id']}\n")


@schedules.command()
def pause(keys: Keys, url: Url = None, token: Token = None) -> None:
    """Let schedules rest; what would have come meanwhile is not missed."""
    with connect(url, token) as remote:
        each(keys, lambda key: state_of(remote.change_schedule(key, {"paused": True})))


@schedules.command()
def resume(keys: Keys, url: Url = None, token: Token = None) -> None:
    """Let schedules go on from now."""
    with connect(url, token) as remote:
        each(keys, lambda key: state_of(remote.change_schedule(key, {"paused": False})))


@schedules.command()
def delete(keys: Keys, url: Url = None, token: Token = None) -> None:
    """Remove schedules; the jobs they have made go on."""
    with connect(url, token) as remote:
        each(keys, lambda key: remove(remote, key))


@schedules.command()
def preview(
    key: Key,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100)] = 10,
    url: Url = None,
    token: Token = None,
) -> None:
    """Show a schedule's next ticks by its zone's clock, and what clock changes do to them."""
    with connect(url, token) as remote:
        show_ticks(remote.preview(key, count))


def each(keys: Iterable[str], steer: Callable[[str], str]) -> None:
    """Steer every schedule, go on after a refusal, and exit with 2 if there was one."""
    refused = False
    for key in keys:
        try:
            out().print(f"{key}  {steer(key)}")
        except RemoteError as error:
            refused = True
            err().print(f"{key}: {error}")
    if refused:
        raise typer.Exit(2)


def remove(remote: Remote, key: str) -> str:
    """Remove a schedule and say so."""
    remote.delete_schedule(key)
    return "deleted"


def said(options: dict[str, Json]) -> dict[str, Json]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def seconds(text: str | None, hint: str) -> float | None:
    """Return a duration like ``5m`` in seconds."""
    duration = read_delay(text, hint)
    return None if duration is None else duration.total_seconds()


def state_of(schedule: Json) -> str:
    """Return when a schedule comes next, in a few words."""
    if schedule["paused"]:
        return "paused"
    following = instant(schedule.get("next_at"))
    return f"next {following:%Y-%m-%d %H:%M:%S} UTC" if following else "over"


def table_of(found: Iterable[Json]) -> Table:
    """Return schedules as a table that never folds a key."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("key", "kind", "when", "next"):
        table.add_column(name, no_wrap=True)
    table.add_column("runs", justify="right")
    table.add_column("problem")
    for one in found:
        problem = Text(clean(str(one.get("last_problem") or "")), style="yellow")
        names = one["key"], clean(one["kind"]), when(one), state_of(one)
        table.add_row(*names, str(one["runs"]), problem)
    return table


def when(schedule: Json) -> str:
    """Return the rule of a schedule."""
    if schedule.get("cron"):
        return f"{clean(schedule['cron'])} {clean(schedule['timezone'])}"
    if schedule.get("every"):
        return f"every {spoken(timedelta(seconds=schedule['every']))}"
    return f"at {clean(str(schedule.get('at')))}"


def show_ticks(told: Json) -> None:
    """Print ticks, one a line."""
    if not told["data"]:
        err().print("It has no more ticks.")
    for tick in told["data"]:
        local, utc = instant(tick["local"]), instant(tick["utc"])
        note = f"  {clean(tick['note'])}" if tick.get("note") else ""
        out().print(f"{local:%a %Y-%m-%d %H:%M:%S} {tick['offset']}  {utc:%H:%M:%S} UTC{note}")
