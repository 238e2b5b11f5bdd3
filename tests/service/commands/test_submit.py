import json
from pathlib import Path

import pytest

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import ID, Speaker, event, job, snapshot

SCHEMA = {
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "integer"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }
}


@pytest.fixture(autouse=True)
def accepting(speaker: Speaker) -> None:
    speaker.answers["POST /api/jobs"] = (202, job("queued", 1))
    speaker.answers["GET /api/kinds/echo"] = (200, {"kind": "echo", "args": SCHEMA})


def sent(speaker: Speaker) -> object:
    index = [path for _, path in speaker.asked].index("/api/jobs")
    return json.loads(speaker.bodies[index])


def test_the_id_is_printed_for_scripts(cli: Cli, speaker: Speaker) -> None:
    result = cli("submit", "echo", "--args", '{"count": 2}')

    assert (result.exit_code, result.stdout) == (0, f"{ID}\n")
    assert f"jobcast watch {ID}" in result.stderr
    assert sent(speaker) == {"kind": "echo", "args": {"count": 2}}
    assert speaker.headers[-1]["authorization"] == "Bearer t0ken"


def test_pairs_take_the_types_of_the_schema(cli: Cli, speaker: Speaker) -> None:
    cli("submit", "echo", "name=42", "count=42", "note=null", "url=a=b", "list=[1]")

    assert sent(speaker) == {
        "kind": "echo",
        "args": {"name": "42", "count": 42, "note": None, "url": "a=b", "list": [1]},
    }


def test_the_schema_is_not_fetched_for_words(cli: Cli, speaker: Speaker) -> None:
    cli("submit", "echo", "name=hello")

    assert speaker.asked == [("POST", "/api/jobs")]


def test_options_become_fields(cli: Cli, speaker: Speaker) -> None:
    cli("submit", "echo", "--tag", "a", "--tag", "b", "--priority", "-5", "--delay", "5m")

    expected = {"tags": ["a", "b"], "priority": -5, "delay": 300.0}
    assert sent(speaker) == {"kind": "echo", "args": {}, **expected}


def test_args_come_from_a_file_and_pairs_win(cli: Cli, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "args.json").write_text('{"name": "file", "count": 1}')

    cli("submit", "echo", "name=word", "--args", "@args.json")

    assert sent(speaker) == {"kind": "echo", "args": {"name": "word", "count": 1}}


def test_args_come_from_standard_input(cli: Cli, speaker: Speaker) -> None:
    cli("submit", "echo", "--args", "@-", input='{"count": 7}')

    assert sent(speaker) == {"kind": "echo", "args": {"count": 7}}


def test_a_file_is_uploaded_and_named_by_its_id(cli: Cli, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "Übersicht.pdf").write_bytes(b"%PDF-1.7 text")
    speaker.answers["POST /api/uploads"] = (201, {"id": "u1"})

    result = cli("submit", "echo", "--file", "upload_id=Übersicht.pdf")

    assert result.exit_code == 0
    assert b"%PDF-1.7 text" in speaker.bodies[0]
    assert sent(speaker) == {"kind": "echo", "args": {"upload_id": "u1"}}


def test_watching_ends_with_the_job(cli: Cli, speaker: Speaker) -> None:
    speaker.answers[f"GET /api/jobs/{ID}"] = (200, job("succeeded", 2))
    speaker.streams.append([snapshot(job()), event("job.succeeded", 3, {"state": "succeeded"})])

    result = cli("submit", "echo", "--watch")

    assert result.exit_code == 0
    assert "succeeded" in result.stdout


@pytest.mark.parametrize(("state", "code"), [("succeeded", 0), ("failed", 1), ("running", 1)])
def test_waiting_prints_the_job_and_tells_how_it_ended(
    cli: Cli, speaker: Speaker, state: str, code: int
) -> None:
    speaker.answers["POST /api/jobs"] = (200, job(state))

    result = cli("submit", "echo", "--wait", "5")

    assert result.exit_code == code
    assert json.loads(result.stdout)["state"] == state
    assert speaker.headers[-1]["prefer"] == "wait=5"


def test_a_refusal_is_one_sentence_with_pointers(cli: Cli, speaker: Speaker) -> None:
    errors = [{"pointer": "/args/url", "detail": "Field required"}]
    problem = {"detail": "The args do not fit.", "code": "invalid_args", "errors": errors}
    speaker.answers["POST /api/jobs"] = (422, problem)

    result = cli("submit", "echo")

    assert result.exit_code == 2
    assert result.stderr.strip() == "The args do not fit. /args/url: Field required (422)"


def test_a_missing_token_is_told_what_to_do(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["POST /api/jobs"] = (401, {"detail": "Sign in."})

    result = cli("submit", "echo")

    assert result.exit_code == 2
    assert "--token or JOBCAST_TOKEN" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--args", "{"],
        ["--args", "[1]"],
        ["--args", "@missing.json"],
        ["novalue"],
        ["=5"],
        ["--file", "upload_id=missing.pdf"],
        ["--delay", "soon"],
        ["--wait", "26"],
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    cli: Cli, speaker: Speaker, words: list[str]
) -> None:
    result = cli("submit", "echo", *words)

    assert result.exit_code == 2
    assert speaker.asked == []
