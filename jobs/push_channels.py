"""Google's push channels: the token that comes with each message, derived from SECRET_KEY, kept nowhere.

Its HMAC is over the channel's id, so a forged message is refused without a look at the database.
"""

import hmac
from uuid import UUID

from jobs.errors import NotConfigured
from jobs.settings import JobsSettings
from realtime.keyring import derived_keys

PURPOSE = "google-channels"
PATH = "/hooks/google/calendar"


class Channels:
    """Makes the tokens of channels and knows them again."""

    def __init__(self, settings: JobsSettings) -> None:
        self._secret = settings.secret_key.get_secret_value()
        self._public = settings.public_url

    @property
    def address(self) -> str | None:
        """Return where messages are to be sent; None while PUBLIC_URL is not set."""
        return f"{self._public}{PATH}" if self._public else None

    def token(self, channel: UUID) -> str:
        """Return a channel's token, by the newest key. Raises NotConfigured without SECRET_KEY."""
        return self._tokens(channel)[0]

    def knows(self, channel: UUID, token: str) -> bool:
        """Say, in a time that tells nothing, whether a token is the channel's; an old key's will do.

        Raises NotConfigured without SECRET_KEY.
        """
        given = token.encode("utf-8", "backslashreplace")
        return sum(hmac.compare_digest(given, one.encode()) for one in self._tokens(channel)) > 0

    def _tokens(self, channel: UUID) -> list[str]:
        if not self._secret.strip(", "):
            raise NotConfigured("SECRET_KEY")
        keys = derived_keys(self._secret, PURPOSE)
        return [hmac.digest(key, channel.bytes, "sha256").hex() for key in keys]
