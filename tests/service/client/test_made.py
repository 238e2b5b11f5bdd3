"""What is written by programs is what they write now, and the client stands alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from service import python_models, twin
from service.client import JobOptions, JobQuery
from service.job_request import JobRequest
from service.routes.jobs import JobQuery as ServerQuery

HERE = Path(twin.HERE)


def test_the_synchronous_client_is_the_asynchronous_one_without_await() -> None:
    committed = {p.name: p.read_text(encoding="utf-8") for p in (HERE / "sync").glob("*.py")}

    assert committed == twin.twins(), "run python -m service.twin"


def test_the_models_are_those_of_the_server() -> None:
    written = python_models.TARGET.read_text(encoding="utf-8")

    assert written == python_models.python_models(), "run python -m service.python_models"


def test_every_option_and_filter_of_the_server_has_its_name_and_type_here() -> None:
    assert set(JobOptions.__annotations__) == set(JobRequest.model_fields) - {"kind", "args"}
    assert set(JobQuery.__annotations__) == set(ServerQuery.model_fields) - {"limit", "after"}


@pytest.mark.parametrize("name", ["Jobcast", "AsyncJobcast"])
def test_it_needs_neither_the_engine_nor_the_server_nor_pydantic(name: str) -> None:
    look = "print(*{m.partition('.')[0] for m in sys.modules})"
    code = f"import sys; from service.client import {name}; {look}; print('asyncio' in sys.modules)"

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    packages, with_asyncio = said.splitlines()
    assert not {"jobs", "realtime", "starlette", "pydantic", "typer"} & set(packages.split())
    assert with_asyncio == str(name == "AsyncJobcast")
