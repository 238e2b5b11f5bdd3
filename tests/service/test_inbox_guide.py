"""docs/inbox.md: its example is taken as it stands, its models are ours, its routes exist."""

import inspect
import json
import re
from pathlib import Path

import httpx2
import pytest

from jobs.handoff import message
from service.routes import TABLE
from tests.service.conftest import Headers

GUIDE = (Path(__file__).parents[2] / "docs" / "inbox.md").read_text()
ROUTE = re.compile(r"`(GET|POST|PUT) (/api/\w+(?:/\w+)?)")


async def test_the_guides_preferences_are_taken_as_they_stand(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    [example] = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)

    answer = await client.put("/api/preferences", json=json.loads(example), headers=ann)

    assert answer.status_code == 200
    assert answer.json().items() >= json.loads(example).items()


@pytest.mark.parametrize("name", ["EmailArgs", "SmsArgs"])
def test_the_guides_args_are_those_that_are_sent(name: str) -> None:
    [shown] = re.findall(rf"class {name}\(BaseModel\):\n((?:    .*\n)+)", GUIDE)

    ours = inspect.getsource(getattr(message, name))

    assert re.findall(r"^    (\w+): ([\w\[\]]+)", shown, re.MULTILINE) == re.findall(
        r"^    (\w+): ([\w\[\]]+)", ours, re.MULTILINE
    )


def test_the_guides_routes_exist() -> None:
    named = set(ROUTE.findall(GUIDE))

    assert len(named) >= 4
    assert named <= {(method, path) for method, path, _ in TABLE}
