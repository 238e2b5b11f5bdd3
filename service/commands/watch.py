"""``jobcast watch ID``: a job's life as it happens, and an exit code that tells how it ended."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service.commands.connection import Token, Url, connect
from service.commands.follow import Follower
from service.commands.screen import screen_for
from service.commands.story import Ended, Story
from service.commands.terminal import COLOURS, FINAL, clean, err, instant, out, spoken
from service.remote import Json, Remote, RemoteError

STOPPED = 130


def watch(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job.")],
    url: Url = None,
    token: Token = None,
) -> None:
    """Watch a job to its end. Exit code 0 only when it succeeded."""
    with connect(url, token) as remote:
        raise typer.Exit(watch_job(remote, remote.job(job_id)))


def watch_job(remote: Remote, job: Json) -> int:
    """Draw ``job`` until it ends; return the exit code. Ctrl-C stops the watching, not the job."""
    console = out()
    try:
        ended = follow_to_end(remote, job, console)
    except KeyboardInterrupt:
        err().print(f"The job goes on. Watch it again: jobcast watch {job['id']}")
        return STOPPED
    if not ended:
        raise RemoteError("The event stream ended before the job did.")
    return conclude(remote.job(job["id"]), console)


def follow_to_end(remote: Remote, job: Json, console: Console) -> bool:
    """Draw the story; return whether its end was told."""
    story = Story(lambda: read_output(remote, job["id"]))
    with screen_for(console, job["kind"]) as screen:
        for frame in Follower(remote, job["id"], known=True):
            for happening in story.tell(frame):
                screen.show(happening)
                if isinstance(happening, Ended):
                    return True
    return False


def read_output(remote: Remote, job_id: str) -> bytes:
    """Return the text so far; a missed piece of it is no reason to stop watching."""
    try:
        return remote.output(job_id)
    except RemoteError:
        return b""


def conclude(job: Json, console: Console) -> int:
    """Print the last line and the result; return 0 for success and 1 for any other ending."""
    console.print(last_line(job), soft_wrap=True)
    if job["state"] == "succeeded" and job.get("result") is not None:
        console.print_json(data=job["result"])
    if job["state"] in FINAL - {"succeeded"}:
        err().print(f"Run it again: jobcast retry {job['id']}")
    return 0 if job["state"] == "succeeded" else 1


def last_line(job: Json) -> Text:
    """Return how and when it ended: ``succeeded after 3.2 s: …``."""
    line = Text(job["state"], style=f"bold {COLOURS.get(job['state'], '')}")
    begun, ended = instant(job.get("created_at")), instant(job.get("finished_at"))
    if begun and ended:
        line.append(f" after {spoken(ended - begun)}", style="default")
    error = job.get("error") or {}
    if error:
        line.append(f": {clean(str(error.get('message', '')))}", style="default")
        line.append(f" ({clean(str(error.get('code', '')))})", style="bright_black")
    return line
