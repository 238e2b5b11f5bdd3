"""A command line like EAS CLI's, over the sandbox's build service; runs anywhere, needs nothing but Python.

python service/dev/sandbox/eas_command.py --url http://127.0.0.1:PORT/eas build --platform ios --json …

It takes the commands and options of EAS CLI that Jobcast uses, prints JSON on stdout and talks to people on
stderr, and fails like it. ``--misbehave WHAT`` (``WHAT@COMMAND``, else build) makes it a nuisance:

deaf    ignores SIGTERM                    family  leaves a child that waits, deaf if it is deaf
daemon  leaves such a child in a session of its own
slow    uploads until it is ended          hang    does its work and never ends
garbage does its work and prints garbage   crash   does its work and exits with 1
token   prints its token                   flood   prints a line of a megabyte
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

SLOW_SECONDS = 0.05
FOREVER_SECONDS = 3_600
HTTP_SECONDS = 30
LONG = 1_000_000
WAITING = f"import time; time.sleep({FOREVER_SECONDS})"


def main(arguments: Sequence[str]) -> None:
    """Carry out one command."""
    options = parser().parse_args(arguments)
    nuisance = Nuisance(options.misbehave, options.command)
    nuisance.begin()
    if not os.environ.get("EXPO_TOKEN"):
        fail(
            "An Expo user account is required to proceed.",
            "Either log in with eas login or set the EXPO_TOKEN environment variable.",
        )
    answer = COMMANDS[options.command](options, nuisance)
    nuisance.end()
    if answer is not None:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")


class Nuisance:
    """What it does that no program should."""

    def __init__(self, wishes: Sequence[str], command: str) -> None:
        named = [wish.partition("@") for wish in wishes]
        self._wishes = {what for what, _, where in named if (where or "build") == command}

    def begin(self) -> None:
        """Misbehave before the work."""
        if "deaf" in self._wishes:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # children inherit that
        for wish in {"family", "daemon"} & self._wishes:
            apart = wish == "daemon"
            # It keeps our stdout and stderr open, as such children do.
            subprocess.Popen([sys.executable, "-c", WAITING], start_new_session=apart)
        if "token" in self._wishes:
            say(f"Using the token {os.environ.get('EXPO_TOKEN')}")
        if "flood" in self._wishes:
            say("x" * LONG)

    def upload(self) -> None:
        """Misbehave while the project is sent."""
        while "slow" in self._wishes:
            say("Uploading to EAS Build…")
            time.sleep(SLOW_SECONDS)

    def end(self) -> None:
        """Misbehave after the work."""
        if "hang" in self._wishes:
            say("Thinking…")
            time.sleep(FOREVER_SECONDS)
        if "garbage" in self._wishes:
            sys.stdout.buffer.write(b"\xff\xfe{ oops \x1b[31m\n")
            sys.exit(0)
        if "crash" in self._wishes:
            fail("Something went wrong.")


def build(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """Send the project and begin a build."""
    project = checked_project(options)
    say(f"✔ Using remote {options.platform} credentials (Expo server)")
    say("Compressing project files and uploading to EAS Build…")
    nuisance.upload()
    size = sum(path.stat().st_size for path in Path.cwd().rglob("*") if path.is_file())
    say(f"✔ Uploaded {size} bytes")
    wanted = {"platform": options.platform, "profile": options.profile, "project": project}
    made = call(options, "POST", "/builds", {**wanted, "message": options.message})
    say(f"See logs: {options.url}/builds/{made['id']}")
    return [made]


def checked_project(options: argparse.Namespace) -> str:
    """Return the project's name; fail as EAS CLI does without its files or the profile."""
    for name in ("app.json", "eas.json"):
        if not Path(name).is_file():
            fail(f"{name} could not be found at {Path.cwd()}.")
    profiles = json.loads(Path("eas.json").read_text()).get("build", {})
    if options.profile not in profiles:
        fail(f"Missing build profile in eas.json: {options.profile}")
    return str(json.loads(Path("app.json").read_text())["expo"]["slug"])


def list_builds(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """List the newest builds."""
    return call(options, "GET", f"/builds?{listing(options)}")


def view_build(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """Show a build."""
    return call(options, "GET", f"/builds/{options.id}")


def cancel_build(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """Stop a build."""
    stopped = call(options, "POST", f"/builds/{options.id}/cancel", {})
    over = stopped["status"] != "CANCELED"
    say("Build is already completed" if over else "✔ Build canceled")


def submit(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """Hand a build to its store."""
    wanted = {"build_id": options.build_id, "profile": options.profile}
    made = call(options, "POST", "/submissions", wanted)
    sys.stdout.write(f"Submission details: {options.url}/submissions/{made['id']}\n")


def list_submissions(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """List the newest submissions."""
    return call(options, "GET", f"/submissions?{listing(options)}")


def view_submission(options: argparse.Namespace, nuisance: Nuisance) -> Any:
    """Show a submission."""
    return call(options, "GET", f"/submissions/{options.id}")


COMMANDS: dict[str, Callable[[argparse.Namespace, Nuisance], Any]] = {
    "build": build,
    "build:list": list_builds,
    "build:view": view_build,
    "build:cancel": cancel_build,
    "submit": submit,
    "submit:list": list_submissions,
    "submit:view": view_submission,
}


def listing(options: argparse.Namespace) -> str:
    """Return a list's query."""
    return urllib.parse.urlencode({"platform": options.platform, "limit": options.limit})


def call(options: argparse.Namespace, method: str, path: str, body: Any = None) -> Any:
    """Ask the service; fail with what it says."""
    request = urllib.request.Request(  # noqa: S310 - the sandbox's own address
        options.url + path,
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {os.environ['EXPO_TOKEN']}",
            "Content-Type": "application/json",
        },
        method=method,
    )
    try:
        with OPENER.open(request, timeout=HTTP_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        told = f"The service answered {error.code}."
        with contextlib.suppress(ValueError, LookupError, TypeError):
            told = json.load(error)["errors"][0]["message"]
        fail(told)
    except (OSError, ValueError) as error:
        fail(f"The service cannot be reached: {error}")


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def say(line: str) -> None:
    """Tell people something."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def fail(*lines: str) -> NoReturn:
    """Say why it did not work, and end."""
    for line in lines:
        say(line)
    sys.exit(1)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    whole = argparse.ArgumentParser(prog="eas")
    whole.add_argument("--url", required=True)
    whole.add_argument("--misbehave", action="append", default=[])
    commands = whole.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name)
        command.add_argument("--json", action="store_true")
        command.add_argument("--non-interactive", action="store_true")
        if name.endswith((":view", ":cancel")):
            command.add_argument("id")
            continue
        command.add_argument("--platform", required=True)
        if name.endswith(":list"):
            command.add_argument("--limit", default="10")
            continue
        command.add_argument("--profile", default="production")
        command.add_argument("--no-wait", action="store_true")
        command.add_argument(*(["--id"] if name == "submit" else ["--message"]), **target(name))
    return whole


def target(name: str) -> dict[str, Any]:
    """Return how the option is read that only one of two commands has."""
    return {"dest": "build_id", "required": True} if name == "submit" else {"default": ""}


if __name__ == "__main__":
    main(sys.argv[1:])
