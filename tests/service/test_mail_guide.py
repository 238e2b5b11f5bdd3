"""docs/mail.md says what is so: routes, args, codes, settings, numbers, the sandbox's troubles."""

import re
from pathlib import Path

import pytest

from jobs.mail.lists import MailingList
from jobs.processors.email_delivery import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    Args,
    Result,
    email_delivery,
)
from jobs.providers.mail_errors import BAD_ADDRESS
from jobs.settings import JobsSettings
from service.dev.sandbox.smtp import ANSWERS, PASSWORD, USER
from service.routes import TABLE

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "mail.md").read_text(encoding="utf-8")
SANDBOX = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
SOURCES = [
    *(ROOT / "jobs" / "sending").glob("*.py"),
    *(ROOT / "jobs" / "providers").glob("mail*.py"),
]


def test_every_route_is_there() -> None:
    named = set(re.findall(r"\| `([A-Z]+) (/api/emails[/{}\w]*)", GUIDE))

    assert named == {(m, p) for m, p, _ in TABLE if p.startswith("/api/emails")}
    assert "PUBLIC_URL/unsubscribe/<token>" in GUIDE
    assert "/unsubscribe/{token}" in {path for _, path, _ in TABLE}


def test_every_code_that_ends_a_job_is_there_or_explains_a_setting() -> None:
    code = re.compile(r'(?:code="|Discard\([^()]*", ")(\w+)"')
    codes = {found for file in SOURCES for found in code.findall(file.read_text(encoding="utf-8"))}

    told_elsewhere = {"bad_url", "bad_sender", "no_address", "not_found", "stopped"}
    assert {"not_verified", "opted_out", "superseded", "insecure"} <= codes
    assert {c for c in codes - told_elsewhere if f"`{c}`" not in GUIDE} == set()


def test_its_names_are_right() -> None:
    assert all(f"| `{name}` |" in GUIDE for name in Args.model_fields)
    assert all(f"`{name}`" in GUIDE for name in (*Result.model_fields, *MailingList))
    settings = set(re.findall(r"^\| `([A-Z_]+)` \|", GUIDE, re.MULTILINE))
    assert {name.lower() for name in settings} <= JobsSettings.model_fields.keys()
    assert len(settings) == 6


def test_its_numbers_are_right() -> None:
    waits = [email_delivery.backoff(n).total_seconds() / 60 for n in range(1, 5)]

    assert f"cut at {LONGEST_SUBJECT} characters" in GUIDE
    assert f"at most {LONGEST_TEXT:,} characters" in GUIDE
    assert waits == pytest.approx([1, 5, 15, 60], rel=0.1)
    assert "after 1, 5, 15 and 60 minutes" in GUIDE
    assert f"{email_delivery.concurrency} at a time" in GUIDE
    assert f"{email_delivery.max_attempts} attempts" in GUIDE
    assert all(f"5.{a}.{b}" in GUIDE for a, b in BAD_ADDRESS)


def test_the_sandbox_is_as_it_is_told() -> None:
    assert f"user `{USER}`, password `{PASSWORD}`" in SANDBOX.replace("\n", " ")
    assert all(f"`@{domain}`" in SANDBOX for domain in ANSWERS)
