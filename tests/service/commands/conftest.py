"""A server that speaks the contract, and the command line pointed at it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.client import patience
from tests.service.commands.speaker import Line, Speaker

Cli = Callable[..., Result]


@pytest.fixture(scope="session")
def line() -> Iterator[Line]:
    """Keep one server for all tests of this process."""
    line = Line()
    yield line
    line.close()


@pytest.fixture
def speaker(line: Line) -> Speaker:
    """Give the server, with nothing to say yet."""
    line.speaker.forget()
    return line.speaker


@pytest.fixture
def cli(speaker: Speaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Run ``jobcast`` in an empty folder against the server, reconnecting at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(patience, "FIRST_WAIT_SECONDS", 0.0)
    environment = {"JOBCAST_URL": speaker.url, "JOBCAST_TOKEN": "t0ken", "COLUMNS": "160"}
    return lambda *words, env=environment, **more: CliRunner().invoke(app, words, env=env, **more)
