"""Kinds that tests play in place of those that come with the product."""

import pytest

from jobs.processors import PROCESSORS

DELIVERIES = frozenset({"email_delivery", "sms_delivery"})


def leave_out(monkeypatch: pytest.MonkeyPatch, names: frozenset[str] = DELIVERIES) -> None:
    """Let this process know the product's kinds without these, so that a test's own may bear the names."""
    kept = tuple(kind for kind in PROCESSORS if kind.name not in names)
    monkeypatch.setattr("jobs.resources.PROCESSORS", kept)
