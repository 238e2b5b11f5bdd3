"""docs/cli.md: each line can be typed, each command is told of, the exit codes are those of the code."""

import re
import shlex
from pathlib import Path
from typing import Any

import typer

from service.cli import app
from service.commands.watch import STOPPED
from service.serving import INTERRUPTED, TROUBLE
from tests.service.commands.test_table_of_commands import COMMANDS

GUIDE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\$ (jobcast .+)$", GUIDE, re.MULTILINE)


def found(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the rest of them."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def test_every_line_names_a_command_and_options_that_there_are() -> None:
    for line in LINES:
        command, rest = found(shlex.split(line)[1:])
        options = {word for param in command.params for word in param.opts}

        given = {word for word in rest if word.startswith("-")}
        assert given <= options, line

    assert len(LINES) > 20


def test_every_command_is_told_of() -> None:
    groups = {name.split()[0] for name in COMMANDS}

    assert {name for name in groups if f"jobcast {name}" not in GUIDE} == set()


def test_the_exit_codes_are_those_of_the_code() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", GUIDE, re.MULTILINE)]

    assert codes == [0, 1, TROUBLE, INTERRUPTED]
    assert STOPPED == INTERRUPTED
