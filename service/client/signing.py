"""Signatures without a library: webhooks that are checked (Standard Webhooks 1.0), tokens that are made.

Sources: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md; RFC 7519 with HS256.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from service.client.errors import BadSignature

TOLERANCE = timedelta(minutes=5)
DEFAULT_SCOPES = "jobs:read jobs:write"
LIFETIME = timedelta(hours=12)


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: timedelta = TOLERANCE,
) -> dict[str, Any]:
    """Return the event that a delivery brings, once its signature is known to be right.

    ``body`` as it came, not decoded and encoded again; ``headers`` in any case; ``secret`` is the
    webhook's ``whsec_…``. Raises BadSignature for any other sender, a changed body, and a delivery older
    or newer than ``tolerance``. The same ``webhook-id`` may come twice: remember those that were done.
    """
    told = {name.lower(): value for name, value in headers.items()}
    ident, sent = told.get("webhook-id", ""), told.get("webhook-timestamp", "")
    if not ident or not sent.isdecimal():
        raise BadSignature("It has no webhook-id and webhook-timestamp.")
    if abs(time.time() - int(sent)) > tolerance.total_seconds():
        raise BadSignature("It was sent too long ago, or one of the clocks is wrong.")
    data = body.encode() if isinstance(body, str) else bytes(body)
    right = signature(secret, b".".join([ident.encode(), sent.encode(), data]))
    given = told.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(right.encode(), one.encode()) for one in given):
        raise BadSignature("None of its signatures is right.")
    event: dict[str, Any] = json.loads(data)
    return event


def signature(secret: str, message: bytes) -> str:
    """Return the ``v1`` signature of a message. Raises BadSignature when ``secret`` is no secret."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise BadSignature("The secret must be the webhook's whsec_… as it was shown.") from error
    return f"v1,{base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()}"


def mint_token(
    secret: str,
    *,
    user: str,
    org: str | None = None,
    scopes: str = DEFAULT_SCOPES,
    lifetime: timedelta = LIFETIME,
) -> str:
    """Return a token for ``user``, signed with the server's JWT_SECRET: for a back end that shares it."""
    now = int(time.time())
    claims: dict[str, Any] = {"sub": user, "scope": scopes, "iat": now}
    claims["exp"] = now + int(lifetime.total_seconds())
    if org is not None:
        claims["org"] = org
    signed = f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{segment(claims)}"
    digest = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{base64url(digest)}"


def segment(value: Mapping[str, Any]) -> str:
    """Return one part of a token."""
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(data: bytes) -> str:
    """Return bytes in the alphabet of addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
