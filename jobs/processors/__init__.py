"""The kinds that come with the product, one file each; a new kind is one more line here."""

from jobs.processors.analytics_collection import analytics_collection
from jobs.processors.brain_dump_processing import brain_dump_processing
from jobs.processors.build_publishing import build_publishing
from jobs.processors.content_generation import content_generation
from jobs.processors.content_publishing import content_publishing
from jobs.processors.context_scraping import context_scraping
from jobs.processors.course_timeline_parsing import course_timeline_parsing
from jobs.processors.rss_sync import rss_sync
from jobs.processors.token_refresh import token_refresh

PROCESSORS = (
    analytics_collection,
    brain_dump_processing,
    build_publishing,
    content_generation,
    content_publishing,
    context_scraping,
    course_timeline_parsing,
    rss_sync,
    token_refresh,
)
