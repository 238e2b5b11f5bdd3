"""The six digits that show whose an address is: computed when they are needed, and stored nowhere.

A code is HOTP's truncation (RFC 4226 §5.3) of an HMAC-SHA256 over what is to be verified, by a key of its
own derived from SECRET_KEY. Whoever reads the database alone, or an event, a log or a job, cannot know it.
"""

import hashlib
import hmac
from functools import cached_property

from jobs.errors import NotConfigured
from jobs.kept.verifications import VerificationRow
from jobs.settings import JobsSettings
from realtime.keyring import derived_keys

PURPOSE = "verifications"
DIGITS = 6
LOW_31_BITS = 0x7FFFFFFF


class Codes:
    """Computes codes, and compares what was typed in with them."""

    def __init__(self, settings: JobsSettings) -> None:
        self._secret_key = settings.secret_key.get_secret_value()

    def of(self, row: VerificationRow) -> str:
        """Return the code of ``row``, by the newest key. Raises NotConfigured without SECRET_KEY."""
        return code_of(self._keys[0], row)

    def fits(self, row: VerificationRow, given: str) -> bool:
        """Return whether ``given`` is the code of ``row`` by any key, in the same time for every code.

        So a change of keys between sending and confirming is no wrong try. Raises NotConfigured.
        """
        right = [hmac.compare_digest(code_of(key, row), given) for key in self._keys]
        return any(right)

    @cached_property
    def _keys(self) -> list[bytes]:
        if not self._secret_key.strip(", "):
            raise NotConfigured("SECRET_KEY")
        return derived_keys(self._secret_key, PURPOSE)


def code_of(key: bytes, row: VerificationRow) -> str:
    """Return the code of ``row`` by one key. Its id and nonce are fresh for every code."""
    about = b"\0".join([row.id.bytes, row.nonce, row.way.encode(), row.address.encode()])
    digest = hmac.digest(key, about, hashlib.sha256)
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & LOW_31_BITS
    return f"{number % 10**DIGITS:0{DIGITS}}"
