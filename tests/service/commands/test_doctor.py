import asyncio
import json

import pytest

from jobs.settings import JobsSettings
from service.doctor import Finding, Given, Level
from service.doctor.masking import MASK
from tests.service.commands.conftest import Cli


@pytest.fixture
def installed(settings: JobsSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("JWT_SECRET", "a-secret-that-is-long-enough-for-all")


async def test_findings_come_with_what_to_do(cli: Cli, installed: None) -> None:
    result = await asyncio.to_thread(cli, "doctor")

    assert result.exit_code == 1
    assert "fail  workers" in result.stdout
    assert "→ Start one: jobcast worker" in result.stdout


async def test_findings_are_machine_readable(cli: Cli, installed: None) -> None:
    result = await asyncio.to_thread(cli, "doctor", "--json")

    found = {finding["name"]: finding["level"] for finding in json.loads(result.stdout)}
    assert found["migrations"] == "ok"
    assert found["workers"] == "fail"


def test_settings_are_printed_with_secrets_masked(cli: Cli, installed: None) -> None:
    result = cli("doctor", "--settings")

    assert result.exit_code == 0
    assert f"JWT_SECRET={MASK}" in result.stdout
    assert "long-enough" not in result.stdout


def test_a_setting_that_cannot_be_read_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_CONCURRENCY", "plenty")

    result = cli("doctor")

    assert result.exit_code == 2
    assert "WORKER_CONCURRENCY" in result.stderr
    assert "plenty" not in result.stderr


def test_production_without_secrets_is_one_sentence(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENV", "prod")

    result = cli("doctor", "--settings")

    assert result.exit_code == 2
    assert "JWT_SECRET" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


async def test_a_warning_is_an_exit_code_only_to_the_strict(
    cli: Cli, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned = [Finding("redis memory", Level.WARN, "full", "Give it more.")]

    async def examine(settings: Given) -> list[Finding]:
        return warned

    monkeypatch.setattr("service.commands.doctor.examine", examine)

    easy = await asyncio.to_thread(cli, "doctor")
    strict = await asyncio.to_thread(cli, "doctor", "--strict")

    assert (easy.exit_code, strict.exit_code) == (0, 1)
