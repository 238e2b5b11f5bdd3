import pytest

from service.client import Jobcast
from service.commands.watch import watch_job
from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import (
    ID,
    LineCutError,
    Speaker,
    event,
    job,
    passing,
    snapshot,
    sse,
)

DONE = job("succeeded", 3, result={"said": "hello"}, finished_at="2026-09-04T10:00:04.2Z")
JOB = f"GET /api/jobs/{ID}"


@pytest.fixture(autouse=True)
def finished(speaker: Speaker) -> None:
    speaker.answers[JOB] = (200, DONE)
    speaker.answers[f"{JOB}/logs"] = (200, {"data": []})


def test_a_job_is_watched_to_its_success(cli: Cli, speaker: Speaker) -> None:
    speaker.streams.append(
        [
            sse("welcome", {}),
            snapshot(
                job(),
                logs=[{"message": "reading", "attempt": 1, "line": 1}],
                progress={"fraction": 0.1},
            ),
            passing("job.progress", {"fraction": 0.5, "message": "half way"}),
            passing("job.log", {"message": "page 2", "attempt": 1, "line": 2}),
            passing("job.output", {"attempt": 1, "position": 6, "text": "hello\n"}),
            event("job.succeeded", 3, {"kind": "echo", "state": "succeeded", "result": {}}),
        ]
    )

    result = cli("watch", ID)

    assert result.exit_code == 0
    assert [line.strip() for line in result.stdout.splitlines()] == [
        "reading",
        "10%",
        "running  attempt 1",
        "50%  half way",
        "page 2",
        "hello",
        "succeeded",
        "succeeded after 4.2 s",
        "{",
        '"said": "hello"',
        "}",
    ]


def test_a_cut_stream_goes_on_where_it_was(cli: Cli, speaker: Speaker) -> None:
    output = {"attempt": 1, "position": 11, "text": "hello world"}
    speaker.streams += [
        [
            snapshot(job()),
            event("job.cancelling", 3, {"state": "running", "cancel_requested_at": "now"}),
            passing("job.output", {"attempt": 1, "position": 5, "text": "hello"}),
            LineCutError,
        ],
        [503],
        [
            snapshot(job(version=3), "e.3", output=output),
            event("job.succeeded", 4, {"state": "succeeded"}),
        ],
    ]

    speaker.answers[f"GET /api/jobs/{ID}/output"] = (200, b"hello world!")

    result = cli("watch", ID)

    assert result.exit_code == 0
    assert speaker.cursors == [None, "e.3", "e.3"]
    assert result.stdout.count("running  attempt") == 1
    assert result.stdout.count("stopping") == 1
    assert result.stdout.count("connection lost") == 1
    assert result.stdout.count("hello\n") == 1
    assert "\n world!\n" in result.stdout


@pytest.mark.parametrize("state", ["failed", "cancelled", "expired"])
def test_any_other_ending_exits_with_1(cli: Cli, speaker: Speaker, state: str) -> None:
    error = {"code": "timeout", "message": "It took \x1b[31mtoo long."}
    ended = job(state, 3, error=error, finished_at="2026-09-04T10:00:04Z")
    speaker.answers[JOB] = (200, job())
    speaker.streams.append([snapshot(ended)])

    result = cli("watch", ID)

    assert result.exit_code == 1
    assert f"{state} after 4.0 s: It took [31mtoo long. (timeout)" in result.stdout
    assert f"jobcast retry {ID}" in result.stderr


def test_a_stream_with_nothing_more_to_say_ends_with_what_the_job_is(
    cli: Cli, speaker: Speaker
) -> None:
    speaker.streams += [[snapshot(job()), sse("bye", {"retry_ms": 0})], [204]]
    speaker.answers[f"GET /api/jobs/{ID}/output"] = (200, b"said meanwhile\n")

    result = cli("watch", ID)

    assert result.exit_code == 0
    assert result.stdout.index("said meanwhile") < result.stdout.index("succeeded after 4.2 s")


def test_a_new_attempt_starts_its_output_afresh(cli: Cli, speaker: Speaker) -> None:
    speaker.streams.append(
        [
            snapshot(job(), output={"attempt": 1, "position": 4, "text": "one\n"}),
            event("job.retrying", 3, {"state": "retrying", "error": {"message": "Boom."}}),
            event("job.started", 4, {"state": "running"}, attempt=2),
            passing("job.output", {"attempt": 2, "position": 4, "text": "two\n"}, attempt=2),
            passing("job.output", {"attempt": 1, "position": 8, "text": "old\n"}),
            event("job.succeeded", 5, {"state": "succeeded"}),
        ]
    )

    result = cli("watch", ID)

    lines = result.stdout.splitlines()
    assert lines[:5] == [
        "one",
        "running  attempt 1",
        "retrying  Boom.",
        "running  attempt 2",
        "two",
    ]
    assert "old" not in result.stdout


def test_a_job_that_is_not_there_exits_with_2(cli: Cli) -> None:
    result = cli("watch", "nonsense/../x")

    assert result.exit_code == 2
    assert result.stderr.strip() == "There is no such thing. (404)"


def test_ctrl_c_leaves_the_job_alone(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.commands.watch.follow_to_end", interrupt)

    with Jobcast(speaker.url, "t0ken") as jobcast:
        code = watch_job(jobcast.job(ID))

    assert code == 130
    assert "The job goes on." in capsys.readouterr().err
