"""Secrets and signatures (Standard Webhooks 1.0): made here, sealed at rest, never shown twice.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from cryptography.fernet import Fernet, MultiFernet
from standardwebhooks import Webhook as Scheme

from realtime.keyring import fernet_keys

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret as its owner gets to see it, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signatures(keys: Sequence[str], message: str, at: datetime, body: str) -> str:
    """Return the ``webhook-signature`` of one try: one signature a secret, in their order."""
    return " ".join(Scheme(key).sign(message, at, body) for key in keys)


class Seal:
    """Closes secrets with SECRET_KEY before they are kept. Listing an old key second still opens."""

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key

    def close(self, secret: str) -> bytes:
        """Return ``secret`` as it is kept."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Return what was sealed. Raises InvalidToken when SECRET_KEY is another one by now."""
        return self._fernet.decrypt(sealed).decode()

    @cached_property
    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in fernet_keys(self._secret_key, "webhooks")])
