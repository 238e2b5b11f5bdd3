"""Twilio's signature of a call-back: HMAC-SHA1 over the URL and the sorted fields of the form.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import base64
import hmac
from collections.abc import Iterable
from hashlib import sha1
from urllib.parse import urlsplit, urlunsplit

PORTS = {"https": 443, "http": 80}

Field = tuple[str, str]


def signature(token: str, url: str, fields: Iterable[Field]) -> str:
    """Return what Twilio puts into ``X-Twilio-Signature``. A field that is there twice counts once."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), sha1)).decode()


def is_signed(token: str, given: str, url: str, fields: Iterable[Field]) -> bool:
    """Return whether ``given`` signs the form at this URL, in constant time; never without a token."""
    told = list(fields)
    right = [
        hmac.compare_digest(signature(token, spelled, told).encode(), given.encode())
        for spelled in spellings(url)
    ]
    return bool(token) and any(right)


def spellings(url: str) -> list[str]:
    """Return a URL with and without its scheme's own port: Twilio signs now the one, now the other."""
    parts = urlsplit(url)
    own = f":{PORTS.get(parts.scheme, '')}"
    bare = parts.netloc.removesuffix(own)
    if ":" in bare.rpartition("]")[2]:
        return [url]
    return [urlunsplit(parts._replace(netloc=netloc)) for netloc in (bare, bare + own)]
