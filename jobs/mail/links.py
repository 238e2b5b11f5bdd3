"""The link in a mail by which its reader gets no more of them: signed, without anybody's name in it."""

import base64
import binascii
import hmac
from hashlib import sha256
from uuid import UUID

from jobs.settings import JobsSettings
from realtime.keyring import derived_keys

PURPOSE = "unsubscribe"
ID_BYTES = 16
SIGNATURE_BYTES = 16


class Links:
    """Makes the links, and tells which mail a link was in. The same mail always has the same link.

    There are none without PUBLIC_URL (where should they lead?) or SECRET_KEY. A second, older key in
    SECRET_KEY still opens what it signed.
    """

    def __init__(self, settings: JobsSettings) -> None:
        self._base = settings.public_url.rstrip("/")
        secret = settings.secret_key.get_secret_value()
        self._keys = derived_keys(secret, PURPOSE) if secret.strip(", ") else []

    def of(self, email_id: UUID) -> str | None:
        """Return the link that is in a mail."""
        return (
            f"{self._base}/unsubscribe/{self.token(email_id)}"
            if self._base and self._keys
            else None
        )

    def token(self, email_id: UUID) -> str:
        """Return the link's last part."""
        return written(email_id.bytes + signature(self._keys[0], email_id.bytes))

    def read(self, token: str) -> UUID | None:
        """Return the id of the mail that a link was in, None for a link that we did not make."""
        try:
            raw = base64.b64decode(f"{token}{'=' * (-len(token) % 4)}", b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != ID_BYTES + SIGNATURE_BYTES or written(raw) != token:
            return None  # the last letter holds more bits than there are: one spelling is ours
        ident, given = raw[:ID_BYTES], raw[ID_BYTES:]
        good = [hmac.compare_digest(signature(key, ident), given) for key in self._keys]
        return UUID(bytes=ident) if any(good) else None


def written(raw: bytes) -> str:
    """Return bytes as they stand in a link."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signature(key: bytes, ident: bytes) -> bytes:
    """Return what only we can say of an id."""
    return hmac.new(key, ident, sha256).digest()[:SIGNATURE_BYTES]
