"""Sealing what is kept but not for everybody's eyes: Fernet, by keys derived from SECRET_KEY."""

from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from realtime.keyring import fernet_keys


class Seal:
    """Closes texts with SECRET_KEY before they are kept. Listing an old key second still opens.

    Each ``purpose`` has keys of its own: what was sealed for one opens for no other.
    """

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._secret_key = secret_key
        self._purpose = purpose

    def close(self, text: str) -> bytes:
        """Return ``text`` as it is kept, sealed by the first key. Raises ValueError without a key."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return what was sealed. Raises InvalidToken when SECRET_KEY is another one by now."""
        return self._fernet.decrypt(sealed).decode()

    def renew(self, sealed: bytes) -> bytes | None:
        """Return the same, sealed by the first key; None when it is already. Raises InvalidToken."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self._fernet.rotate(sealed)
        return None

    @cached_property
    def _newest(self) -> Fernet:
        return Fernet(fernet_keys(self._secret_key, self._purpose)[0])

    @cached_property
    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in fernet_keys(self._secret_key, self._purpose)])
