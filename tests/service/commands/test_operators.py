"""Queues, inbox and webhooks on the command line."""

import json
from typing import Any

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker
from tests.service.commands.test_stats import BUSY, IDLE

HOOK = {
    "id": ID, "url": "https://example.com/hook", "description": "", "events": ["job.*"],
    "for_job": False, "whole_org": False, "enabled": True, "disabled_at": None,
    "disabled_reason": None, "failing_since": None, "created_at": "2026-09-04T10:00:00Z",
}  # fmt: skip
DELIVERY = {
    "id": ID, "message": "msg_1", "type": "job.failed", "subject_id": None, "state": "failed",
    "tries": 3, "status": 500, "problem": "It answered 500.", "next_try_at": None,
    "created_at": "2026-09-04T10:00:00Z", "delivered_at": None,
}  # fmt: skip


def entry(read: bool, **data: Any) -> dict[str, Any]:
    """Return an inbox entry."""
    at = "2026-09-04T10:00:00Z"
    more = {"job_id": None, "acked_at": None, "handed_off": None, "read_at": at if read else None}
    return {"id": ID, "name": "brief_completed", "data": data, "created_at": at, **more}


def test_queues_are_listed_paused_and_resumed(cli: Cli, speaker: Speaker) -> None:
    queues = {"data": [IDLE, BUSY], "jobs_per_second": 12.34, "signals": None}
    speaker.answers["GET /api/queues"] = (200, queues)
    speaker.answers["POST /api/queues/slow/pause"] = (200, BUSY)
    speaker.answers["POST /api/queues/slow/resume"] = (200, IDLE)

    listed = cli("queues")
    paused, resumed = cli("queues", "pause", "slow", "none"), cli("queues", "resume", "slow")

    assert "about 12.3 jobs/s" in listed.stdout
    assert json.loads(cli("queues", "--json").stdout) == queues
    assert (paused.exit_code, paused.stdout) == (2, "slow  paused\n")
    assert "none: There is no such thing." in paused.stderr
    assert (resumed.exit_code, resumed.stdout) == (0, "slow  resumed\n")


def test_the_inbox_is_listed_and_read(cli: Cli, speaker: Speaker) -> None:
    found = {
        "data": [entry(False, text="\x1b[31m" + "x" * 200), entry(True)],
        "next": None,
        "unread": 1,
    }
    speaker.answers["GET /api/inbox"] = (200, found)
    speaker.answers["POST /api/inbox/read"] = (200, {"read": 1, "unread": 0})

    listed, read = cli("inbox", "--unread"), cli("inbox", "read")
    cli("inbox", "read", ID)

    assert "brief_completed" in listed.stdout
    assert "\x1b" not in listed.stdout
    assert speaker.asked[0] == ("GET", "/api/inbox?unread=true&limit=20")
    assert read.stdout == "1 read, 0 unread\n"
    assert [json.loads(body) for body in speaker.bodies[1:]] == [{"all": True}, {"ids": [ID]}]


def test_webhooks_are_made_looked_at_and_sent_again(cli: Cli, speaker: Speaker) -> None:
    place = f"/api/webhooks/{ID}"
    disabled = HOOK | {"enabled": False, "disabled_reason": "It failed for days."}
    speaker.answers |= {
        "GET /api/webhooks": (200, {"data": [HOOK, disabled], "next": None}),
        "POST /api/webhooks": (201, HOOK | {"secret": "whsec_abc"}),
        f"POST {place}/rotate": (200, HOOK | {"secret": "whsec_def"}),
        f"POST {place}/test": (202, DELIVERY),
        f"GET {place}/deliveries": (200, {"data": [DELIVERY], "next": None}),
        f"POST {place}/replay": (202, {"replayed": 7}),
        f"DELETE {place}": (204, b""),
    }

    listed = cli("webhooks")
    made = cli("webhooks", "create", "https://example.com/hook", "--event", "job.failed")
    rotated = cli("webhooks", "rotate", ID)
    sent, deliveries = cli("webhooks", "test", ID), cli("webhooks", "deliveries", ID)
    replayed = cli("webhooks", "replay", ID, "--since", "2h")
    deleted = cli("webhooks", "delete", ID, "--json")

    assert "disabled: It failed for days." in listed.stdout
    assert (made.stdout, rotated.stdout) == ("whsec_abc\n", "whsec_def\n")
    assert sent.stdout == f"{ID}  sent\n"
    assert "500 It answered 500." in deliveries.stdout
    assert replayed.stdout == "7 on their way again\n"
    assert json.loads(deleted.stdout) == [{"id": ID}]
