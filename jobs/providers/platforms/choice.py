"""Which platform a connection leads to."""

from collections.abc import Callable, Mapping

from jobs.errors import Discard
from jobs.kept.connections import ConnectionRow
from jobs.providers.api import Api
from jobs.providers.platforms.mastodon import Mastodon
from jobs.providers.platforms.platform import Platform
from jobs.providers.platforms.webhook import Webhook
from jobs.vault import Credentials

PLATFORMS: Mapping[str, Callable[[Api, ConnectionRow, Credentials], Platform]] = {
    "mastodon": Mastodon.connected,
    "webhook": Webhook.connected,
}
"""Every platform by its connections' provider; a new one is one more entry."""


class Platforms:
    """Opens the platform behind a connection."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def at(self, row: ConnectionRow, credentials: Credentials) -> Platform:
        """Return the account that a connection leads to. Raises Discard when it leads to none."""
        connected = PLATFORMS.get(row.provider)
        if connected is None:
            known = " or ".join(PLATFORMS)
            raise Discard(
                f"Nothing can be published by a connection to {row.provider}; it takes {known}.",
                code="wrong_provider",
            )
        return connected(self._api, row, credentials)
