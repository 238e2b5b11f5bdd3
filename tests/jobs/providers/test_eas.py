"""The build service by a real command line, against the sandbox: what it can do, and how it fails."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from jobs.errors import Discard, Garbage, NotConfigured, ProviderError
from jobs.providers.build_service import BuildService
from jobs.providers.builds import Builds
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.eas import TOKEN, Eas
from tests.jobs.providers.eas import GARDEN, eas_settings, service_of
from tests.jobs.providers.families import alive

MARK = "jobcast:0199"


@pytest.fixture
def eas(sandbox: Sandbox) -> Eas:
    return service_of(sandbox)


class Service:
    """Opens the service with settings of a test's own; ``heard`` is what was said."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.heard = ""

    def at(
        self, *misbehave: str, folder: Path = GARDEN, word: str = "", **changes: object
    ) -> BuildService:
        settings = eas_settings(JobsSettings(), self.sandbox, *misbehave, word=word, **changes)
        return Builds(settings).at(folder, self.hear)

    async def hear(self, text: str) -> None:
        self.heard += text


@pytest.fixture
def service(sandbox: Sandbox, eas: Eas) -> Service:
    return Service(sandbox)


async def test_a_build_is_begun_found_viewed_and_finished(service: Service, eas: Eas) -> None:
    eas.policy.held = True
    opened = service.at()

    begun = await opened.start("ios", "production", MARK)
    found = await opened.find("ios", MARK)
    working = await opened.view(begun.id)
    eas.policy.held = False
    done = await opened.view(begun.id)

    assert [build.id for build in found] == [begun.id]
    assert (working.status, working.over, working.platform) == ("IN_PROGRESS", False, "ios")
    assert (done.finished, done.message) == (True, MARK)
    assert done.artifact_url is not None
    assert done.artifact_url.endswith(f"/eas/apps/{begun.id}.ipa")
    assert "Uploading to EAS Build" in service.heard.replace("uploading", "Uploading")
    assert TOKEN not in service.heard


async def test_only_builds_of_the_message_and_platform_are_found(service: Service) -> None:
    opened = service.at()
    await opened.start("ios", "production", "somebody else's")
    await opened.start("android", "production", MARK)

    assert await opened.find("ios", MARK) == []


async def test_a_cancelled_build_is_over_and_cancelling_it_again_is_harmless(
    service: Service, eas: Eas
) -> None:
    eas.policy.held = True
    opened = service.at()
    begun = await opened.start("ios", "production", MARK)

    await opened.cancel(begun.id)
    await opened.cancel(begun.id)

    found = await opened.view(begun.id)
    assert (found.over, found.spent, found.reason) == (True, True, "It was cancelled.")


async def test_a_failed_build_tells_why(service: Service, eas: Eas) -> None:
    eas.policy.build_error = "Signing failed"
    opened = service.at()
    begun = await opened.start("ios", "production", MARK)

    found = await opened.view(begun.id)

    assert (found.over, found.finished, found.reason) == (True, False, "Signing failed")


async def test_a_submission_is_made_named_found_and_finished(service: Service, eas: Eas) -> None:
    opened = service.at()
    begun = await opened.start("android", "production", MARK)
    before = await opened.find_submission("android", begun.id)

    ident = await opened.submit("android", begun.id, "internal")

    found = await opened.find_submission("android", begun.id)
    assert before is None
    assert found is not None
    assert found.id == ident
    assert (await opened.view_submission(found.id)).finished
    assert [made.profile for made in eas.submissions.values()] == ["internal"]


async def test_a_submission_that_failed_is_not_found_again(service: Service, eas: Eas) -> None:
    eas.policy.submission_error = "The version exists already"
    opened = service.at()
    begun = await opened.start("android", "production", MARK)
    ident = await opened.submit("android", begun.id, "production")
    assert ident is not None

    assert (await opened.view_submission(ident)).reason == "The version exists already"
    assert await opened.find_submission("android", begun.id) is None


@pytest.mark.parametrize(
    ("changes", "variable"),
    [({"eas_command": ""}, "EAS_COMMAND"), ({"expo_token": SecretStr("")}, "EXPO_TOKEN")],
)
def test_without_its_settings_it_is_not_configured(
    service: Service, changes: dict[str, Any], variable: str
) -> None:
    with pytest.raises(NotConfigured, match=variable):
        service.at(**changes)


@pytest.mark.parametrize("command", ["/no/such/eas --flag", "no-such-eas", "eas 'unclosed"])
def test_a_command_that_is_not_there_is_said_at_once(service: Service, command: str) -> None:
    with pytest.raises(Discard, match="EAS_COMMAND") as caught:
        service.at(eas_command=command)

    assert caught.value.code == "not_configured"


async def test_a_refused_token_is_final_and_not_repeated(service: Service, eas: Eas) -> None:
    opened = service.at("token", expo_token=SecretStr("another-token"))

    with pytest.raises(Discard, match="bearer token is invalid") as caught:
        await opened.start("ios", "production", MARK)

    assert caught.value.code == "unauthorized"
    assert "another-token" not in str(caught.value) + service.heard
    assert "Using the token ***" in service.heard
    assert eas.builds == {}


async def test_an_unknown_profile_is_final(service: Service) -> None:
    with pytest.raises(Discard, match=r"Missing build profile in eas\.json: beta") as caught:
        await service.at().start("ios", "beta", MARK)

    assert caught.value.code == "refused"


async def test_a_folder_that_is_no_project_is_final(service: Service, tmp_path: Path) -> None:
    with pytest.raises(Discard, match=r"app\.json could not be found"):
        await service.at(folder=tmp_path).start("ios", "production", MARK)


async def test_an_unknown_build_is_final(service: Service) -> None:
    with pytest.raises(Discard, match="Entity not found"):
        await service.at().view("0000-unknown")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_in_trouble_may_be_asked_again(
    service: Service, sandbox: Sandbox, status: int
) -> None:
    sandbox.switch("eas", status=status)

    with pytest.raises(ProviderError, match=f"build:view command failed.*{status}"):
        await service.at().view("0000-unknown")


async def test_garbage_after_the_work_was_done_is_told_as_such(service: Service, eas: Eas) -> None:
    with pytest.raises(Garbage, match="makes no sense"):
        await service.at("garbage").start("ios", "production", MARK)

    assert len(eas.builds) == 1


async def test_an_answer_of_another_shape_is_garbage(service: Service, tmp_path: Path) -> None:
    program = tmp_path / "eas"
    program.write_text('#!/bin/sh\necho \'[{"id": "--option", "status": "NEW"}]\'\n')
    program.chmod(0o755)

    with pytest.raises(Garbage):
        await service.at(eas_command=str(program)).start("ios", "production", MARK)


async def test_a_command_that_hangs_is_ended(service: Service) -> None:
    word = f"hangs-{uuid4()}"
    opened = service.at("hang", "deaf", "family", word=word, eas_send_seconds=1.0)

    with pytest.raises(ProviderError, match=r"The build command took longer than 1 seconds"):
        await opened.start("ios", "production", MARK)

    assert alive(word) == []


async def test_a_line_of_a_megabyte_is_cut(service: Service) -> None:
    await service.at("flood").start("ios", "production", MARK)

    assert max(map(len, service.heard.splitlines())) == 2_001
