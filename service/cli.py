"""The ``jobcast`` program: what starts Jobcast is here, what talks to it is in ``commands``."""

import os
from typing import Annotated, Any

import typer
from typer.completion import completion_init  # type: ignore[attr-defined]  # it is there
from typer.core import TyperGroup

from service import serving
from service.client import JobcastError, UnreachableError
from service.commands.audit import audit
from service.commands.batches import batches
from service.commands.completion import ASKED, completion
from service.commands.each import explained
from service.commands.inbox import inbox
from service.commands.jobs import cancel, jobs, retry
from service.commands.keys import keys
from service.commands.kinds import kinds
from service.commands.queues import queues
from service.commands.schedules import schedules
from service.commands.stats import stats
from service.commands.submit import submit
from service.commands.terminal import AsJson, err
from service.commands.token import token
from service.commands.watch import watch
from service.commands.webhooks import webhooks


class Sentences(TyperGroup):
    """Turns what can be expected to go wrong into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; 2 for trouble, 130 for Ctrl-C."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            code, told = serving.INTERRUPTED, ""
        except Exception as error:
            if type(error).__module__.startswith("typer"):  # its own ways out: an exit, wrong usage
                raise
            trouble = advised(error) if isinstance(error, JobcastError) else serving.expected(error)
            if trouble is None:
                raise
            code, told = serving.TROUBLE, trouble
        err().print(told, style="red")
        raise typer.Exit(code)


def advised(error: JobcastError) -> str:
    """Return what went wrong with a server, and what to do about it."""
    if isinstance(error, UnreachableError):
        return f"{error} Is it running? `make run` starts one here."
    return explained(error)


app = typer.Typer(
    name="jobcast",
    cls=Sentences,
    no_args_is_help=True,
    add_completion=False,  # `jobcast completion` says it better than an option
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Jobs that run in the background and show their life live.",
)


@app.command()
def dev(
    host: Annotated[str | None, typer.Option("--host", help="Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Default: PORT, else 8000.")] = None,
) -> None:
    """Start everything on this machine, for development."""
    from service.dev.stack import run  # noqa: PLC0415 - each command loads only its own part

    raise typer.Exit(run(host, port))


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when the database is behind.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database to the newest schema."""
    from service.commands.migrate import migrate as run  # noqa: PLC0415 - only its own part

    run(check=check, as_json=as_json)


@app.command()
def reseal(as_json: AsJson = False) -> None:
    """Seal credentials and secrets anew with the first key of SECRET_KEY."""
    from service.commands.reseal import reseal as run  # noqa: PLC0415 - only its own part

    run(as_json=as_json)


@app.command()
def doctor(
    settings: Annotated[
        bool, typer.Option("--settings", help="Print every setting, secrets masked, and stop.")
    ] = False,
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for a warning as well.")
    ] = False,
) -> None:
    """Examine everything Jobcast stands on. Exit code 1 if anything fails."""
    from service.commands.doctor import doctor as run  # noqa: PLC0415 - only its own part

    run(settings=settings, as_json=as_json, strict=strict)


@app.command()
def worker(
    check: Annotated[
        bool, typer.Option("--check", help="Run none; exit 0 if one lives on this host, else 1.")
    ] = False,
) -> None:
    """Run jobs until told to stop; unfinished ones are given back."""
    serving.worker_check() if check else serving.worker()


@app.command()
def web(
    check: Annotated[
        bool, typer.Option("--check", help="Serve nothing; exit 0 if it answers here, else 1.")
    ] = False,
) -> None:
    """Serve API, event streams and dashboard on HOST and PORT."""
    serving.web_check() if check else serving.web()


for command in (token, submit, watch, jobs, cancel, retry, kinds, stats, completion, audit):
    app.command()(command)
for name, group in (
    ("schedules", schedules),
    ("batches", batches),
    ("queues", queues),
    ("inbox", inbox),
    ("webhooks", webhooks),
    ("keys", keys),
):
    app.add_typer(group, name=name)
if ASKED in os.environ:
    completion_init()  # the shell wants to know how a word may end
