import json
import re
import tomllib
from typing import Any

import jsonschema
import pytest
import yaml

from service.settings import ServiceSettings
from tests.deploy.forms import APP_JSON, COMPOSE, FLY, Schema
from tests.e2e.program import ROOT

FLY_TOML = tomllib.loads((ROOT / "fly.toml").read_text())
APP = json.loads((ROOT / "app.json").read_text())
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())
PROCFILE = dict(
    line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line
)
GRACE_SECONDS = ServiceSettings.model_fields["worker_grace_seconds"].default
HEROKU_KILLS_AFTER_SECONDS = 30
WATCHDOG_SECONDS = 3
ESSENTIAL_0 = MINI = 20
A_RELEASE = 2
"""Connections of ``jobcast migrate``: one that migrates, one that holds the lock."""


def span(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()  # type: ignore[union-attr]  # by form
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def environments() -> dict[str, dict[str, str]]:
    """What each file sets, by its name."""
    web = SERVICES["services"]["web"]["environment"]
    heroku = {name: told.get("value", "x" * 32) for name, told in APP["env"].items()}
    return {"fly.toml": FLY_TOML["env"], "app.json": heroku, "compose.yaml": web}


FORMS = [
    pytest.param(FLY_TOML, FLY, id="fly.toml"),
    pytest.param(APP, APP_JSON, id="app.json"),
    pytest.param(SERVICES, COMPOSE, id="compose.yaml"),
]


@pytest.mark.parametrize(("read", "form"), FORMS)
def test_every_key_is_one_the_platform_reads(read: dict[str, Any], form: Schema) -> None:
    jsonschema.validate(read, form, cls=jsonschema.Draft202012Validator)


def test_a_misspelled_key_is_found() -> None:
    misspelled = {**FLY_TOML, "kill_time_out": 30}

    with pytest.raises(jsonschema.ValidationError, match="kill_time_out"):
        jsonschema.validate(misspelled, FLY)


@pytest.mark.parametrize("name", environments())
def test_every_variable_set_is_a_setting(name: str) -> None:
    known = {field.upper() for field in ServiceSettings.model_fields}

    assert set(environments()[name]) <= known


@pytest.mark.parametrize("name", environments())
def test_every_file_runs_for_production(name: str) -> None:
    assert environments()[name]["ENV"] == "prod"
    assert float(environments()[name]["WORKER_GRACE_SECONDS"]) == GRACE_SECONDS


def test_platforms_wait_longer_than_a_worker_takes_to_give_its_jobs_back() -> None:
    compose = span(SERVICES["services"]["worker"]["stop_grace_period"])
    waits = {FLY_TOML["kill_timeout"], compose, HEROKU_KILLS_AFTER_SECONDS}

    assert min(waits) >= GRACE_SECONDS + WATCHDOG_SECONDS


def test_fly_compose_and_heroku_start_the_same_processes_as_the_procfile() -> None:
    services = SERVICES["services"]
    commands = {name: " ".join(services[name].get("command", [])) for name in services}

    fly = FLY_TOML["processes"] | {"release": FLY_TOML["deploy"]["release_command"]}
    assert fly == PROCFILE
    assert set(APP["formation"]) == set(PROCFILE) - {"release"}
    assert (commands["worker"], commands["migrate"]) == (PROCFILE["worker"], PROCFILE["release"])


def test_fly_routes_to_every_web_process_that_lives_and_stops_none_for_being_idle() -> None:
    service = FLY_TOML["http_service"]
    limit = service["concurrency"]

    assert [check["path"] for check in service["checks"]] == ["/healthz"]
    assert (service["auto_stop_machines"], service["auto_start_machines"]) == ("off", False)
    assert service["internal_port"] == int(FLY_TOML["env"]["PORT"])
    assert limit["soft_limit"] < limit["hard_limit"] < ServiceSettings().max_connections


def test_workers_are_asked_on_the_port_they_are_told_to_answer_on() -> None:
    [check] = FLY_TOML["checks"].values()
    port = FLY_TOML["env"]["WORKER_HEALTH_PORT"]
    worker = SERVICES["services"]["worker"]

    assert (check["processes"], check["path"], str(check["port"])) == (["worker"], "/healthz", port)
    assert worker["expose"] == [worker["environment"]["WORKER_HEALTH_PORT"]]


def test_compose_runs_two_workers_and_looks_after_everything_that_stays() -> None:
    services = SERVICES["services"]

    assert services["worker"]["deploy"]["replicas"] == 2
    assert {n for n, s in services.items() if "disable" in s["healthcheck"]} == {"migrate"}
    assert [services[n]["healthcheck"]["test"][1:] for n in ("web", "worker")] == [
        ["python", "-m", "service", "web", "--check"],
        ["python", "-m", "service", "worker", "--check"],
    ]


def test_compose_s_redis_keeps_its_queues_and_refuses_rather_than_forgets() -> None:
    command = SERVICES["services"]["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))

    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert SERVICES["services"]["redis"]["volumes"] == ["redis:/data"]


def test_compose_asks_for_the_secrets_and_makes_none_up() -> None:
    web = SERVICES["services"]["web"]["environment"]

    assert web["JWT_SECRET"].startswith("${JWT_SECRET:?")
    assert web["SECRET_KEY"].startswith("${SECRET_KEY:?")


def test_heroku_s_smallest_plans_hold_one_web_and_one_worker_and_a_release_beside_them() -> None:
    settings = ServiceSettings()
    worker = settings.database_pool_size + settings.session_pool_size
    postgres = settings.database_pool_size + worker + A_RELEASE
    redis = 2 * (settings.redis_pool_size + 2)

    assert APP["addons"] == ["heroku-postgresql:essential-0", "heroku-redis:mini"]
    assert {dynos["quantity"] for dynos in APP["formation"].values()} == {1}
    assert postgres <= ESSENTIAL_0
    assert redis <= MINI


def test_heroku_makes_secrets_up_once_and_nobody_is_asked_for_one() -> None:
    made = {name for name, told in APP["env"].items() if told.get("generator") == "secret"}

    assert made == {"JWT_SECRET", "SECRET_KEY"}
