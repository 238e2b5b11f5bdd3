"""The sandbox's build service in a test's hands: settings that lead to it, a project, what it was asked."""

import shlex
import sys
from pathlib import Path

from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.eas import TOKEN, Eas
from service.dev.sandbox.told import EAS_COMMAND

SAMPLES = Path(__file__).parents[3] / "docs" / "samples" / "projects"
GARDEN = SAMPLES / "_shared" / "garden"


def eas_settings(
    settings: JobsSettings, sandbox: Sandbox, *misbehave: str, word: str = "", **changes: object
) -> JobsSettings:
    """Return settings with which builds are the sandbox's.

    ``misbehave`` is for its command line, ``word`` something to find its processes by.
    """
    program = [sys.executable, str(EAS_COMMAND), "--url", f"{sandbox.url}/eas"]
    program += [part for wish in misbehave for part in ("--misbehave", wish)]
    program += ["--misbehave", f"nothing@{word}"] if word else []
    values = {
        "eas_command": shlex.join(program),
        "expo_token": type(settings.expo_token)(TOKEN),
        "eas_projects": str(SAMPLES),
        "eas_poll_seconds": 0.05,
        "eas_grace_seconds": 0.2,
        "web_allow_private": sandbox.host,
    }
    return settings.model_copy(update={**values, **changes})


def service_of(sandbox: Sandbox, **policy: object) -> Eas:
    """Return the played service; its builds are done at once unless ``policy`` says otherwise."""
    eas = sandbox.peer(Eas)
    eas.policy.phase_seconds = 0.0
    for name, value in policy.items():
        setattr(eas.policy, name, value)
    return eas
