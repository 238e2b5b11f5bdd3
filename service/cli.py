"""The ``jobcast`` program: what starts Jobcast is here, what talks to it is in ``commands``."""

from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from jobs.errors import JobError
from service import serving
from service.commands.audit import audit
from service.commands.doctor import doctor
from service.commands.jobs import cancel, jobs, retry
from service.commands.keys import keys
from service.commands.kinds import kinds
from service.commands.reseal import reseal
from service.commands.schedules import schedules
from service.commands.stats import stats
from service.commands.submit import submit
from service.commands.terminal import err
from service.commands.token import token
from service.commands.watch import watch
from service.remote import RemoteError
from service.serving import INTERRUPTED, TROUBLE, misread
from service.settings import ConfigurationError


class Sentences(TyperGroup):
    """Turns what can be expected to go wrong into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; 2 for trouble, 130 for Ctrl-C."""
        try:
            return super().invoke(ctx)
        except (RemoteError, JobError, ConfigurationError) as error:
            code, told = TROUBLE, str(error)
        except ValidationError as error:
            code, told = TROUBLE, misread(error)
        except KeyboardInterrupt:
            code, told = INTERRUPTED, ""
        err().print(told, style="red")
        raise typer.Exit(code)


app = typer.Typer(
    name="jobcast",
    cls=Sentences,
    no_args_is_help=True,
    add_completion=False,
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
) -> None:
    """Bring the database to the newest schema."""
    from service.commands.migrate import migrate as run  # noqa: PLC0415 - only its own part

    run(check=check)


@app.command()
def worker(
    check: Annotated[
        bool, typer.Option("--check", help="Run none; exit 0 if one lives on this host, else 1.")
    ] = False,
) -> None:
    """Run jobs until told to stop; unfinished ones are given back."""
    serving.worker_check() if check else serving.worker()


app.command()(serving.web)
for command in (token, submit, watch, jobs, cancel, retry, kinds, stats, audit, doctor, reseal):
    app.command()(command)
app.add_typer(schedules, name="schedules")
app.add_typer(keys, name="keys")
