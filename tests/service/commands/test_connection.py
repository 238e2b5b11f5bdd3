from pathlib import Path

import jwt
import pytest

from service.commands.connection import connect, demo_token
from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import Speaker

SECRET = "a secret of a stack that runs here"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "secret").write_text(f"JWT_SECRET={SECRET}\nSECRET_KEY=x\n")


def test_beside_a_running_stack_we_are_the_demo_user(stack: None) -> None:
    token = demo_token("http://127.0.0.1:8000")

    assert token
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == "demo"


def test_strangers_get_no_token_unasked(stack: None) -> None:
    assert demo_token("https://example.com") is None
    assert demo_token("http://127.0.0.1.example.com") is None


def test_the_port_is_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")

    with connect(None, None) as remote:
        assert remote.url == "http://127.0.0.1:8123"


def test_an_address_without_a_scheme_is_told_so(cli: Cli, speaker: Speaker) -> None:
    result = cli("jobs", "--url", "localhost:8000")

    assert result.exit_code == 2
    assert "is no address" in result.stderr


def test_a_server_that_is_not_there_is_told_so(cli: Cli) -> None:
    result = cli("jobs", "--url", "http://127.0.0.1:9")

    assert result.exit_code == 2
    assert "Cannot reach http://127.0.0.1:9" in result.stderr


def test_something_else_than_jobcast_is_told_so(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/jobs"] = (200, b"<html>")

    result = cli("jobs")

    assert result.exit_code == 2
    assert "does not answer like a Jobcast server" in result.stderr


def test_a_token_is_minted_with_the_secret_of_the_stack(cli: Cli, stack: None) -> None:
    result = cli("token", "--user", "ann", "--org", "acme", "--lifetime", "1h")

    claims = jwt.decode(result.stdout.strip(), SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["org"], claims["scope"]) == (
        "ann",
        "acme",
        "jobs:read jobs:write",
    )
    assert claims["exp"] - claims["iat"] == 3600


def test_without_a_secret_no_token_is_minted(cli: Cli) -> None:
    result = cli("token", "--user", "ann")

    assert result.exit_code == 2
    assert "Set JWT_SECRET" in result.stderr
