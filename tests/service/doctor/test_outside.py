from pathlib import Path
from typing import Any

import pytest

from jobs.settings import JobsSettings
from service.doctor.outside import examine_providers, examine_storage, public_url, shared


def levels(**given: Any) -> dict[str, str]:
    return {f.name: str(f.level) for f in examine_providers(JobsSettings(**given))}


def test_what_is_not_set_at_all_is_well() -> None:
    assert set(levels().values()) == {"ok"}


@pytest.mark.parametrize(
    ("name", "given", "missing"),
    [
        ("LLM", {"llm_base_url": "http://127.0.0.1:1"}, "LLM_MODEL"),
        ("mail", {"smtp_url": "smtp://localhost"}, "MAIL_FROM"),
        ("Twilio", {"twilio_account_sid": "AC1", "twilio_from": "+1"}, "TWILIO_AUTH_TOKEN"),
        ("Google", {"google_client_id": "one"}, "GOOGLE_CLIENT_SECRET"),
        ("builds", {"eas_command": "eas"}, "EXPO_TOKEN"),
        ("bucket", {"aws_access_key_id": "one"}, "AWS_SECRET_ACCESS_KEY"),
        ("prices", {"llm_input_price": 1}, "LLM_OUTPUT_PRICE"),
    ],
)
def test_a_provider_that_is_half_set_is_told(
    name: str, given: dict[str, Any], missing: str
) -> None:
    found = {f.name: f for f in examine_providers(JobsSettings(**given))}

    assert str(found[name].level) == "warn"
    assert missing in found[name].advice


def test_a_setting_that_does_nothing_alone_is_told() -> None:
    found = {f.name: f for f in examine_providers(JobsSettings(llm_api_key="sk"))}

    assert found["providers"].message == "LLM_API_KEY does nothing alone"


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, "ok"),
        ({"smtp_url": "smtp://localhost"}, "warn"),
        ({"public_url": "https://jobs.example.com", "env": "prod"}, "ok"),
        ({"public_url": "http://jobs.example.com", "env": "prod"}, "warn"),
        ({"public_url": "https://localhost:8000", "env": "prod"}, "warn"),
        ({"public_url": "http://localhost:8000", "env": "dev"}, "ok"),
    ],
)
def test_the_public_address_is_judged(given: dict[str, Any], level: str) -> None:
    assert str(public_url(JobsSettings(**given)).level) == level


async def test_storage_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    settings = JobsSettings(storage_url=f"file://{tmp_path}/uploads")

    [found] = [finding async for finding in examine_storage(settings, None)]

    assert str(found.level) == "ok"
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_storage_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = JobsSettings(storage_url=f"file://{tmp_path}/file/uploads")

    [found] = [finding async for finding in examine_storage(settings, None)]

    assert str(found.level) == "fail"
    assert "STORAGE_URL" in found.advice


def test_a_folder_that_workers_elsewhere_do_not_see_is_told() -> None:
    assert str(shared([]).level) == "ok"
    assert "workers on far-away" in shared(["far-away"]).message
    assert str(shared(["far-away"]).level) == "warn"
