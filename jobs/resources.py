"""What a web process and a worker both open: Postgres, Redis and everything built on the two."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from jobs import store
from jobs.acceptance import Acceptance
from jobs.access import Access
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.audit import AuditLog
from jobs.batch_events import BatchEvents
from jobs.batches import Batches
from jobs.brain_dumps import BrainDumps
from jobs.briefs import Briefs
from jobs.builds import Builds
from jobs.bulk import Bulk
from jobs.calendars import Calendars
from jobs.connections import Connections
from jobs.contents import Contents
from jobs.db import Database, open_database
from jobs.emails import Emails
from jobs.errors import Unavailable
from jobs.events import EventWriter
from jobs.failures import Failures
from jobs.feeds import Feeds
from jobs.flows import Flows
from jobs.gate import Gate
from jobs.inbox import Inbox
from jobs.inbox_events import InboxEvents
from jobs.limits import Limits
from jobs.paused import Paused
from jobs.phases import Phases
from jobs.posts import Posts
from jobs.preferences import Preferences
from jobs.processor import Registry
from jobs.processors import PROCESSORS
from jobs.profiles import Profiles
from jobs.projects import Projects
from jobs.queue import Queue
from jobs.queues import Queues
from jobs.quotas import Quotas
from jobs.records import Records
from jobs.redis_ways import RedisWays, open_redis
from jobs.schedules.front import Schedules
from jobs.series import Series
from jobs.settings import JobsSettings
from jobs.signals import Signals
from jobs.sms import SmsMessages
from jobs.source import JobSource
from jobs.storage import Storage
from jobs.tasks import Tasks
from jobs.timelines import Timelines
from jobs.verifications import Verifications
from jobs.webhooks import Bodies, Deliverer, Webhooks
from jobs.workers import Workers
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.ephemeral import Ephemeral
from realtime.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Health:
    """What the service stands on. ``degraded_kinds`` are those that no live worker runs."""

    postgres: bool
    redis: bool
    workers: int
    degraded_kinds: list[str]


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything open. Built by ``open_resources``, closed by leaving it."""

    settings: JobsSettings
    db: Database
    redis: "Redis"
    registry: Registry
    line: ArqQueue
    announcer: Announcer
    acceptance: Acceptance
    gate: Gate
    flows: Flows
    publisher: Publisher
    ephemeral: Ephemeral
    records: Records
    source: JobSource
    queue: Queue
    batches: Batches
    bulk: Bulk
    failures: Failures
    queues: Queues
    signals: Signals
    series: Series
    workers: Workers
    schedules: Schedules
    storage: Storage
    inbox: Inbox
    preferences: Preferences
    feeds: Feeds
    calendars: Calendars
    webhooks: Webhooks
    deliverer: Deliverer
    access: Access
    audit: AuditLog
    connections: Connections
    contents: Contents
    briefs: Briefs
    builds: Builds
    phases: Phases
    posts: Posts
    profiles: Profiles
    projects: Projects
    tasks: Tasks
    verifications: Verifications
    sms: SmsMessages
    timelines: Timelines
    emails: Emails
    brain_dumps: BrainDumps

    async def health(self) -> Health:
        """Say whether Postgres and Redis answer, and which workers hold a lease."""
        try:
            alive, postgres = await store.live_workers(self.db), True
        except Unavailable:
            alive, postgres = store.Alive(), False
        try:
            redis = bool(await self.redis.ping())
        except REDIS_TROUBLE:
            redis = False
        return Health(postgres, redis, alive.workers, alive.missing(self.registry))

    async def spend_ticket(self, nonce: str, expires_at: datetime) -> bool:
        """Use a ticket up; False when it was used before."""
        return await store.spend_ticket(self.db, nonce, expires_at)


@asynccontextmanager
async def open_resources(settings: JobsSettings) -> AsyncIterator[Resources]:
    """Open Postgres and Redis. Raises Unavailable without Postgres; Redis may be away."""
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_database(settings))
        redis = await stack.enter_async_context(open_redis(settings, settings.redis_url))
        telling = redis
        if settings.pubsub_url != settings.redis_url:
            telling = await stack.enter_async_context(open_redis(settings, settings.pubsub_url))
        resources = await build(settings, db, redis, telling)
        stack.push_async_callback(resources.acceptance.drain)
        yield resources


async def build(
    settings: JobsSettings, db: Database, redis: RedisWays, telling: RedisWays
) -> Resources:
    """Put the parts together over what is open."""
    registry = Registry.load(PROCESSORS, settings.processor_modules)
    breaker = Breaker()
    limits = Limits.of(registry.values(), settings.org_concurrency)
    line = ArqQueue(redis.shared, breaker, settings.handed_over_per_org)
    publisher = Publisher(telling.shared)
    ephemeral = Ephemeral(telling.pool, settings)
    writer = EventWriter(await store.epoch(db), settings.max_event_bytes)
    inbox_events = InboxEvents(writer, settings.max_event_bytes)
    batch_events = BatchEvents(writer)
    announcer = Announcer(writer, inbox_events, batch_events, line, publisher)
    acceptance = Acceptance(settings, db, registry, limits, announcer)
    flows = Flows(db, line, announcer, acceptance)
    quotas = Quotas(settings, db, redis.pool, breaker)
    paused = Paused(db)
    signals = Signals(settings, db)
    records = Records(db, line, ephemeral, paused)
    inbox = Inbox(db, inbox_events, publisher)
    return Resources(
        settings=settings,
        db=db,
        redis=redis.pool,
        registry=registry,
        line=line,
        announcer=announcer,
        acceptance=acceptance,
        gate=Gate(db, line, limits),
        flows=flows,
        publisher=publisher,
        ephemeral=ephemeral,
        records=records,
        source=JobSource(db, writer, inbox_events, batch_events, records),
        queue=Queue(db, acceptance, line, announcer, flows, quotas, records),
        batches=Batches(settings, db, acceptance, announcer, flows, quotas),
        bulk=Bulk(db, announcer, flows),
        failures=Failures(db),
        queues=Queues(settings, db, registry, line, paused, signals),
        signals=signals,
        series=Series(db),
        workers=Workers(db),
        schedules=Schedules(settings, db, acceptance, quotas, records),
        storage=Storage(settings, db.pool),
        inbox=inbox,
        preferences=Preferences(db),
        feeds=Feeds(settings, db),
        calendars=Calendars(settings, db, acceptance),
        webhooks=Webhooks(settings, db),
        deliverer=Deliverer(settings, db, Bodies(db, writer, inbox_events, batch_events), inbox),
        access=Access(settings, db),
        audit=AuditLog(db),
        connections=Connections(settings, db),
        contents=Contents(db),
        briefs=Briefs(db),
        builds=Builds(db),
        phases=Phases(db),
        posts=Posts(db),
        profiles=Profiles(db),
        projects=Projects(db),
        tasks=Tasks(db),
        verifications=Verifications(settings, db, acceptance, announcer),
        sms=SmsMessages(db, inbox),
        timelines=Timelines(db),
        emails=Emails(settings, db),
        brain_dumps=BrainDumps(db),
    )
