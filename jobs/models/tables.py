"""All tables at once; ``metadata`` is what alembic compares the database with. Only alembic loads this."""

from sqlmodel import SQLModel

from jobs.models.access import ApiKey, OpenSession, Revoked
from jobs.models.audit import AuditEntry
from jobs.models.brain_dump import BrainDump
from jobs.models.brief import Brief, BriefDay
from jobs.models.build import Build
from jobs.models.calendar import Calendar, CalendarConflict, CalendarEvent
from jobs.models.connection import Connection
from jobs.models.content import Content
from jobs.models.email import Email
from jobs.models.feed import Feed, FeedItem
from jobs.models.flow import Answer, Batch, Checkpoint, Dependency
from jobs.models.inbox import InboxEntry
from jobs.models.job import Job, Realm, Sequence, SpentTicket, Worker
from jobs.models.limit import IdempotencyKey, Limit, PausedQueue
from jobs.models.page import Page
from jobs.models.phase import Phase, Plan
from jobs.models.post import Learning, Post, Sample
from jobs.models.preferences import Preferences
from jobs.models.profile import Profile
from jobs.models.project import Project, Task
from jobs.models.sample import QueueSample
from jobs.models.schedule import Schedule
from jobs.models.sms import SmsMessage
from jobs.models.tick import KindTick
from jobs.models.timeline import Timeline
from jobs.models.upkeep import BulkAction, Mark
from jobs.models.upload import Upload
from jobs.models.verification import Verification
from jobs.models.webhook import Delivery, Webhook

metadata = SQLModel.metadata

__all__ = [
    "Answer",
    "ApiKey",
    "AuditEntry",
    "Batch",
    "BrainDump",
    "Brief",
    "BriefDay",
    "Build",
    "BulkAction",
    "Calendar",
    "CalendarConflict",
    "CalendarEvent",
    "Checkpoint",
    "Connection",
    "Content",
    "Delivery",
    "Dependency",
    "Email",
    "Feed",
    "FeedItem",
    "IdempotencyKey",
    "InboxEntry",
    "Job",
    "KindTick",
    "Learning",
    "Limit",
    "Mark",
    "OpenSession",
    "Page",
    "PausedQueue",
    "Phase",
    "Plan",
    "Post",
    "Preferences",
    "Profile",
    "Project",
    "QueueSample",
    "Realm",
    "Revoked",
    "Sample",
    "Schedule",
    "Sequence",
    "SmsMessage",
    "SpentTicket",
    "Task",
    "Timeline",
    "Upload",
    "Verification",
    "Webhook",
    "Worker",
    "metadata",
]
