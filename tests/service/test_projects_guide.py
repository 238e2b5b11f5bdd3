"""docs/projects.md: its examples are taken as they stand, its routes exist, so does what authors use."""

import json
import re
from pathlib import Path

import httpx2

from jobs.kept import projects, tasks
from service.routes import TABLE
from tests.service.conftest import Headers

GUIDE = (Path(__file__).parents[2] / "docs" / "projects.md").read_text()
ROUTE = re.compile(r"`((?:(?:GET|POST|PATCH|DELETE)`?,? ?`?)+) ?(/api/\w+(?:/\{id\})?)")


async def test_the_guides_examples_are_taken_as_they_stand(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    project, task = (json.loads(body) for body in re.findall(r"-d '(.*?)'", GUIDE))

    made = await client.post("/api/projects", json=project, headers=ann)
    body = {**task, "project_id": made.json()["id"]}
    answer = await client.post("/api/tasks", json=body, headers=ann)

    assert (made.status_code, answer.status_code) == (201, 201)
    assert answer.json().items() >= body.items()


def test_the_guides_routes_exist() -> None:
    named = {
        (method, path)
        for methods, path in ROUTE.findall(GUIDE)
        for method in re.findall(r"[A-Z]+", methods)
    }

    assert len(named) == 10
    assert named <= {(method, path) for method, path, _ in TABLE}


def test_what_the_guide_tells_authors_to_use_is_there() -> None:
    for name in ("find_project", "change_project"):
        assert name in GUIDE
        assert callable(getattr(projects, name))
    for name in ("NewTask", "keep_tasks", "open_tasks", "change_task"):
        assert name in GUIDE
        assert callable(getattr(tasks, name))
