"""Tables that stay: drawn in place on a terminal, lines of JSON elsewhere, left by Ctrl-C."""

import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from service.client import JobcastError, RefusedError, UnreachableError
from service.commands.live import stay
from tests.service.commands.speaker import ID, Speaker, job

ROOT = Path(__file__).parents[3]


class Reader:
    """Brings what was written down, then Ctrl-C."""

    def __init__(self, *found: object) -> None:
        self.found = list(found)

    def __call__(self) -> object:
        if not self.found:
            raise KeyboardInterrupt
        one = self.found.pop(0)
        if isinstance(one, Exception):
            raise one
        return one


def test_a_change_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    away = UnreachableError("gone")

    stay(
        Reader([1], [1], away, RefusedError(503, {}), [2]), str, as_json=True, pause=lambda _: None
    )

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [[1], [2]]


def test_the_last_picture_is_the_newest_and_a_server_that_is_away_changes_nothing() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)

    stay(
        Reader("one", UnreachableError("gone"), "two"), str, as_json=False,
        pause=lambda _: None, console=console,
    )  # fmt: skip

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().rstrip("\x1b[?25h\n").endswith("two")


@pytest.mark.parametrize(
    "error", [RefusedError(401, {"detail": "Sign in."}), UnreachableError("no")]
)
def test_who_is_refused_or_finds_nobody_is_told_so(error: JobcastError) -> None:
    with pytest.raises(JobcastError):
        stay(Reader(error), str, as_json=True, pause=lambda _: None)


def test_jobs_are_live_on_a_terminal_without_colour_if_so_wished(
    speaker: Speaker, tmp_path: Path
) -> None:
    speaker.answers["GET /api/jobs"] = (200, {"data": [job()], "next": None})
    known = {
        "JOBCAST_URL": speaker.url,
        "JOBCAST_TOKEN": "t",
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "service", "jobs", "--live"],
        cwd=tmp_path, env=os.environ | known | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=end, stdout=end, stderr=end, preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - one call, no lock
    ) as process:  # fmt: skip
        os.close(end)

        shown = read_until(terminal, "running")
        speaker.answers["GET /api/jobs"] = (200, {"data": [job("succeeded")], "next": None})
        shown += read_until(terminal, "succeeded")
        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 0
    os.close(terminal)
    assert ID in shown
    assert not any(f"\x1b[{colour}m" in shown for colour in range(30, 38))


def heed_ctrl_c() -> None:
    """Undo what a shell does to the commands it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_until(terminal: int, text: str) -> str:
    """Return what the terminal shows up to ``text``."""
    shown = ""
    while text not in shown:
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, shown
        shown += os.read(terminal, 65_536).decode(errors="replace")
    return shown
