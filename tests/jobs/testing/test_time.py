"""The bench's clock: it jumps, and real work holds it."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from jobs import Context, Held, fixed, processor
from jobs.testing import Bench, Stuck, run
from tests.jobs.testing.flows import forever
from tests.kinds import Anything, echo, flaky, slow

NIGHT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


class Where(BaseModel):
    port: int = 0
    path: str = ""


@processor("days", timeout=timedelta(days=30))
async def days(context: Context, args: Anything) -> list[str]:
    """Waits in several ways at once and says in which order they ended."""
    order: list[str] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append(name)

    await asyncio.gather(wait("week", 7 * 86400), wait("day", 86400), wait("second", 1))
    try:
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()
    except TimeoutError:
        order.append("timeout")
    return order


@processor("reader", max_attempts=1, timeout=timedelta(seconds=30))
async def reader(context: Context, args: Where) -> str:
    """Reads a line from a socket under a time-out."""
    stream, writer = await asyncio.open_connection("127.0.0.1", args.port)
    try:
        async with asyncio.timeout(5):
            return (await stream.readline()).decode().strip()
    finally:
        writer.close()
        await writer.wait_closed()


@processor("filer", max_attempts=1, timeout=timedelta(seconds=1))
async def filer(context: Context, args: Where) -> str:
    """Reads a file and asks a program, both longer than its time-out would allow on a clock that ran."""
    text = await asyncio.to_thread(Path(args.path).read_text)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('hello')", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await program.communicate()
    return text + said.decode().strip()


async def test_a_month_passes_in_order_and_in_no_time() -> None:
    began = time.perf_counter()

    ran = await run(days)

    assert ran.result == ["second", "day", "week", "timeout"]
    assert ran.row.finished_at is not None
    assert ran.row.finished_at - ran.row.created_at == timedelta(days=7, hours=1)
    assert time.perf_counter() - began < 5


async def test_the_clock_begins_where_the_test_says() -> None:
    bench = Bench([echo], now="2026-03-29T00:30:00Z")

    job = bench.submit(echo, delay=timedelta(hours=2))
    await bench.run()

    assert bench.clock.now == NIGHT + timedelta(hours=2)
    assert job.row.created_at == NIGHT
    assert job.row.started_at == NIGHT + timedelta(hours=2)
    assert [e.type for e in job.events][:2] == ["job.scheduled", "job.queued"]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Bench([echo], now="2026-03-29T00:30:00")


async def test_time_passes_only_as_far_as_the_test_lets_it() -> None:
    async with Bench([slow]) as bench:
        job = bench.submit(slow, seconds=60)

        await bench.advance(timedelta(seconds=30))

        assert job.state == "running"
        assert 0.49 < job.progress[-1].fraction < 0.51
        assert bench.clock.now == job.row.created_at + timedelta(seconds=30)


async def test_an_idle_bench_passes_time_too() -> None:
    bench = Bench([echo])
    before = bench.clock.now

    await bench.advance(60)

    assert bench.clock.now == before + timedelta(minutes=1)


async def test_a_retry_waits_its_back_off_on_the_fake_clock() -> None:
    bench = Bench([flaky])
    job = bench.submit(flaky, times=1)

    await bench.until(lambda: job.state == "retrying")
    due = job.row.run_at
    await bench.run()

    assert due - bench.clock.now == timedelta(0)
    assert job.state == "succeeded"


async def test_waiting_for_what_never_comes_says_how_things_stand() -> None:
    bench = Bench([echo])
    bench.submit(echo)

    with pytest.raises(Stuck, match="echo job, succeeded"):
        await bench.until(lambda: False)


async def test_a_job_that_is_dropped_half_way_leaves_nothing_behind() -> None:
    async with Bench([forever]) as bench:
        job = bench.submit(forever)
        await bench.advance(1)

    assert job.state == "running"


async def test_a_socket_is_waited_for_in_real_time() -> None:
    asked = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    go_on = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        running = asyncio.create_task(run(reader, port=port))
        await asked.wait()
        go_on.set()
        ran = await running

    assert ran.error is None
    assert ran.result == "hello"


async def test_files_and_programs_hold_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("well, ")

    ran = await run(filer, path=str(path))

    assert ran.error is None
    assert ran.result == "well, hello"


async def test_a_socket_that_stays_silent_times_out_after_the_patience() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    over = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        async with Bench([reader], patience=0.05) as bench:
            job = bench.submit(reader, port=server.sockets[0].getsockname()[1])
            await bench.run()
        over.set()

    assert job.error is not None
    assert job.error.message.startswith("TimeoutError")
    assert bench.clock.now - job.row.created_at == timedelta(seconds=5)


async def test_a_test_that_is_cancelled_gets_its_thread_back() -> None:
    @processor("spinning", timeout=timedelta(days=36500), backoff=fixed(timedelta()))
    async def spinning(context: Context, args: Anything) -> None:
        started.set()
        while True:
            await asyncio.sleep(0)

    loop = asyncio.get_running_loop()
    begun = asyncio.Event()

    class Started:
        def set(self) -> None:
            loop.call_soon_threadsafe(begun.set)

    started = Started()
    async with Bench([spinning]) as bench:
        bench.submit(spinning)
        turning = asyncio.create_task(bench.run())
        await begun.wait()

        with pytest.raises(RuntimeError, match="is running"):
            bench.submit(spinning)
        turning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turning


@processor("doorman", max_attempts=1)
async def doorman(context: Context, args: Anything) -> int:
    """Let nobody in before the third look."""
    if context.attempt < 3:
        raise Held(timedelta(hours=8), "The house is asleep.")
    return context.attempt


async def test_what_is_held_comes_again_and_spends_no_attempt() -> None:
    ran = await run(doorman)

    assert (ran.state, ran.result, ran.failures) == ("succeeded", 3, 0)
    assert [a.outcome for a in ran.attempts] == ["released", "released", "succeeded"]
    first, second, _ = (a.started_at for a in ran.attempts)
    assert second - first >= timedelta(hours=8)
