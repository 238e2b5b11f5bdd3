"""Real commands run beside this process: heard, bounded, and gone with all they started."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from jobs.errors import ProviderError
from jobs.providers.command import MAX_STDOUT, Command, Finished, run
from service.dev.child import becomes_true
from tests.jobs.providers.families import alive, in_session, sessions, until_alive, until_gone

SECRET = "s3cr3t-token"

# A parent, a child in its session and one in a session of its own; all deaf to SIGTERM.
DEAF_FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
wait = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(wait)
subprocess.Popen(wait, start_new_session=True)
print("up", file=sys.stderr, flush=True)
time.sleep(600)
"""
# A worker that is killed while it runs such a family: arguments are the program and a word to be found by.
WORKER = """
import asyncio, sys
from pathlib import Path
from jobs.providers.command import Command, run

async def hear(line):
    print(line, flush=True)

command = Command("it", [sys.executable, "-c", sys.argv[1]], Path("/"), {"WORD": sys.argv[2]}, 600, 0.2)
asyncio.run(run(command, hear))
"""


class Ear:
    """Hears lines; ``first`` is set with the first of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.first = asyncio.Event()

    async def __call__(self, line: str) -> None:
        self.lines.append(line)
        self.first.set()


@pytest.fixture
def word() -> str:
    """Give what the test's processes, and no others, have in their environment."""
    return f"family-{uuid4()}"


@pytest.fixture
def ear() -> Ear:
    return Ear()


def python(program: str, word: str, tmp_path: Path, seconds: float = 60.0) -> Command:
    environment = {"WORD": word, "TOKEN": SECRET}
    arguments = [sys.executable, "-c", program]
    return Command("it", arguments, tmp_path, environment, seconds, 0.2, [SECRET])


async def test_it_tells_exit_code_output_and_last_lines(
    word: str, ear: Ear, tmp_path: Path
) -> None:
    program = "import sys; print('{}'); print('one\\ntwo', file=sys.stderr); sys.exit(3)"

    finished = await run(python(program, word, tmp_path), ear)

    assert finished == Finished(3, "{}\n", ("one", "two"))
    assert ear.lines == ["one", "two"]


async def test_stdout_is_heard_when_that_is_wanted(word: str, ear: Ear, tmp_path: Path) -> None:
    await run(python("print('hello')", word, tmp_path), ear, hear_stdout=True)

    assert ear.lines == ["hello"]


async def test_a_command_killed_by_a_signal_tells_so(word: str, ear: Ear, tmp_path: Path) -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"

    finished = await run(python(program, word, tmp_path), ear)

    assert finished.code == 128 + signal.SIGSEGV


async def test_a_program_that_cannot_be_run_says_so(ear: Ear, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("no program")

    finished = await run(Command("it", [str(program)], tmp_path, {}, 60), ear)

    assert finished.code == 126
    assert "cannot be run" in ear.lines[0]


async def test_it_sees_few_names_of_our_environment(
    word: str, ear: Ear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@db/jobcast")
    program = "import os; print(os.environ.get('DATABASE_URL'), os.environ['WORD'], os.getcwd())"

    finished = await run(python(program, word, tmp_path), ear)

    assert finished.stdout.split() == ["None", word, str(tmp_path)]


async def test_a_secret_it_prints_is_masked(word: str, ear: Ear, tmp_path: Path) -> None:
    program = (
        "import os, sys; print(os.environ['TOKEN']); print(os.environ['TOKEN'], file=sys.stderr)"
    )

    finished = await run(python(program, word, tmp_path), ear)

    assert (finished.stdout, ear.lines, finished.last) == ("***\n", ["***"], ("***",))


async def test_lines_come_while_it_runs(word: str, ear: Ear, tmp_path: Path) -> None:
    program = "import sys, time; print('ready', file=sys.stderr, flush=True); time.sleep(600)"
    running = asyncio.create_task(run(python(program, word, tmp_path), ear))

    await asyncio.wait_for(ear.first.wait(), 20)

    assert ear.lines == ["ready"]
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_slow_listener_slows_it_down(word: str, tmp_path: Path) -> None:
    """With nobody reading, it is kept waiting at a full pipe: what it says is never piled up."""
    program = """
import sys
for number in range(100_000):
    print(f"{number} {'x' * 90}", file=sys.stderr)
"""
    heard, go_on = asyncio.Event(), asyncio.Event()
    lines: list[str] = []

    async def slow(line: str) -> None:
        lines.append(line)
        heard.set()
        await go_on.wait()

    running = asyncio.create_task(run(python(program, word, tmp_path), slow))
    await asyncio.wait_for(heard.wait(), 20)
    (writer,) = [p for p in await until_alive(word, 2) if "-S" not in p.cmdline()]

    async def waiting() -> bool:  # raises NoSuchProcess when it could write it all and is gone
        return writer.status() == psutil.STATUS_SLEEPING

    await becomes_true(waiting, 20)
    assert len(lines) == 1
    go_on.set()
    finished = await running
    assert finished.code == 0
    assert len(lines) == 100_000


async def test_too_much_on_stdout_is_an_error(word: str, ear: Ear, tmp_path: Path) -> None:
    program = f"import sys; sys.stdout.write('x' * {MAX_STDOUT + 1})"

    with pytest.raises(ProviderError, match="printed more than"):
        await run(python(program, word, tmp_path), ear)


async def test_cancelled_it_leaves_no_process_even_of_a_deaf_family(
    word: str, ear: Ear, tmp_path: Path
) -> None:
    running = asyncio.create_task(run(python(DEAF_FAMILY, word, tmp_path), ear))
    await asyncio.wait_for(ear.first.wait(), 20)
    family = await until_alive(word, 4)  # the minder too
    of_them = sessions(family)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert len(of_them) == 2
    assert os.getsid(0) not in of_them
    assert [in_session(ident) for ident in of_them] == [[], []]
    assert alive(word) == []


async def test_cancelled_again_and_again_it_still_leaves_no_process(
    word: str, ear: Ear, tmp_path: Path
) -> None:
    running = asyncio.create_task(run(python(DEAF_FAMILY, word, tmp_path), ear))
    await asyncio.wait_for(ear.first.wait(), 20)

    while not running.done():
        running.cancel()
        await asyncio.wait([running], timeout=0.01)

    assert running.cancelled()
    assert alive(word) == []


async def test_cancelled_while_it_starts_it_leaves_no_process(
    word: str, ear: Ear, tmp_path: Path
) -> None:
    for turns in range(12):
        running = asyncio.create_task(run(python(DEAF_FAMILY, word, tmp_path), ear))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        assert alive(word) == []


async def test_a_family_gets_the_chance_to_end_by_itself(
    word: str, ear: Ear, tmp_path: Path
) -> None:
    program = """
import pathlib, signal, sys, time

def end(*_):
    pathlib.Path("ended").write_text("politely")
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
print("up", file=sys.stderr, flush=True)
time.sleep(600)
"""
    command = Command("it", [sys.executable, "-c", program], tmp_path, {"WORD": word}, 60, 30.0)
    running = asyncio.create_task(run(command, ear))
    await asyncio.wait_for(ear.first.wait(), 20)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (tmp_path / "ended").read_text() == "politely"


async def test_past_its_time_it_is_an_error_and_gone(word: str, ear: Ear, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"it took longer than 0\.3 seconds"):
        await run(python(DEAF_FAMILY, word, tmp_path, seconds=0.3), ear)

    assert alive(word) == []


async def test_what_it_leaves_behind_is_ended_too(word: str, ear: Ear, tmp_path: Path) -> None:
    program = DEAF_FAMILY.replace("\ntime.sleep(600)\n", "\nsys.exit(4)\n")

    finished = await run(python(program, word, tmp_path), ear)

    assert finished.code == 4
    assert alive(word) == []


async def test_a_family_dies_with_a_worker_that_is_killed(word: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, DEAF_FAMILY, word], stdout=subprocess.PIPE, env=environment
    )
    assert worker.stdout is not None
    said = await asyncio.to_thread(worker.stdout.readline)
    of_them = sessions(alive(f"WORD={word}"))

    worker.kill()
    worker.wait()
    worker.stdout.close()
    await until_gone(word)

    assert said == b"up\n"
    assert len(of_them) == 2
    assert [in_session(ident) for ident in of_them] == [[], []]


async def test_a_command_dies_with_a_minder_that_is_killed(
    word: str, ear: Ear, tmp_path: Path
) -> None:
    program = "import sys, time; print('up', file=sys.stderr, flush=True); time.sleep(600)"
    running = asyncio.create_task(run(python(program, word, tmp_path), ear))
    await asyncio.wait_for(ear.first.wait(), 20)
    (minder,) = [p for p in alive(word) if "-S" in p.cmdline()]

    minder.send_signal(signal.SIGKILL)
    finished = await running

    assert finished.code == -signal.SIGKILL
    await until_gone(word)
    assert not psutil.pid_exists(minder.pid)
