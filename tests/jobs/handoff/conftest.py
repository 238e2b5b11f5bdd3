"""Resources that know the kinds that deliver, and one worker's sweep."""

import pytest

from jobs.handoff import Sweep
from jobs.resources import Resources
from jobs.settings import JobsSettings
from tests.jobs.handoff.scene import sweep_of
from tests.played import leave_out


@pytest.fixture
def settings(settings: JobsSettings, monkeypatch: pytest.MonkeyPatch) -> JobsSettings:
    leave_out(monkeypatch)
    return settings.model_copy(
        update={
            "processors": "tests.kinds,tests.jobs.handoff.kinds",
            "secret_key": type(settings.secret_key)("the tests' own key, long enough for anyone"),
        }
    )


@pytest.fixture
def sweep(resources: Resources) -> Sweep:
    return sweep_of(resources)
