import json
from typing import Any

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker

SECRET = "jc_1a2b3c4d" + "0" * 56


def key(**more: Any) -> dict[str, Any]:
    """Return a key resource."""
    return {
        "id": ID, "name": "ci", "scopes": ["jobs:read", "jobs:write"], "hint": "jc_1a2b3c4d",
        "made_by": None, "created_at": "2026-09-04T10:00:00Z", "expires_at": None,
        "last_used_at": "2026-09-05T10:00:30Z", **more,
    }  # fmt: skip


def test_keys_are_listed_by_how_they_begin(cli: Cli, speaker: Speaker) -> None:
    other = key(name="\x1b[31mred", expires_at="2026-12-01T09:00:00Z", last_used_at=None)
    speaker.answers["GET /api/keys"] = (200, {"data": [key(), other]})

    result = cli("keys", "list")

    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.stderr
    assert lines[1].split() == [
        ID, "jc_1a2b3c4d…", "ci", "jobs:read", "jobs:write", "never", "2026-09-05", "10:00",
    ]  # fmt: skip
    assert lines[2].rstrip().endswith("2026-12-01 09:00  not yet")
    assert "\x1b" not in result.stdout


def test_no_keys_is_said_in_words_and_json_is_json(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/keys"] = (200, {"data": []})

    result = cli("keys", "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "No keys yet" in result.stderr
    assert json.loads(cli("keys", "list", "--json").stdout) == []


def test_a_new_key_is_all_that_goes_to_standard_output(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["POST /api/keys"] = (201, {**key(), "key": SECRET})

    result = cli(
        "keys", "create", "--name", "ci", "--scopes", "jobs:read org:read", "--expires-in", "90d"
    )

    assert (result.exit_code, result.stdout) == (0, SECRET + "\n")
    assert f"jobcast keys revoke {ID}" in result.stderr
    assert SECRET not in result.stderr
    assert json.loads(speaker.bodies[0]) == {
        "name": "ci",
        "scopes": ["jobs:read", "org:read"],
        "expires_in": 7_776_000.0,
    }


def test_without_more_words_a_key_reads_and_writes_jobs_for_good(
    cli: Cli, speaker: Speaker
) -> None:
    speaker.answers["POST /api/keys"] = (201, {**key(), "key": SECRET})

    cli("keys", "create")

    assert json.loads(speaker.bodies[0]) == {"name": "", "scopes": ["jobs:read", "jobs:write"]}


def test_a_life_that_is_none_is_wrong_usage(cli: Cli, speaker: Speaker) -> None:
    result = cli("keys", "create", "--expires-in", "soon")

    assert result.exit_code == 2
    assert speaker.asked == []


def test_revoking_goes_on_after_a_refusal(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["DELETE /api/keys/b"] = (204, b"")

    result = cli("keys", "revoke", "a", "b")

    assert result.exit_code == 2
    assert result.stdout == "b  revoked\n"
    assert "a: There is no such thing. (404)" in result.stderr
    assert [path for _, path in speaker.asked] == ["/api/keys/a", "/api/keys/b"]
