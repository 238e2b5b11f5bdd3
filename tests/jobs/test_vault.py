"""Credentials: sealed for one connection, opened by any of the keys, and never printed."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from jobs.errors import Discard, NotConfigured
from jobs.ids import uuid7
from jobs.kept.connections import ConnectionRow
from jobs.settings import JobsSettings
from jobs.vault import Credentials, Vault
from realtime.keyring import fernet_keys

SECRETS = {"access_token": "at_very_secret", "client_id": "c1d"}
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def vault(key: str = "first key") -> Vault:
    return Vault(JobsSettings(secret_key=key))


def row(
    sealed: bytes, ident: UUID, status: str = "active", why: str | None = None
) -> ConnectionRow:
    return ConnectionRow(
        id=ident, org_id="acme", user_id="anna", provider="oauth2", name="Mine", base_url="",
        token_url="", account="", credentials=sealed, holds=[], expires_at=None, status=status,
        status_reason=why, refreshed_at=None, refreshing_until=None, unanswered_at=None,
        refresh_after=None, refresh_failures=0, version=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_what_was_sealed_opens() -> None:
    ident = uuid7()
    kept = row(vault().close(ident, SECRETS), ident)

    assert vault().open(kept) == SECRETS
    assert b"secret" not in kept.credentials
    assert "at_very_secret" not in repr(kept)
    assert str(kept.credentials) not in repr(kept)


def test_an_old_key_still_opens_and_the_newest_seals() -> None:
    ident = uuid7()
    old, both = vault("old key"), vault("new key, old key")

    assert both.open(row(old.close(ident, SECRETS), ident)) == SECRETS
    newest = Fernet(fernet_keys("new key", "connections")[0])
    assert b"at_very_secret" in newest.decrypt(both.close(ident, SECRETS))


def test_another_key_or_another_connection_opens_nothing() -> None:
    ident, other = uuid7(), uuid7()
    sealed = vault().close(ident, SECRETS)

    for keeper, kept in ((vault("other"), row(sealed, ident)), (vault(), row(sealed, other))):
        with pytest.raises(Discard, match="SECRET_KEY") as caught:
            keeper.open(kept)
        assert caught.value.code == "locked"


@pytest.mark.parametrize("status", ["expired", "revoked"])
def test_a_connection_that_is_not_active_stays_closed(status: str) -> None:
    ident = uuid7()
    kept = row(vault().close(ident, SECRETS), ident, status, "The provider said so.")

    with pytest.raises(Discard, match=r"Mine .*The provider said so\.") as caught:
        vault().open(kept)

    assert caught.value.code == f"connection_{status}"


@pytest.mark.parametrize("secret_key", ["", " , "])
def test_without_a_key_nothing_is_sealed_or_opened(secret_key: str) -> None:
    ident = uuid7()

    with pytest.raises(NotConfigured, match="SECRET_KEY"):
        vault(secret_key).close(ident, SECRETS)
    with pytest.raises(NotConfigured, match="SECRET_KEY"):
        vault(secret_key).open(row(b"", ident))


def test_credentials_are_masked_however_they_are_printed() -> None:
    held = Credentials(SECRETS)

    printed = [repr(held), str(held), f"{held}", f"{held!r}", "%s" % held, f"{[held]}"]  # noqa: UP031

    assert set(printed) == {
        "Credentials(access_token=•••, client_id=•••)",
        "[Credentials(access_token=•••, client_id=•••)]",
    }
    assert held["access_token"] == "at_very_secret"
