"""``jobcast doctor``: what Jobcast stands on, judged, with a sentence what to do."""

import asyncio
import os
from dataclasses import asdict

import typer
from rich.text import Text

from service.commands.connection import FOLDER
from service.commands.terminal import clean, out, show_json
from service.dev.data_folder import DataFolder
from service.doctor import Given, examine, masked
from service.settings import ServiceSettings

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(*, settings: bool, as_json: bool, strict: bool) -> None:
    """Examine everything Jobcast stands on. Exit code 1 if anything fails."""
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
        show_json(shown)
        return
    for name, value in shown.items():
        out().print(f"{name}={clean(value)}", soft_wrap=True)


def show_findings(found: list[dict[str, str]], *, as_json: bool) -> None:
    """Print a line for each finding, with its advice under it, or JSON."""
    if as_json:
        show_json(found)
        return
    console, width = out(), max(len(finding["name"]) for finding in found)
    for finding in found:
        line = Text(f"{finding['level']:4}  ", style=COLOURS[finding["level"]])
        line.append(f"{finding['name']:{width}}  {clean(finding['message'])}", style="default")
        console.print(line, soft_wrap=True)
        if finding["advice"]:
            console.print(f"{'':{width + 8}}→ {clean(finding['advice'])}", soft_wrap=True)
