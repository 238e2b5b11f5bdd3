"""docs/deploy*.md: what they name is there, and what they add up fits."""

import re
import shlex
import tomllib

import pytest

from jobs.worker import WATCHDOG_SECONDS
from service import schema
from service.cli import app
from service.doctor import supported
from service.doctor.budget import A_RELEASE, BESIDE_A_REDIS_POOL
from service.settings import ServiceSettings
from tests.deploy.migration_rules import revisions
from tests.deploy.test_dockerfile import installed
from tests.deploy.test_platform_files import FLY_TOML, span
from tests.e2e.program import ROOT
from tests.matrix.conftest import PAIRS

DOCS = ROOT / "docs"
DEPLOY, HEROKU, FLY = (
    (DOCS / f"{name}.md").read_text() for name in ("deploy", "deploy-heroku", "deploy-fly")
)
GUIDES = {"deploy": DEPLOY, "deploy-heroku": HEROKU, "deploy-fly": FLY}
SETTINGS = ServiceSettings()
NOT_OURS = {
    "POSTGRES_PASSWORD", "NEW_DATABASE_URL", "DIRECT_URL",  # of the examples
    "JOBCAST_URL", "JOBCAST_TOKEN",  # of the command line
    "HEROKU_SLUG_COMMIT", "FLY_IMAGE_REF",  # other names of RELEASE
    "NOT", "VALID", "CONCURRENTLY", "VALIDATE", "DROP", "INDEX", "IF", "EXISTS",  # SQL
    "SIGTERM", "SIGKILL", "PATH", "ENV",
}  # fmt: skip
PLANS = re.findall(
    r"^\| (.*?) \| (\d+), (\d+|–) \| (\d+) web, (\d+) workers? \| (.*?) \|$", DEPLOY, re.MULTILINE
)


def code(guide: str) -> list[str]:
    blocks = re.findall(r"```\w+\n(.*?)```", guide, re.DOTALL)
    return [*blocks, *re.findall(r"`([^`\n]+)`", guide)]


@pytest.mark.parametrize("name", GUIDES)
def test_every_variable_is_a_setting(name: str) -> None:
    written = " ".join(code(GUIDES[name]))
    known = {field.upper() for field in ServiceSettings.model_fields} | NOT_OURS

    named = set(re.findall(r"(?<![\w-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![\w…])", written))
    assert named - known - {"DATABASE"} == set()


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_of_ours_is_there(name: str) -> None:
    commands = {c.name or getattr(c.callback, "__name__", "") for c in app.registered_commands}
    groups = {g.name for g in app.registered_groups}

    named = re.findall(r"(?:python -m service|jobcast) ([a-z]+)", " ".join(code(GUIDES[name])))
    assert named
    assert set(named) <= commands | groups


@pytest.mark.parametrize("name", GUIDES)
def test_every_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", GUIDES[name]):
        assert target.startswith("https://") or (DOCS / target).exists(), target


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_line_can_be_read_by_a_shell(name: str) -> None:
    for block in re.findall(r"```console\n(.*?)```", GUIDES[name], re.DOTALL):
        for line in block.splitlines():
            assert line.startswith("$ ")
            assert shlex.split(line)


def test_what_processes_take_is_what_the_settings_say() -> None:
    pool, sessions = SETTINGS.database_pool_size, SETTINGS.session_pool_size
    redis = SETTINGS.redis_pool_size + BESIDE_A_REDIS_POOL

    assert f"| a web process | {pool} | {redis} |" in DEPLOY
    assert f"| a worker | {pool + sessions} | {redis} |" in DEPLOY
    assert f"| a release, for its seconds | {A_RELEASE} | 0 |" in DEPLOY
    assert f"take up to {2 * pool + sessions} and {2 * redis}" in HEROKU


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan[0])
def test_every_plan_holds_what_it_is_said_to(plan: tuple[str, ...]) -> None:
    _, postgres, redis, web, workers, given = plan
    chosen = {name.lower(): int(n) for name, n in re.findall(r"`(\w+)=(\d+)`", given)}
    settings = SETTINGS.model_copy(update=chosen)

    processes = int(web) + int(workers)
    of_postgres = (
        settings.database_pool_size * processes
        + settings.session_pool_size * int(workers)
        + A_RELEASE
    )
    of_redis = (settings.redis_pool_size + BESIDE_A_REDIS_POOL) * processes
    assert of_postgres <= int(postgres)
    assert redis == "–" or of_redis <= int(redis)


def test_there_are_plans_to_be_added_up() -> None:
    assert len(PLANS) == 5


def test_what_is_said_of_time_holds() -> None:
    grace = SETTINGS.worker_grace_seconds

    assert SETTINGS.heartbeat_seconds == 15
    assert SETTINGS.max_poll_seconds == SETTINGS.max_wait_seconds == 25
    assert grace == 25
    assert f"after\n   {grace + WATCHDOG_SECONDS:.0f} a worker that hangs ends itself" in DEPLOY
    assert f"lets the others go first, and is tried again, {schema.TRIES} times" in DEPLOY
    assert FLY_TOML["kill_timeout"] == 30
    assert f"`kill_timeout = {FLY_TOML['kill_timeout']}`" in FLY
    assert FLY_TOML["env"]["WORKER_GRACE_SECONDS"] == f"{grace:.0f}"
    assert span(FLY_TOML["deploy"]["wait_timeout"]) > grace


def test_the_versions_said_to_be_tried_are() -> None:
    postgres = f"PostgreSQL {supported.OLDEST_POSTGRES} to {supported.NEWEST_POSTGRES}"
    redis, valkey = (
        f"{name} {supported.shown(oldest)} to {supported.shown(newest)}"
        for name, oldest, newest in (
            ("Redis", supported.OLDEST_REDIS, supported.NEWEST_REDIS),
            ("Valkey", supported.OLDEST_VALKEY, supported.NEWEST_VALKEY),
        )
    )

    for said in (postgres, redis, valkey):
        assert said in DEPLOY
    for pair in PAIRS:
        assert f"{pair.postgres} with {pair.redis}" in DEPLOY


def test_python_s_oldest_is_the_one_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["requires-python"] == ">=3.11"
    assert "**Python 3.11 or newer**" in DEPLOY


def test_the_image_s_packages_are_as_large_as_told() -> None:
    told = int(re.search(r"(\d+) MB of packages", DEPLOY)[1])  # type: ignore[index]  # it is there

    assert sum(size for _, _, size in installed()) / 1e6 == pytest.approx(told, rel=0.15)


def test_the_migration_it_shows_as_a_model_is_one() -> None:
    numbers = {revision.revision for revision in revisions()}

    shown = re.findall(r"\[(\d{4})\]", DEPLOY)
    assert shown
    assert set(shown) <= numbers
