"""Mastodon by its API (docs.joinmastodon.org/methods): media, statuses, and how they fare.

A status goes out with an ``Idempotency-Key``, which Mastodon remembers for an hour: until then a second try
returns the first one's status. Later than that, ``find`` looks through what the account has posted.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from jobs.errors import Discard, ProviderError, Refused
from jobs.kept.connections import ConnectionRow
from jobs.providers.answers import rate_limit_reset
from jobs.providers.api import Answer, Api, Endpoint, as_json
from jobs.providers.platforms.connected import needed
from jobs.providers.platforms.multipart import as_multipart
from jobs.providers.platforms.platform import (
    Attachment,
    MetricsPage,
    Post,
    PostRef,
    PublishedPost,
)
from jobs.providers.platforms.statuses import (
    Status,
    identifier,
    next_page,
    status_of,
    statuses_of,
)
from jobs.vault import Credentials

REMEMBERS = timedelta(minutes=55)
SKEW = timedelta(minutes=2)
PROCESSED = 200
NOT_FOUND = 404
PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 8.0, 8.0, 8.0, 8.0)
PAGE = "40"
MOST_PAGES = 50
MOST_MEDIA = 4


class Mastodon:
    """One account on one instance."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._api = endpoint

    @classmethod
    def connected(cls, api: Api, row: ConnectionRow, credentials: Credentials) -> Self:
        """Return the account of a connection. Raises Discard when it lacks something."""
        token = needed(row, credentials, "access_token")
        return cls(api.at(row.base_url, headers={"Authorization": f"Bearer {token}"}))

    @property
    def remembers(self) -> timedelta | None:
        """Return an hour, less what clocks may differ."""
        return REMEMBERS

    async def publish(self, post: Post) -> PublishedPost:
        """Upload the media and post the status. Media of a try that failed are Mastodon's to forget."""
        if len(post.media) > MOST_MEDIA:
            raise Discard(f"Mastodon takes at most {MOST_MEDIA} files a post.", code="refused")
        status = {"status": post.text, "media_ids": [await self._upload(m) for m in post.media]}
        if language := post.language.partition("-")[0].lower():
            status["language"] = language
        headers = {"Idempotency-Key": post.idempotency_key}
        answer = await self._api.post("/api/v1/statuses", as_json(status), headers=headers)
        return status_of(answer.data).published()

    async def find(self, post: Post, since: datetime) -> PublishedPost | None:
        """Look for a status with this text among those posted since then."""
        path: str | None = await self._statuses_path()
        for _ in range(MOST_PAGES):
            if path is None:
                return None
            answer = await self._api.get(path)
            statuses = statuses_of(answer.data)
            young = [s for s in statuses if s.created_at >= since - SKEW]
            for status in young:
                if status.says(post.text):
                    return status.published()
            path = next_page(answer.headers) if young else None
        raise Discard(
            "Whether it was posted cannot be told: the account has posted too much since.",
            code="uncertain",
        )

    async def metrics(self, refs: Sequence[PostRef], page: str | None) -> MetricsPage:
        """Read one post by its id, more of them by pages of what the account has posted."""
        if len(refs) == 1 and page is None:
            return await self._metrics_of(refs[0])
        answer = await self._api.get(page or await self._statuses_path())
        statuses = statuses_of(answer.data)
        wanted = {ref.id for ref in refs}
        samples = [s for status in statuses if status.id in wanted for s in status.samples()]
        more = next_page(answer.headers) if reaches_on(statuses, refs) else None
        return MetricsPage(samples, more, pause_after(answer) if more else None)

    async def _metrics_of(self, ref: PostRef) -> MetricsPage:
        try:
            answer = await self._api.get(f"/api/v1/statuses/{ref.id}")
        except Refused as error:
            if error.status == NOT_FOUND:
                return MetricsPage([])
            raise
        return MetricsPage(status_of(answer.data).samples())

    async def _statuses_path(self) -> str:
        account = await self._api.get("/api/v1/accounts/verify_credentials")
        return f"/api/v1/accounts/{identifier(account.data)}/statuses?limit={PAGE}&exclude_reblogs=true"

    async def _upload(self, media: Attachment) -> str:
        """Send a file and wait until it is processed. Raises ProviderError when that takes long."""
        form = as_multipart("file", media, {"description": media.alt})
        answer = await self._api.post("/api/v2/media", form)
        ident = identifier(answer.data)
        for seconds in PAUSES:
            if answer.status == PROCESSED:
                return ident
            await asyncio.sleep(seconds)
            answer = await self._api.get(f"/api/v1/media/{ident}")
        raise ProviderError("Mastodon takes long to process a file.")


def reaches_on(statuses: Sequence[Status], refs: Sequence[PostRef]) -> bool:
    """Say whether an older page can hold any of the posts."""
    if not statuses or not refs:
        return False
    seen = {status.id for status in statuses}
    oldest = min(status.created_at for status in statuses)
    return any(ref.id not in seen and ref.at <= oldest + SKEW for ref in refs)


def pause_after(answer: Answer) -> timedelta | None:
    """Return how long to wait when the rate is used up (``X-RateLimit-*``), None when it is not."""
    if answer.headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    return rate_limit_reset(answer.headers)
