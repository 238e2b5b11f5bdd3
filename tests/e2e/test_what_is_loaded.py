"""A process that serves carries nothing that it may never need: each of these costs megabytes."""

import signal
import sys
from pathlib import Path

import pytest

from service.dev.ports import LOOPBACK, free_port
from tests.e2e.program import ROOT, started

pytestmark = pytest.mark.e2e

HEAVY = {
    "alembic": "only migrations need it",
    "jobs.models.job": "only migrations need tables",
    "sqlalchemy": "loads with the first session of a processor",
    "sqlmodel": "loads with the first session of a processor",
    "lxml": "loads in a child of the process pool",
    "feedparser": "loads in a child of the process pool",
    "trafilatura": "loads in a child of the process pool",
    "pdfplumber": "loads in a child of the process pool",
    "PIL": "loads in a child of the process pool",
    "jsonschema": "loads with the first input that is handed in",
    "obstore": "loads with the first bytes of an upload",
    "openai": "loads with the first call of its provider",
    "aiosmtplib": "loads with the first mail",
    "markdown_it": "loads with the first mail",
    "typer": "the command line's",
    "service.client": "programs that talk to a server",
    "psutil": "development's",
    "opentelemetry": "loads where OTEL_EXPORTER_OTLP_ENDPOINT is set",
    "sentry_sdk": "loads where SENTRY_DSN is set",
    "service.worker_port": "loads where WORKER_HEALTH_PORT is set",
}


@pytest.mark.parametrize(
    ("name", "says"), [("web", "Uvicorn running"), ("worker", "worker.started")]
)
async def test_a_process_has_loaded_nothing_heavy_when_it_is_ready(
    name: str, says: str, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STORAGE_URL": f"file://{tmp_path}/uploads",
        "HOST": LOOPBACK,
        "PORT": str(free_port()),
    }
    arguments = (sys.executable, "-X", "importtime", "-m", "service", name)
    async with started(*arguments, cwd=ROOT, environment=environment) as program:
        await program.says(says)
        program.process.send_signal(signal.SIGKILL)
        await program.ends()

    loaded = {line.rpartition("|")[2].strip() for line in program.said.splitlines()}
    assert "jobs.processors.context_scraping" in loaded
    assert {module: why for module, why in HEAVY.items() if module in loaded} == {}
