"""Signatures that the scheme's own library accepts, and what it must refuse (S58)."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import InvalidToken
from standardwebhooks import Webhook, WebhookVerificationError

from jobs.sealing import Seal
from jobs.webhooks.signing import PURPOSE, new_secret, signatures

BODY = '{"type":"job.succeeded","data":"ü"}'


def headers(secrets: list[str], at: datetime, message: str = "msg_1") -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures(secrets, message, at, BODY),
    }


def test_a_secret_has_the_schemes_form_and_is_never_the_same() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_the_schemes_own_library_accepts_a_signature() -> None:
    secret = new_secret()

    event = Webhook(secret).verify(BODY.encode(), headers([secret], datetime.now(UTC)))

    assert event["data"] == "ü"


def test_while_secrets_change_both_are_accepted_and_a_third_is_not() -> None:
    new, old = new_secret(), new_secret()
    sent = headers([new, old], datetime.now(UTC))

    assert Webhook(new).verify(BODY, sent) == Webhook(old).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, sent)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_early_timestamp_is_refused(seconds: int) -> None:
    secret = new_secret()
    at = datetime.now(UTC) + timedelta(seconds=seconds)

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers([secret], at))


@pytest.mark.parametrize(
    ("name", "value"),
    [("webhook-id", "msg_2"), ("webhook-id", "msg.1"), ("webhook-timestamp", "0")],
)
def test_what_is_signed_cannot_be_exchanged(name: str, value: str) -> None:
    secret = new_secret()
    sent = headers([secret], datetime.now(UTC)) | {name: value}

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, sent)


def test_one_changed_byte_is_refused() -> None:
    secret = new_secret()
    sent = headers([secret], datetime.now(UTC))

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.replace("succeeded", "succeedee"), sent)


def test_a_sealed_secret_opens_with_its_key_only() -> None:
    secret = new_secret()
    sealed = Seal("first key", PURPOSE).close(secret)

    assert secret.encode() not in sealed
    assert Seal("first key", PURPOSE).open(sealed) == secret
    assert Seal("second key, first key", PURPOSE).open(sealed) == secret
    with pytest.raises(InvalidToken):
        Seal("second key", PURPOSE).open(sealed)
