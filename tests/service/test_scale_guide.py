"""docs/scale.md: what it shows can be read, and what it names is there."""

import re
import tomllib
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from pydantic import BaseModel
from starlette.applications import Starlette

from jobs import store
from jobs.ids import uuid7
from jobs.queues import QueuesResource
from service.settings import ServiceSettings
from tests.service.conftest import Headers
from tests.service.work import resources_of, submit

GUIDE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
KNOBS = GUIDE.partition("## The knobs")[2].partition("## ")[0]
FIGURES = {"slots": 1, "busy": 0, "running": 0, "mean_seconds": 1, "ended": {"failed": 1}}
NOT_METRICS = {"jobcast_worker_"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def documents() -> list[dict[str, Any]]:
    return [found for block in blocks("yaml") for found in yaml.safe_load_all(block)]


def test_every_manifest_is_read() -> None:
    kinds = [found.get("kind", "prometheus.yml") for found in documents()]

    assert kinds == ["ScaledObject", "TriggerAuthentication", "ScaledObject", "prometheus.yml"]
    assert [list(tomllib.loads(block)) for block in blocks("toml")] == [
        ["metrics"], ["app", "build", "env"],
    ]  # fmt: skip


def test_what_the_api_scaler_looks_at_is_in_the_answer() -> None:
    [trigger] = [
        one
        for found in documents() if found.get("kind") == "ScaledObject"
        for one in found["spec"]["triggers"] if one["type"] == "metrics-api"
    ]  # fmt: skip
    outer, inner = trigger["metadata"]["valueLocation"].split(".")
    answer = QueuesResource.model_fields[outer].annotation

    models = [m for m in getattr(answer, "__args__", ()) if issubclass(m, BaseModel)]
    assert [inner in model.model_fields for model in models] == [True]


async def test_every_metric_it_names_is_told(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await store.register(resources_of(app).db, uuid7(), "one:1", 60, {
        **FIGURES, "loop_lag_seconds": 0.0, "ended_per_second": 0.0,
    })  # fmt: skip
    await submit(client, ann, "echo")
    await store.pause_queue(resources_of(app).db, "mail", "root")

    told = (await client.get("/metrics")).text

    named = set(re.findall(r"\b((?:jobcast|process)_[a-z_]+)", GUIDE)) - NOT_METRICS
    missing = {name for name in named if f"# TYPE {name} " not in told}
    assert missing <= {"process_open_fds"}  # told by Linux alone


@pytest.mark.parametrize("row", re.findall(r"^\| (`.*?) \| (.*?) \|", KNOBS, re.MULTILINE))
def test_every_knob_is_a_setting_with_that_default(row: tuple[str, str]) -> None:
    names, defaults = re.findall(r"`(\w+)`", row[0]), row[1].split(", ")

    for name, default in zip(names, defaults, strict=True):
        actual = ServiceSettings.model_fields[name.lower()].default
        shown = f"{actual.days} days" if hasattr(actual, "days") else f"{actual:g}"
        assert (name, shown) == (name, default)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", GUIDE))))
def test_every_setting_it_names_exists(name: str) -> None:
    assert name.lower() in ServiceSettings.model_fields or name == "HEROKU_API_KEY"
