"""Secrets and signatures (Standard Webhooks 1.0): made here, sealed at rest (PURPOSE), never shown twice.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook as Scheme

PURPOSE = "webhooks"
PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret as its owner gets to see it, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signatures(keys: Sequence[str], message: str, at: datetime, body: str) -> str:
    """Return the ``webhook-signature`` of one try: one signature a secret, in their order."""
    return " ".join(Scheme(key).sign(message, at, body) for key in keys)
