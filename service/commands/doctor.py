"""``jobcast doctor``: what Jobcast stands on, judged, with a sentence what to do."""

import asyncio
import os
import sys
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from rich.text import Text

from service.commands.connection import FOLDER
from service.commands.terminal import clean, out
from service.dev.data_folder import DataFolder

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    settings: Annotated[
        bool, typer.Option("--settings", help="Print every setting, secrets masked, and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for a warning as well.")
    ] = False,
) -> None:
    """Examine everything Jobcast stands on. Exit code 1 if anything fails."""
    from service.doctor import Given, examine, masked  # noqa: PLC0415 - so that other commands start fast
    from service.settings import ServiceSettings  # noqa: PLC0415

    for name, value in DataFolder(FOLDER).running().items():
        os.environ.setdefault(name, value)  # beside a running `make run` it is that one's turn
    if settings:
        show_settings(masked(ServiceSettings()), as_json=as_json)
        return
    found = [asdict(finding) for finding in asyncio.run(examine(Given()))]
    show_findings(found, as_json=as_json)
    bad = {"fail", "warn"} if strict else {"fail"}
    if any(finding["level"] in bad for finding in found):
        raise typer.Exit(1)


def show_settings(shown: dict[str, str], *, as_json: bool) -> None:
    """Print the settings as lines of an environment file, or as JSON."""
    if as_json:
        sys.stdout.write(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for name, value in shown.items():
        out().print(f"{name}={clean(value)}", soft_wrap=True)


def show_findings(found: list[dict[str, str]], *, as_json: bool) -> None:
    """Print a line for each finding, with its advice under it, or JSON."""
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    console, width = out(), max(len(finding["name"]) for finding in found)
    for finding in found:
        line = Text(f"{finding['level']:4}  ", style=COLOURS[finding["level"]])
        line.append(f"{finding['name']:{width}}  {clean(finding['message'])}", style="default")
        console.print(line, soft_wrap=True)
        if finding["advice"]:
            console.print(f"{'':{width + 8}}→ {clean(finding['advice'])}", soft_wrap=True)
