import asyncio
import os
import sys

import psutil
import pytest

from service.dev import supervised as module
from service.dev.child import becomes_true, wait_until_over
from service.dev.supervised import Supervised, growing_pauses


def program(source: str, grace: float = 5.0) -> Supervised:
    return Supervised("part", [sys.executable, "-c", source], dict(os.environ), grace)


async def told(capsys: pytest.CaptureFixture[str], text: str) -> str:
    seen: list[str] = []

    async def is_told() -> bool:
        seen.append(capsys.readouterr().out)
        return text in "".join(seen)

    await becomes_true(is_told, 10)
    return "".join(seen)


async def test_output_is_told_under_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    async with program("import time; print('one', flush=True); print('two', end='', flush=True)"):
        seen = await told(capsys, "two")

    assert "part   | one\n" in seen
    assert "part   | two\n" in seen


async def test_a_crashed_program_is_started_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)

    async with program("import sys; sys.exit(3)"):
        seen = await told(capsys, "starting again in 0.0 s")
        await told(capsys, "ended with code 3")

    assert "ended with code 3" in seen


async def test_a_program_that_will_not_end_is_killed_with_its_group(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stubborn = (
        "import signal, subprocess; signal.signal(15, signal.SIG_IGN);"
        "child = subprocess.Popen(['sleep', '60']); print('child', child.pid, flush=True);"
        "child.wait()"
    )

    async with program(stubborn, grace=0.1):
        seen = await told(capsys, "child")
    orphan = int(seen.split()[-1])

    if psutil.pid_exists(orphan):
        await asyncio.to_thread(wait_until_over, psutil.Process(orphan))
    assert "was killed" in capsys.readouterr().out


async def test_a_program_can_be_stopped_before_it_has_started() -> None:
    part = program("import time; time.sleep(60)")

    async with part:
        pass

    assert part.process is None or part.process.returncode is not None


async def test_a_line_without_end_is_told_in_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    async with program("print('x' * 1_000_000, flush=True); print('after', flush=True)"):
        seen = await told(capsys, "after")

    assert seen.count("x") == 1_000_000


def test_pauses_grow_up_to_a_bound() -> None:
    pauses = growing_pauses()

    grown = [next(pauses) for _ in range(8)]

    assert grown[:3] == [0.5, 1.0, 2.0]
    assert grown[-1] == module.LONGEST_PAUSE_SECONDS
