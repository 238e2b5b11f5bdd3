"""``jobcast completion SHELL``: the script that lets the shell complete commands, kinds and ids."""

import sys
from enum import StrEnum
from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]  # it is there

from service.commands.terminal import AsJson, show_json

PROGRAM = "jobcast"
ASKED = "_JOBCAST_COMPLETE"
"""Set by the script when the shell wants to know how a word may end."""


class Shell(StrEnum):
    """A shell that can be taught."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")], as_json: AsJson = False
) -> None:
    """Print the completion script: source <(jobcast completion bash)."""
    script = get_completion_script(prog_name=PROGRAM, complete_var=ASKED, shell=shell.value)
    if as_json:
        show_json({"shell": shell.value, "script": script})
    else:
        sys.stdout.write(script + "\n")
