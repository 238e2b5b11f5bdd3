"""Keys for one purpose each, derived from the one secret the operator sets."""

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def fernet_keys(secret_key: str, purpose: str) -> list[bytes]:
    """Return a Fernet key for each of the comma-separated secrets; the first one seals.

    Listing the old secret second lets what it sealed be opened during a change of keys.
    """
    return [base64.urlsafe_b64encode(key) for key in derived_keys(secret_key, purpose)]


def derived_keys(secret_key: str, purpose: str) -> list[bytes]:
    """Return 32 bytes for each of the comma-separated secrets, in their order."""
    secrets = [part.strip() for part in secret_key.split(",") if part.strip()]
    if not secrets:
        raise ValueError("SECRET_KEY is empty")
    return [_derive(secret, purpose) for secret in secrets]


def _derive(secret: str, purpose: str) -> bytes:
    info = f"jobcast:{purpose}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
