import json
from typing import Any

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import Speaker


def kind(name: str, state: str, jobs: int, took: float | None = None) -> dict[str, Any]:
    last = None if took is None else took * 2
    return {
        "kind": name,
        "state": state,
        "jobs": jobs,
        "average_seconds": took,
        "p95_seconds": last,
    }


FIGURES = {
    "kinds": [
        kind("echo", "queued", 1_234),
        kind("echo", "succeeded", 20, 0.25),
        kind("say", "failed", 3, 61.0),
    ],
    "throughput": [{"time": "2026-11-22T10:00:00Z", "succeeded": 20, "others": 3}],
}
IDLE = {
    "name": "default", "queued": 0, "held": 0, "running": 0, "oldest_seconds": 0.0,
    "paused_at": None, "paused_by": None, "shares": [],
}  # fmt: skip
BUSY = IDLE | {
    "name": "slow", "queued": 1_234, "held": 4, "running": 7, "oldest_seconds": 90.0,
    "paused_at": "2026-11-22T10:00:00Z", "paused_by": "root",
}  # fmt: skip


def say(speaker: Speaker, figures: Any = FIGURES, pace: float | None = 12.34) -> None:
    speaker.answers["GET /api/stats"] = (200, figures)
    queues = {"data": [IDLE, BUSY], "jobs_per_second": pace}
    speaker.answers["GET /api/queues"] = (200, queues)


def test_kinds_and_queues_are_tables(cli: Cli, speaker: Speaker) -> None:
    say(speaker)

    result = cli("stats")

    lines = [line.split() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert lines[0] == ["kind", "queued", "succeeded", "failed", "average", "p95"]
    assert lines[1] == ["echo", "1,234", "20", "0.2", "s", "0.5", "s"]
    assert lines[2] == ["say", "3"]
    assert ["default", "0", "0", "0"] in lines
    paused = ["paused", "2026-11-22", "10:00", "UTC", "by", "root"]
    assert ["slow", "1,234", "4", "7", "1", "min", "30", "s", *paused] in lines
    assert "about 12.3 jobs/s" in result.stdout


def test_a_day_without_jobs_is_said_in_words(cli: Cli, speaker: Speaker) -> None:
    say(speaker, {"kinds": [], "throughput": []}, None)

    result = cli("stats")

    assert "No jobs in the last day." in result.stderr
    assert "default" in result.stdout
    assert "jobs/s" not in result.stdout


def test_figures_are_machine_readable(cli: Cli, speaker: Speaker) -> None:
    say(speaker)

    told = json.loads(cli("stats", "--json").stdout)

    assert told == {**FIGURES, "queues": [IDLE, BUSY], "jobs_per_second": 12.34}


def test_a_refusal_is_one_sentence(cli: Cli, speaker: Speaker) -> None:
    result = cli("stats")

    assert (result.exit_code, result.stderr) == (2, "There is no such thing. (404)\n")
