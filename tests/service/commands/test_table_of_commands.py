"""What holds for every command: --json, exit codes, no colour in a pipe, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from service.cli import app
from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker, event, job, snapshot

ROOT = Path(__file__).parents[3]
SERVERS = {"dev", "web", "worker"}
BATCH = {
    "id": ID, "total": 2, "counts": {"succeeded": 1, "failed": 1}, "round": 1, "open": False,
    "tags": ["t"], "progress": {"fraction": 1.0, "message": ""}, "on_complete": None,
    "created_at": "2026-09-04T10:00:00Z", "completed_at": "2026-09-04T10:00:09Z",
}  # fmt: skip


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command with its words."""
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is not None:
            yield from commands(command, (*path, name))
        if inner is None or command.invoke_without_command:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - SERVERS))
def test_every_command_has_json(name: str) -> None:
    options = {word for param in COMMANDS[name].params for word in param.opts}

    assert "--json" in options


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does(name: str, cli: Cli) -> None:
    result = cli(*name.split(), "--help")

    assert result.exit_code == 0
    assert COMMANDS[name].help


def ended(state: str) -> list[Any]:
    return [snapshot(job()), event(f"job.{state}", 3, {"state": state})]


@pytest.mark.parametrize(
    ("words", "answers", "code"),
    [
        ("watch {ID}", {"GET /api/jobs/{ID}": (200, job("succeeded"))}, 0),
        ("watch {ID}", {"GET /api/jobs/{ID}": (200, job("failed"))}, 1),
        ("watch {ID}", {"GET /api/batches/{ID}": (200, BATCH)}, 1),
        ("watch {ID}", {}, 2),
        ("submit echo --wait 5", {"POST /api/jobs": (200, job("succeeded"))}, 0),
        ("submit echo --wait 5", {"POST /api/jobs": (202, job("running"))}, 1),
        ("submit echo", {"POST /api/jobs": (202, job("queued"))}, 0),
        ("submit echo", {"POST /api/jobs": (401, {"detail": "Sign in."})}, 2),
        ("submit", {}, 2),
        ("submit echo --no-such-option", {}, 2),
        ("cancel {ID}", {"DELETE /api/jobs/{ID}": (200, job("cancelled"))}, 0),
        ("cancel {ID}", {"DELETE /api/jobs/{ID}": (409, {"detail": "It is over."})}, 2),
        ("jobs --url http://127.0.0.1:9", {}, 2),
        ("jobs --url nonsense", {}, 2),
        ("jobs --live", {}, 2),
    ],
    ids=[
        "watched to success", "watched to failure", "a batch with failures", "nothing there",
        "waited for", "not over in time", "submitted", "not signed in", "no kind", "no such option",
        "stopped", "refused", "no server", "no address", "live in a pipe",
    ],
)  # fmt: skip
def test_an_exit_code_tells_how_it_went(
    cli: Cli, speaker: Speaker, words: str, answers: dict[str, Any], code: int
) -> None:
    speaker.answers |= {key.replace("{ID}", ID): said for key, said in answers.items()}
    speaker.streams.append(ended("succeeded" if code == 0 else "failed"))

    result = cli(*words.replace("{ID}", ID).split())

    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert "\x1b" not in result.output


def program(tmp_path: Path) -> dict[str, str]:
    """Put a ``jobcast`` on the PATH that runs this code."""
    script = tmp_path / "bin" / "jobcast"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m service "$@"\n')
    script.chmod(0o755)
    return os.environ | {"PATH": f"{script.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


COMPLETE = """
source <(jobcast completion bash)
complete -p jobcast
for line in "jobcast sub" "jobcast submit ec" "jobcast watch 0199" "jobcast queues pause de"
do
  COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  _jobcast_completion jobcast
  echo "$line: ${COMPREPLY[*]}"
done
"""


def test_bash_completes_commands_kinds_ids_and_queues(speaker: Speaker, tmp_path: Path) -> None:
    kinds = [{"kind": name, "description": "Says it again."} for name in ("echo", "say")]
    queues = [{"name": "default"}, {"name": "slow"}]
    speaker.answers |= {
        "GET /api/kinds": (200, {"data": kinds}),
        "GET /api/jobs": (200, {"data": [job()], "next": None}),
        "GET /api/queues": (200, {"data": queues, "jobs_per_second": None}),
    }
    known = {"JOBCAST_URL": speaker.url, "JOBCAST_TOKEN": "t0ken"}

    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE], cwd=tmp_path, env=program(tmp_path) | known,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == [
        "complete -o default -F _jobcast_completion jobcast",
        "jobcast sub: submit",
        "jobcast submit ec: echo",
        f"jobcast watch 0199: {ID}",
        "jobcast queues pause de: default",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_this_program(cli: Cli, shell: str) -> None:
    script = cli("completion", shell).stdout

    assert f"_JOBCAST_COMPLETE=complete_{shell}" in script
    assert json.loads(cli("completion", shell, "--json").stdout)["script"] == script.strip()


def test_a_tab_waits_for_nobody(cli: Cli, speaker: Speaker) -> None:
    words = {
        "_JOBCAST_COMPLETE": "complete_bash",
        "COMP_WORDS": "jobcast submit e",
        "COMP_CWORD": "2",
    }
    gone = {"JOBCAST_URL": "http://127.0.0.1:9", "JOBCAST_TOKEN": "t"}

    result = subprocess.run(
        [sys.executable, "-m", "service"], cwd=ROOT, env=os.environ | words | gone,
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert (result.stdout.strip(), result.stderr) == ("", "")


def test_a_command_that_only_talks_loads_neither_engine_nor_settings() -> None:
    code = "import sys, service.cli; print(*{m.partition('.')[0] for m in sys.modules})"

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert not {"jobs", "realtime", "pydantic", "starlette", "asyncio", "jwt"} & set(said.split())
