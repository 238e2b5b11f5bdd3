"""Fetching feeds, politely and safely like pages; ``feed_documents`` reads them."""

from datetime import timedelta

from jobs.providers.answers import Wanted
from jobs.providers.web import Fetched, Web
from jobs.settings import JobsSettings

FEEDS = Wanted(
    "application/atom+xml,application/rss+xml,application/feed+json,application/rdf+xml;q=0.9,"
    "application/xml;q=0.8,text/xml;q=0.8,application/json;q=0.7,*/*;q=0.1",
    frozenset(
        {"application/atom+xml", "application/rss+xml", "application/rdf+xml", "application/xml"}
        | {"application/feed+json", "application/json", "application/octet-stream", "text/xml"}
        | {"application/rss", "application/x-rss+xml", "text/rss+xml", "application/xhtml+xml"}
        | {"text/html", "text/plain", "text/json", "binary/octet-stream", ""}
    ),
    "a feed",
)
"""Feeds go by many types, wrong ones and none; what it is, its bytes tell."""


PATIENCE_SECONDS = 35.0
"""Many feeds live at one host, which is asked by one at a time."""


class Feeds:
    """Asks for feeds. ``bad_after`` is how long one may fail before its user is told."""

    def __init__(self, settings: JobsSettings, web: Web) -> None:
        self.bad_after = timedelta(days=settings.feed_bad_days)
        self._web = web

    async def get(self, url: str, etag: str, last_modified: str) -> Fetched:
        """Return the feed at ``url``, or that it is unchanged. Raises what ``Web.get`` raises."""
        return await self._web.get(
            url, etag=etag, last_modified=last_modified, wanted=FEEDS, patience=PATIENCE_SECONDS
        )
