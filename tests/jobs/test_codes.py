"""Codes: six digits, another for every verification, told by no row, good through a change of keys."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import SecretStr

from jobs.codes import Codes
from jobs.errors import NotConfigured
from jobs.kept.verifications import VerificationRow
from jobs.settings import JobsSettings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROW = VerificationRow(
    id=UUID(int=7), org_id="acme", user_id="anna", way="email", address="anna@example.com",
    nonce=b"n" * 32, tries=0, job_id=None, expires_at=NOW, used_at=None, created_at=NOW, expired=False,
)  # fmt: skip


def codes(secret: str) -> Codes:
    return Codes(JobsSettings(secret_key=SecretStr(secret)))


def test_a_code_is_six_digits_and_always_the_same() -> None:
    code = codes("a secret").of(ROW)

    assert (len(code), code.isascii(), code.isdigit()) == (6, True, True)
    assert codes("a secret").of(replace(ROW, tries=3, expires_at=NOW.replace(year=2030))) == code


def test_another_verification_way_address_nonce_or_key_has_another_code() -> None:
    others = [
        codes("another").of(ROW),
        *(
            codes("a secret").of(replace(ROW, **changed))
            for changed in (
                {"id": UUID(int=8)},
                {"way": "phone"},
                {"address": "anna@example.org"},
                {"nonce": b"m" * 32},
            )
        ),
    ]

    assert len({codes("a secret").of(ROW), *others}) == 6


def test_every_digit_comes_everywhere() -> None:
    secret = codes("s")

    drawn = [secret.of(replace(ROW, nonce=bytes([n // 256, n % 256]))) for n in range(2_000)]

    for place in range(6):
        counts = Counter(code[place] for code in drawn)
        assert len(counts) == 10
        assert max(counts.values()) < 300


def test_a_code_fits_through_a_change_of_keys_and_nothing_else_does() -> None:
    old, new, both = codes("old"), codes("new"), codes("new, old")

    assert both.of(ROW) == new.of(ROW)
    assert both.fits(ROW, old.of(ROW))
    assert both.fits(ROW, new.of(ROW))
    assert not new.fits(ROW, old.of(ROW))
    assert not both.fits(ROW, "")
    assert not both.fits(ROW, new.of(ROW) + "0")


def test_without_a_secret_there_is_no_code() -> None:
    with pytest.raises(NotConfigured, match="SECRET_KEY"):
        codes(" , ").of(ROW)
