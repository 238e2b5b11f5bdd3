"""``jobcast audit``: what is asked, and how the answer is shown."""

import json
from typing import Any

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker


def entry(**more: Any) -> dict[str, Any]:
    """Return an entry of the audit log."""
    return {
        "id": ID, "at": "2026-09-04T10:00:00Z", "action": "queue.pause", "subject": "queue:default",
        "actor": "root", "org": None, "via": "bearer", "detail": {}, "request_id": "r1",
        "address": "127.0.0.1", **more,
    }  # fmt: skip


def test_entries_are_listed_as_a_table(cli: Cli, speaker: Speaker) -> None:
    refused = entry(actor=None, action="session.refuse", subject="session", detail={"reason": "a"})
    page = {"data": [entry(actor="\x1b[31mred"), refused], "next": None}
    speaker.answers["GET /api/audit"] = (200, page)

    result = cli("audit", "--action", "queue", "--actor", "red", "--since", "2h")

    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.stderr
    assert lines[1].startswith("2026-09-04 10:00:00")
    assert lines[1].split()[-3:] == ["queue.pause", "queue:default", "127.0.0.1"]
    assert "nobody known" in lines[2]
    assert '{"reason":"a"}' in lines[2]
    assert "\x1b" not in result.stdout


def test_nothing_found_is_said_in_words_and_json_is_json(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/audit"] = (200, {"data": [], "next": None})

    result = cli("audit")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing of that kind" in result.stderr
    assert json.loads(cli("audit", "--json").stdout) == []
