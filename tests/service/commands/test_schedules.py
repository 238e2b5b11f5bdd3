import json
from typing import Any

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker, job


def schedule(key: str = "nightly", **more: Any) -> dict[str, Any]:
    """Return a schedule resource."""
    return {
        "key": key, "kind": "echo", "cron": "30 8 * * *", "every": None, "at": None,
        "timezone": "Europe/Berlin", "paused": False, "next_at": "2026-09-04T06:30:00Z", "runs": 3,
        "last_problem": None, **more,
    }  # fmt: skip


PREVIEW = {
    "timezone": "America/New_York",
    "data": [
        {"utc": "2026-03-08T07:00:00Z", "local": "2026-03-08T03:00:00-04:00", "offset": "-04:00",
         "note": "Moved."},
        {"utc": "2026-03-09T06:30:00Z", "local": "2026-03-09T02:30:00-04:00", "offset": "-04:00",
         "note": None},
    ],
}  # fmt: skip


def test_schedules_are_listed_with_what_went_wrong(cli: Cli, speaker: Speaker) -> None:
    found = [
        schedule(last_problem="There is no kind of job named 'echo'."),
        schedule("often", cron=None, every=300.0, paused=True, next_at=None),
        schedule("once", cron=None, at="2026-09-04T06:30:00Z", next_at=None),
    ]
    speaker.answers["GET /api/schedules"] = (200, {"data": found, "next": None})

    result = cli("schedules", "list")

    assert result.exit_code == 0, result.stderr
    assert "30 8 * * * Europe/Berlin" in result.stdout
    assert "next 2026-09-04 06:30:00 UTC" in result.stdout
    assert "no kind of job" in result.stdout
    assert "every 5 min" in result.stdout
    assert "paused" in result.stdout
    assert "over" in result.stdout


def test_all_pages_are_listed_as_json(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/schedules"] = (200, {"data": [schedule()], "next": None})

    result = cli("schedules", "list", "--json")

    assert json.loads(result.stdout) == [schedule()]
    assert speaker.asked == [("GET", "/api/schedules?limit=200")]


def test_no_schedules_is_said_in_words(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/schedules"] = (200, {"data": [], "next": None})

    result = cli("schedules", "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "No schedules yet" in result.stderr


def test_put_sends_what_was_said_and_shows_the_next_ticks(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["PUT /api/schedules/nightly"] = (201, schedule())
    speaker.answers["GET /api/schedules/nightly/preview"] = (200, PREVIEW)

    result = cli(
        "schedules", "put", "nightly", "echo", "value=hello", "--cron", "30 2 * * *", "--timezone",
        "America/New_York", "--missed", "all", "--overlap", "skip", "--jitter", "5m", "--tag", "t",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert json.loads(speaker.bodies[0]) == {
        "kind": "echo", "args": {"value": "hello"}, "options": {"tags": ["t"]}, "cron": "30 2 * * *",
        "timezone": "America/New_York", "missed": "all", "overlap": "skip", "jitter": 300.0,
    }  # fmt: skip
    assert result.stdout == (
        "Sun 2026-03-08 03:00:00 -04:00  07:00:00 UTC  Moved.\n"
        "Mon 2026-03-09 02:30:00 -04:00  06:30:00 UTC\n"
    )


def test_every_is_told_in_seconds(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["PUT /api/schedules/often"] = (200, schedule("often"))
    speaker.answers["GET /api/schedules/often/preview"] = (200, {"timezone": "UTC", "data": []})

    result = cli("schedules", "put", "often", "echo", "--every", "2h")

    assert json.loads(speaker.bodies[0])["every"] == 7200.0
    assert "no more ticks" in result.stderr


def test_a_duration_that_is_none_names_its_option(cli: Cli, speaker: Speaker) -> None:
    result = cli("schedules", "put", "often", "echo", "--every", "soon")

    assert result.exit_code == 2
    assert "--every" in result.stderr


def test_a_refusal_is_one_sentence(cli: Cli, speaker: Speaker) -> None:
    refusal = {"detail": "The schedule cannot be kept: no.", "errors": [
        {"pointer": "/cron", "detail": "Bad minute"}]}  # fmt: skip
    speaker.answers["PUT /api/schedules/nightly"] = (422, refusal)

    result = cli("schedules", "put", "nightly", "echo", "--cron", "no")

    assert result.exit_code == 2
    assert result.stderr == "The schedule cannot be kept: no. /cron: Bad minute (422)\n"


def test_run_prints_the_jobs_id(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["POST /api/schedules/nightly/run"] = (202, job("queued"))

    result = cli("schedules", "run", "nightly")

    assert (result.exit_code, result.stdout) == (0, f"{ID}\n")


def test_pausing_goes_on_after_a_refusal(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["PATCH /api/schedules/nightly"] = (200, schedule(paused=True))

    result = cli("schedules", "pause", "unknown", "nightly")

    assert result.exit_code == 2
    assert result.stdout == "nightly  paused\n"
    assert result.stderr == "unknown: There is no such thing. (404)\n"
    assert json.loads(speaker.bodies[-1]) == {"paused": True}


def test_resuming_says_when_it_comes_next(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["PATCH /api/schedules/nightly"] = (200, schedule())

    result = cli("schedules", "resume", "nightly")

    assert result.stdout == "nightly  next 2026-09-04 06:30:00 UTC\n"
    assert json.loads(speaker.bodies[-1]) == {"paused": False}


def test_deleting_needs_no_answer_but_the_status(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["DELETE /api/schedules/a:b"] = (204, b"")

    result = cli("schedules", "delete", "a:b")

    assert (result.exit_code, result.stdout) == (0, "a:b  deleted\n")


def test_a_preview_shows_as_many_ticks_as_asked_for(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/schedules/nightly/preview"] = (200, PREVIEW)

    result = cli("schedules", "preview", "nightly", "--count", "2")

    assert len(result.stdout.splitlines()) == 2
    assert speaker.asked == [("GET", "/api/schedules/nightly/preview?count=2")]
