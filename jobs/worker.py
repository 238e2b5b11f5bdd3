"""The worker process: arq's Worker with our own intake, leases and endings. Only ever started.

arq gives the queue, the cron ticks, the health line and the outer loop. What its own intake, abort,
retry and shutdown get wrong (see the list in DESIGN.md) is replaced, not patched.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis
from arq.cron import CronJob
from arq.worker import Worker as ArqWorker

from jobs import keys
from jobs.attempts import Attempts
from jobs.control import Control
from jobs.errors import Unavailable
from jobs.executor import Tools
from jobs.handoff import Sweep
from jobs.intake import LANES, Intake
from jobs.lease import Lease
from jobs.load import Load
from jobs.log_errors import told
from jobs.processes import Processes
from jobs.providers import open_providers
from jobs.relay import Relay
from jobs.rescuer import Rescuer
from jobs.resources import Resources, open_resources
from jobs.running import Why
from jobs.schedule import SCHEDULE
from jobs.schedules.scheduler import Scheduler
from jobs.settings import JobsSettings
from jobs.supervision import end, supervise
from jobs.taking import Taking
from jobs.ticks import Ticks
from jobs.watchdog import start_watchdog
from realtime.breaker import REDIS_TROUBLE
from realtime.shared_connection import SharedConnection

log = structlog.get_logger(__name__)

GIVE_BACK_SECONDS = 5.0
WATCHDOG_SECONDS = 3.0
PROGRESS_SECONDS = 0.25
CLOCK_SECONDS = 0.25


class Worker(ArqWorker):
    """One worker process. ``serve`` runs until ``shut_down`` is called, by a signal as a rule."""

    def __init__(
        self, settings: JobsSettings, resources: Resources, tools: Tools, *, watchdog: bool = True
    ) -> None:
        self.settings = settings
        self.started = asyncio.Event()
        self._watchdog = watchdog
        self.resources = resources
        kinds = tuple(resources.registry)
        self.lease = Lease(resources.db, settings.lease_seconds, settings.version, kinds)
        super().__init__(
            cron_jobs=SCHEDULE,
            redis_pool=ArqRedis(resources.redis.connection_pool),  # one pool, so few connections
            handle_signals=False,
            max_jobs=settings.worker_concurrency,
            keep_result=0,
            retry_jobs=False,
            poll_delay=0,
            health_check_key=keys.health(self.lease.name),
            health_check_interval=settings.lease_seconds,
            job_serializer=orjson.dumps,
            job_deserializer=orjson.loads,
            timezone=UTC,
            ctx={
                "db": resources.db,
                "registry": resources.registry,
                "storage": resources.storage,
                "signals": resources.signals,
                "settings": settings,
            },
        )
        self.attempts = Attempts(tools, resources, self.lease, settings.worker_concurrency)
        self._hungry = asyncio.Event()
        queue = SharedConnection.of(settings, settings.redis_url)
        self._taking = Taking(queue, settings.handed_over_per_org // 2, self._hungry)
        self.intake = Intake(
            self._taking,
            resources.db,
            resources.announcer,
            self.attempts,
            self.lease,
            kinds,
            suspicious=max(settings.max_crashes - 1, 1),
            gate=resources.gate,
        )
        self.load = Load(self.attempts)
        self._stopping = asyncio.Event()
        self._ticks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Work until told to stop; then finish what can be finished and give the rest back."""
        await self.lease.begin()
        log.info("worker.started", worker=self.lease.name, kinds=len(self.resources.registry))
        heartbeat = asyncio.create_task(supervise("heartbeat", self._heartbeat))
        loops = [asyncio.create_task(supervise(*loop)) for loop in self._loops()]
        self.started.set()
        try:
            await self._stopping.wait()
        finally:
            await end([*loops, *self._ticks])
            await self._wind_down()
            await end([heartbeat])
            await self._leave()

    def shut_down(self) -> None:
        """Begin the end; the watchdog makes sure that there is one."""
        if not self._stopping.is_set():
            log.info("worker.stopping", attempts=len(self.attempts))
            if self._watchdog:
                start_watchdog(self.settings.worker_grace_seconds + WATCHDOG_SECONDS)
            self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Return whether it has been told to end."""
        return self._stopping.is_set()

    async def _poll_iteration(self) -> None:
        """Replace arq's poll, for filling slots is the intake's: keep its health line and cron."""
        await asyncio.sleep(CLOCK_SECONDS)
        await self.record_health()
        await self.run_cron(datetime.now(UTC), 0.5)

    async def record_health(self) -> None:
        """Let arq write its health line, with our figures, if Redis is there."""
        ended = self.attempts.ended
        self.jobs_complete, self.jobs_failed = ended["succeeded"], ended["failed"]
        self.jobs_retried = ended["retrying"]
        self.tasks = self.attempts.tasks
        with contextlib.suppress(*REDIS_TROUBLE):
            async with asyncio.timeout(self.settings.redis_timeout_seconds):
                await super().record_health()

    async def run_cron(self, n: datetime, delay: float, num_windows: int = 2) -> None:
        """Run due ticks right here instead of through the queue, which carries only job ids."""
        for tick in self.cron_jobs:
            if tick.next_run is None:
                tick.calculate_next(n)
            elif tick.next_run <= n:
                tick.calculate_next(n)
                task = asyncio.create_task(self._tick(tick))
                self._ticks.add(task)
                task.add_done_callback(self._ticks.discard)

    async def _tick(self, tick: CronJob) -> None:
        try:
            await tick.coroutine(self.ctx)
        except Exception as error:
            log.warning("tick.failed", name=tick.name, error=told(error))

    def _loops(self) -> list[tuple[str, Any]]:
        db, announcer = self.resources.db, self.resources.announcer
        settings = self.settings
        relay = Relay(
            db,
            self.resources.line,
            announcer,
            self.resources.flows,
            self.resources.gate,
            settings.relay_seconds,
            self._hungry,
        )
        rescuer = Rescuer(db, announcer, self.resources.flows, self.lease, settings.max_crashes)
        orders = {
            "cancel": lambda job_id: self.attempts.stop(Why.CANCEL, job_id),
            "child": self.attempts.wake,
            "input": self.attempts.wake,
        }
        scheduler = Scheduler(
            settings,
            db,
            self.resources.registry,
            self.resources.acceptance,
            self.resources.flows,
            announcer,
        )
        sweep = Sweep(settings, db, self.resources.registry, self.resources.acceptance, announcer)
        ticks = Ticks(db, self.resources.registry, self.resources.acceptance, announcer)
        control = Control(self.pool, orders)
        return [
            *[("intake", self.intake.fill)] * LANES,
            ("clock", self._poll_iteration),
            ("relay", relay.step),
            ("refill", relay.keep_filled),
            ("rescuer", rescuer.step),
            ("scheduler", scheduler.step),
            ("ticks", ticks.step),
            ("control", control.listen),
            ("bulk", self._work_bulk),
            ("progress", self._tell_progress),
            ("webhooks", self.resources.deliverer.run),
            ("handoff", sweep.step),
            ("loop_lag", self.load.lag.step),
        ]

    async def _tell_progress(self) -> None:
        await asyncio.sleep(PROGRESS_SECONDS)
        await self.resources.flows.tell_progress()

    async def _work_bulk(self) -> None:
        if not await self.resources.bulk.work():
            await asyncio.sleep(self.settings.relay_seconds)

    async def _heartbeat(self) -> None:
        await asyncio.sleep(self.settings.heartbeat_lease_seconds)
        told = self.load.figures() | {"draining": self._stopping.is_set()}
        if not await self.lease.renew(told):
            self.attempts.stop(Why.FENCE)
            await self.lease.begin()
        await self.attempts.reconcile()
        await self.resources.source.read_epoch()

    async def _wind_down(self) -> None:
        """Let attempts finish while the grace lasts, then give the others back."""
        self.attempts.release_parked()
        patience = max(self.settings.worker_grace_seconds - GIVE_BACK_SECONDS, 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.attempts.finished()
        self.attempts.stop(Why.RELEASE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                await self.attempts.finished()

    async def _leave(self) -> None:
        """Leave nothing behind and the list of workers."""
        self._taking.close()
        with contextlib.suppress(Unavailable):  # then the lease runs out by itself
            await self.attempts.give_back_rest()
            await self.lease.end()
        with contextlib.suppress(*REDIS_TROUBLE):
            async with asyncio.timeout(self.settings.redis_timeout_seconds):
                await self.pool.delete(self.health_check_key)
        log.info("worker.stopped", left=len(self.attempts))


@asynccontextmanager
async def open_worker(settings: JobsSettings, *, watchdog: bool = True) -> AsyncIterator[Worker]:
    """Open everything a worker needs; closed in reverse order.

    With ``watchdog`` a shutdown that hangs ends the whole process.
    """
    async with AsyncExitStack() as stack:
        resources = await stack.enter_async_context(open_resources(settings))
        providers = await stack.enter_async_context(open_providers(settings))
        processes = await stack.enter_async_context(
            Processes(settings.worker_processes, settings.process_memory_bytes)
        )
        tools = Tools(
            settings,
            resources.registry,
            resources.db,
            resources.storage,
            providers,
            processes,
            resources.ephemeral,
            resources.acceptance,
            resources.announcer,
        )
        yield Worker(settings, resources, tools, watchdog=watchdog)
