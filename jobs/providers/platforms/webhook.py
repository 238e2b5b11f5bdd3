"""Any server that takes a post as JSON, signed by Standard Webhooks 1.0.

``webhook-id`` is the post's idempotency key, the same in every try: a receiver that remembers it does
nothing twice. There are no metrics.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import orjson
from standardwebhooks import Webhook as Scheme

from jobs.errors import Discard
from jobs.kept.connections import ConnectionRow
from jobs.providers.api import Api, Payload, check, read_json
from jobs.providers.platforms.connected import needed
from jobs.providers.platforms.platform import MetricsPage, Post, PostRef, PublishedPost, link
from jobs.vault import Credentials

MOST_MEDIA_BYTES = 8 * 1024 * 1024
LONGEST_ID = 200


class Webhook:
    """One receiver of posts."""

    def __init__(self, api: Api, url: str, scheme: Scheme) -> None:
        self._api = api
        self._url = url
        self._scheme = scheme

    @classmethod
    def connected(cls, api: Api, row: ConnectionRow, credentials: Credentials) -> Self:
        """Return the receiver that a connection leads to. Raises Discard when it lacks something."""
        secret = needed(row, credentials, "secret")
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            return cls(api, row.base_url, Scheme(key))
        except ValueError as error:
            raise Discard(
                f"The secret of the connection {row.name} must be base64, like whsec_….",
                code="incomplete_connection",
            ) from error

    @property
    def remembers(self) -> timedelta | None:
        """Return None: what the id is good for is the receiver's promise."""
        return None

    async def publish(self, post: Post) -> PublishedPost:
        """Send the post. An answer in JSON may tell ``id`` and ``url`` of what became of it."""
        body = orjson.dumps(message(post))
        target = self._api.at(self._url, headers=self._signed(post.idempotency_key, body))
        response, told = await self._api.send(
            target, "POST", target.base, Payload("application/json", body)
        )
        data = read_json(told)
        check(target.base.host, response, data, ())
        ident, url = (data.get("id"), data.get("url")) if isinstance(data, dict) else (None, None)
        return PublishedPost(
            id=ident[:LONGEST_ID] if isinstance(ident, str) and ident else post.idempotency_key,
            url=link(url),
        )

    async def find(self, post: Post, since: datetime) -> PublishedPost | None:
        """Return None: it cannot be asked, and never needs to be."""
        return None

    async def metrics(self, refs: Sequence[PostRef], page: str | None) -> MetricsPage:
        """Raise Discard: there are none."""
        raise Discard("A webhook tells no metrics.", code="no_metrics")

    def _signed(self, ident: str, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "webhook-id": ident,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._scheme.sign(ident, now, body.decode()),
        }


def message(post: Post) -> dict[str, Any]:
    """Return what the receiver gets. The same in every try, as the receiver may compare."""
    if sum(len(media.data) for media in post.media) > MOST_MEDIA_BYTES:
        raise Discard(
            f"By a webhook go at most {MOST_MEDIA_BYTES:,} bytes of media.", code="media_too_large"
        )
    media = [
        {
            "name": one.name,
            "media_type": one.media_type,
            "alt": one.alt,
            "base64": base64.b64encode(one.data).decode(),
        }
        for one in post.media
    ]
    data = {
        "content_id": post.content_id,
        "title": post.title,
        "text": post.text,
        "body": post.body,
        "hashtags": list(post.hashtags),
        "language": post.language,
        "media": media,
    }
    return {"type": "content.published", "data": data}
