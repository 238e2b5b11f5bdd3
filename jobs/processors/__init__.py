"""The kinds that come with the product, one file each; a new kind is one more line here."""

from jobs.processors.analytics_collection import analytics_collection
from jobs.processors.brain_dump_processing import brain_dump_processing
from jobs.processors.build_publishing import build_publishing
from jobs.processors.calendar_sync import calendar_sync
from jobs.processors.content_generation import content_generation
from jobs.processors.content_publishing import content_publishing
from jobs.processors.context_scraping import context_scraping
from jobs.processors.course_timeline_parsing import course_timeline_parsing
from jobs.processors.daily_brief import daily_brief
from jobs.processors.email_delivery import email_delivery
from jobs.processors.onboarding_analysis import onboarding_analysis
from jobs.processors.phase_generation import phase_generation
from jobs.processors.rss_sync import rss_sync
from jobs.processors.sms_delivery import sms_delivery
from jobs.processors.token_refresh import token_refresh

PROCESSORS = (
    analytics_collection,
    brain_dump_processing,
    build_publishing,
    calendar_sync,
    content_generation,
    content_publishing,
    context_scraping,
    course_timeline_parsing,
    email_delivery,
    onboarding_analysis,
    phase_generation,
    daily_brief,
    rss_sync,
    sms_delivery,
    token_refresh,
)
