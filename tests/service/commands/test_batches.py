import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from service.client import BatchResource
from service.commands.batch_bar import BatchBar
from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker, sse


def batch(done: int = 1, failed: int = 0, total: int = 4) -> dict[str, Any]:
    """Return a batch resource."""
    ended = "2026-09-04T10:00:09Z" if done + failed == total else None
    return {
        "id": ID, "total": total, "round": 1, "open": False, "tags": ["nightly"],
        "counts": {"queued": total - done - failed, "succeeded": done, "failed": failed},
        "progress": {"fraction": (done + failed) / total, "message": ""}, "on_complete": None,
        "created_at": "2026-09-04T10:00:00Z", "completed_at": ended,
    }  # fmt: skip


def told(**counts: int) -> str:
    return sse("batch.progress", {"type": "batch.progress", "data": batch(**counts)})


def whole(**counts: int) -> str:
    return sse("snapshot", {"state": {"batch": batch(**counts)}}, "e.1")


@pytest.fixture(autouse=True)
def accepting(speaker: Speaker) -> None:
    jobs = [{"id": f"{ID[:-1]}{n}", "kind": "echo", "state": "queued"} for n in range(4)]
    taken = {**batch(0), "batch_id": ID, "jobs": jobs}
    speaker.answers["POST /api/jobs/batch"] = (202, taken)
    speaker.answers[f"GET /api/batches/{ID}"] = (200, batch(0))


def test_a_file_of_jobs_is_one_batch(cli: Cli, speaker: Speaker, tmp_path: Path) -> None:
    lines = ['{"kind": "echo", "args": {"n": 1}, "priority": 9}', "", '{"kind": "say"}']
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines))

    result = cli("submit", "--batch", "jobs.jsonl", "--tag", "t", "--priority", "5", "--key", "k")

    assert (result.exit_code, result.stdout) == (0, f"{ID}\n")
    assert f"jobcast watch {ID}" in result.stderr
    assert speaker.headers[-1]["idempotency-key"] == "k"
    assert json.loads(speaker.bodies[0]) == {
        "open": False,
        "jobs": [
            {"kind": "echo", "args": {"n": 1}, "tags": ["t"], "priority": 9},
            {"kind": "say", "tags": ["t"], "priority": 5},
        ],
    }


def test_args_of_one_kind_are_read_from_standard_input(cli: Cli, speaker: Speaker) -> None:
    cli("submit", "echo", "--batch", "-", input='{"n": 1}\n{"n": 2}\n')

    jobs = json.loads(speaker.bodies[0])["jobs"]
    assert jobs == [{"kind": "echo", "args": {"n": 1}}, {"kind": "echo", "args": {"n": 2}}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no job in it"),
        ("{", "line 1: not JSON"),
        ('{"kind": "echo"}\n[1]', "line 2"),
        ("{}", "kind"),
    ],
    ids=["empty", "no JSON", "a list", "no kind"],
)
def test_a_wrong_line_is_named_before_anything_is_sent(
    cli: Cli, speaker: Speaker, text: str, fault: str
) -> None:
    result = cli("submit", "--batch", "-", input=text)

    assert result.exit_code == 2
    assert fault in result.stderr
    assert speaker.asked == []


@pytest.mark.parametrize(("failed", "code"), [(0, 0), (1, 1)])
def test_a_batch_is_watched_to_its_end(cli: Cli, speaker: Speaker, failed: int, code: int) -> None:
    speaker.streams.append([whole(done=0), told(done=2), told(done=4 - failed, failed=failed)])

    result = cli("submit", "echo", "--batch", "-", "--watch", input="{}\n" * 4)

    assert result.exit_code == code
    assert result.stdout.splitlines()[0].split() == ["0%", "0/4", "4", "queued"]
    assert result.stdout.splitlines()[-1].startswith("100%  4/4")
    assert ("--state failed" in result.stderr) == bool(failed)


def test_watching_finds_a_batch_by_its_id(cli: Cli, speaker: Speaker) -> None:
    speaker.streams.append([whole(done=4)])

    result = cli("watch", ID, "--json")

    assert result.exit_code == 0
    assert [json.loads(line)["counts"]["succeeded"] for line in result.stdout.splitlines()] == [4]


def test_a_terminal_has_one_bar() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)

    with BatchBar(console, "nightly") as bar:
        bar.show(BatchResource(batch(1)))
        bar.show(BatchResource(batch(3, 1)))

    assert isinstance(console.file, io.StringIO)
    assert "4/4" in console.file.getvalue()
    assert "1 failed" in console.file.getvalue()


def test_batches_are_listed_stopped_and_tried_again(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/batches"] = (200, {"data": [batch(2, 1)], "next": None})
    speaker.answers[f"POST /api/batches/{ID}/cancel"] = (202, batch(2, 1))
    speaker.answers[f"POST /api/batches/{ID}/retry"] = (202, batch(2))

    listed = cli("batches", "--state", "failed")
    stopped = cli("batches", "cancel", ID)
    again = json.loads(cli("batches", "retry", ID, "--json").stdout)

    assert listed.stdout.splitlines()[1].split()[:4] == [ID, "4", "75%", "1"]
    assert speaker.asked[0] == ("GET", "/api/batches?state=failed&limit=20")
    assert stopped.stdout == f"{ID}  1 queued, 2 succeeded, 1 failed\n"
    assert again == [batch(2)]
