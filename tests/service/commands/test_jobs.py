import json

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker, job


def test_jobs_are_listed_with_what_went_wrong(cli: Cli, speaker: Speaker) -> None:
    found = [
        job("failed", error={"code": "boom", "message": "It broke."}),
        job(progress={"fraction": 0.5}),
    ]
    speaker.answers["GET /api/jobs"] = (200, {"data": found, "next": None, "has_more": False})

    result = cli("jobs", "--state", "failed", "--state", "running", "--kind", "echo")

    assert result.exit_code == 0
    assert speaker.asked == [("GET", "/api/jobs?state=failed&state=running&kind=echo&limit=20")]
    assert "It broke." in result.stdout
    assert "50%" in result.stdout
    assert result.stdout.count(ID) == 2


def test_long_lists_are_fetched_page_by_page(cli: Cli, speaker: Speaker) -> None:
    page = {"data": [job()] * 200, "next": "c+1", "has_more": True}
    speaker.answers["GET /api/jobs"] = (200, page)

    result = cli("jobs", "--limit", "400", "--json")

    assert len(json.loads(result.stdout)) == 400
    assert [path for _, path in speaker.asked] == [
        "/api/jobs?limit=200",
        "/api/jobs?limit=200&after=c%2B1",
    ]


def test_no_jobs_is_said_in_words(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/jobs"] = (200, {"data": [], "next": None})

    result = cli("jobs")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "No jobs yet" in result.stderr


def test_cancelling_goes_on_after_a_refusal(cli: Cli, speaker: Speaker) -> None:
    stopping = job(cancel_requested_at="2026-09-04T10:00:02Z")
    speaker.answers[f"DELETE /api/jobs/{ID}"] = (202, stopping)

    result = cli("cancel", "unknown", ID)

    assert result.exit_code == 2
    assert result.stdout == f"{ID}  stopping\n"
    assert result.stderr == "unknown: There is no such thing. (404)\n"


def test_retrying_queues_a_job_again(cli: Cli, speaker: Speaker) -> None:
    speaker.answers[f"POST /api/jobs/{ID}/retry"] = (202, job("queued"))

    result = cli("retry", ID)

    assert (result.exit_code, result.stdout) == (0, f"{ID}  queued\n")


def test_a_narrow_screen_folds_the_progress_and_nothing_else(cli: Cli, speaker: Speaker) -> None:
    broken = {"code": "boom", "message": "It broke in more words than fit into one line."}
    named = job("failed", error=broken) | {"kind": "course_timeline_parsing"}
    speaker.answers["GET /api/jobs"] = (200, {"data": [named], "next": None})

    result = cli("jobs", env={"COLUMNS": "100", "JOBCAST_URL": speaker.url})

    assert ID in result.stdout
    assert "course_timeline_parsing" in result.stdout
    assert "broke" in result.stdout
