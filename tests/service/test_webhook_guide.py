"""docs/webhooks.md: the receiver it shows takes what is genuine, once, and nothing else."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.webhooks.policy import WAITS
from jobs.webhooks.signing import new_secret, signatures
from service.routes import TABLE

GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"
BODY = '{"type":"job.succeeded","data":"ü"}'
Accept = Callable[[str, dict[str, str], bytes], bool]


@pytest.fixture
def accept() -> Accept:
    """Give the receiver as the guide shows it."""
    [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names: dict[str, Accept] = {}
    exec(code, names)  # noqa: S102 - our own document
    return names["accept"]


def sent(secret: str, *, seconds: float = 0, message: str = "msg_1") -> dict[str, str]:
    at = datetime.fromtimestamp(int(time.time() + seconds), UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures([new_secret(), secret], message, at, BODY),
    }


def test_the_guides_receiver_takes_a_genuine_message_once(accept: Accept) -> None:
    secret = new_secret()

    taken = [accept(secret, sent(secret), BODY.encode()) for _ in range(2)]

    assert taken == [True, False]


@pytest.mark.parametrize(
    ("change", "body", "seconds"),
    [
        ({}, BODY.replace("u", "v"), 0),
        ({}, BODY + " ", 0),
        ({}, BODY, 301),
        ({}, BODY, -301),
        ({"webhook-id": "msg.2"}, BODY, 0),
        ({"webhook-timestamp": "soon"}, BODY, 0),
        ({"webhook-signature": ""}, BODY, 0),
        ({"webhook-signature": "v2,abc v1,abc é"}, BODY, 0),
    ],
)
def test_the_guides_receiver_refuses_what_is_not_genuine(
    accept: Accept, change: dict[str, str], body: str, seconds: float
) -> None:
    secret = new_secret()

    assert not accept(secret, sent(secret, seconds=seconds) | change, body.encode())


def test_the_guides_receiver_refuses_another_secret(accept: Accept) -> None:
    assert not accept(new_secret(), sent(new_secret()), BODY.encode())


def test_the_guide_names_every_route_of_webhooks() -> None:
    text = GUIDE.read_text()

    for method, path, _ in TABLE:
        if path.startswith("/api/webhooks"):
            assert f"`{method} {path}`" in text, (method, path)


def test_the_guide_names_every_wait() -> None:
    words = [
        f"{seconds} s" if seconds < 60 else f"{seconds // 60} min" if seconds < 3600
        else f"{seconds // 3600} h"
        for seconds in (int(wait.total_seconds()) for wait in WAITS)
    ]  # fmt: skip

    assert f"{', '.join(words[:-1])} and {words[-1]}" in " ".join(GUIDE.read_text().split())
