"""``jobcast schedules``: what is submitted again and again, kept by keys of one's own."""

import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.client.models import SchedulePreview, ScheduleResource
from service.commands.arguments import read_args, read_delay, split_pairs, typed
from service.commands.completing import kind_names, schedule_keys
from service.commands.connection import Token, Url, connect
from service.commands.each import each
from service.commands.terminal import AsJson, clean, err, out, show_json, spoken, table
from service.commands.watch import watch_job

Key = Annotated[
    str,
    typer.Argument(metavar="KEY", help="The schedule's name.", autocompletion=schedule_keys),
]
Keys = Annotated[
    list[str],
    typer.Argument(metavar="KEY...", help="One schedule or more.", autocompletion=schedule_keys),
]

schedules = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Submit jobs again and again."
)


@schedules.command("list")
def list_schedules(
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my schedules, by key."""
    with connect(url, token) as jobcast:
        found = list(jobcast.schedules.list())
    if as_json:
        show_json([one.raw for one in found])
    elif found:
        out().print(table_of(found))
    else:
        err().print("No schedules yet. Make one: jobcast schedules put KEY KIND --cron …")


@schedules.command()
def put(  # noqa: PLR0913 - a command's options are its parameters
    key: Key,
    kind: Annotated[
        str,
        typer.Argument(
            help="What to do; `jobcast kinds` lists the kinds.", autocompletion=kind_names
        ),
    ],
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
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Make the schedule KEY, or replace the one there is, and show its next ticks."""
    given, words = read_args(args), split_pairs(pairs or [], "KEY=VALUE")
    options = said({"tags": tag or None, "priority": priority})
    times = {"cron": cron, "every": seconds(every, "--every"), "at": at, "timezone": timezone}
    policies = {"missed": missed, "overlap": overlap, "jitter": seconds(jitter, "--jitter")}
    with connect(url, token) as jobcast:
        given |= typed(words, lambda: jobcast.kind(kind).args)
        rule = {"options": options, **said(times), **said(policies)}
        made = jobcast.schedules.put(key, kind, given, **rule)
        if as_json:
            show_json(made.raw)
        else:
            show_ticks(jobcast.schedules.preview(key, 3))


@schedules.command()
def run(
    key: Key,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it live to its end.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Submit a schedule's job now, and print its id; the ticks go on as they were."""
    with connect(url, token) as jobcast:
        job = jobcast.schedules.run(key)
        if watch:
            raise typer.Exit(watch_job(job, as_json=as_json))
    if as_json:
        show_json(job.current.raw)
    else:
        sys.stdout.write(f"{job.id}\n")


@schedules.command()
def pause(keys: Keys, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Let schedules rest; what would have come meanwhile is not missed."""
    with connect(url, token) as jobcast:
        each(keys, lambda key: jobcast.schedules.pause(key).raw, word_of, as_json=as_json)


@schedules.command()
def resume(keys: Keys, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Let schedules go on from now."""
    with connect(url, token) as jobcast:
        each(keys, lambda key: jobcast.schedules.resume(key).raw, word_of, as_json=as_json)


@schedules.command()
def delete(keys: Keys, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Remove schedules; the jobs they have made go on."""
    with connect(url, token) as jobcast:
        each(keys, jobcast.schedules.delete, lambda _: "deleted", as_json=as_json)


@schedules.command()
def preview(
    key: Key,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100)] = 10,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Show a schedule's next ticks by its zone's clock, and what clock changes do to them."""
    with connect(url, token) as jobcast:
        ticks = jobcast.schedules.preview(key, count)
    if as_json:
        show_json(ticks.raw)
    else:
        show_ticks(ticks)


def said(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def seconds(text: str | None, hint: str) -> float | None:
    """Return a duration like ``5m`` in seconds."""
    duration = read_delay(text, hint)
    return None if duration is None else duration.total_seconds()


def word_of(raw: Mapping[str, Any]) -> str:
    """Return when a schedule comes next, in a few words."""
    return state_of(ScheduleResource(raw))


def state_of(schedule: ScheduleResource) -> str:
    """Return when a schedule comes next, in a few words."""
    if schedule.paused:
        return "paused"
    return f"next {schedule.next_at:%Y-%m-%d %H:%M:%S} UTC" if schedule.next_at else "over"


def table_of(found: Iterable[ScheduleResource]) -> Table:
    """Return schedules as a table that never folds a key."""
    made = table(("key", "kind", "when", "next", "runs", "problem"), ["runs"], ["problem"])
    for one in found:
        problem = Text(clean(one.last_problem or ""), style="yellow")
        made.add_row(one.key, clean(one.kind), when(one), state_of(one), str(one.runs), problem)
    return made


def when(schedule: ScheduleResource) -> str:
    """Return the rule of a schedule."""
    if schedule.cron:
        return f"{clean(schedule.cron)} {clean(schedule.timezone)}"
    if schedule.every:
        return f"every {spoken(timedelta(seconds=schedule.every))}"
    return f"at {clean(str(schedule.raw.get('at')))}"


def show_ticks(told: SchedulePreview) -> None:
    """Print ticks, one a line."""
    if not told.data:
        err().print("It has no more ticks.")
    for tick in told.data:
        note = f"  {clean(tick.note)}" if tick.note else ""
        local = f"{tick.local:%a %Y-%m-%d %H:%M:%S} {tick.offset}"
        out().print(f"{local}  {tick.utc:%H:%M:%S} UTC{note}")
