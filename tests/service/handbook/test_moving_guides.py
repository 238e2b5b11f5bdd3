"""docs/moving-from-*.md: what they show of Jobcast is Jobcast, and does what the page says."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.processor import Kind
from jobs.testing import run

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
GUIDES = ("arq", "celery", "bullmq")


def blocks(name: str) -> list[str]:
    return BLOCK.findall((DOCS / f"moving-from-{name}.md").read_text(encoding="utf-8"))


def kinds(name: str, outside: Mapping[str, object]) -> dict[str, Kind]:
    """Return the kinds of a guide, with what its reader would have of his own."""
    found: dict[str, Kind] = {}
    for block in blocks(name):
        if "@processor" in block:
            module: dict[str, Any] = {"__name__": "moved", **outside}
            exec(block, module)  # noqa: S102 - our own documentation
            found |= {each.name: each for each in module.values() if isinstance(each, Kind)}
    return found


async def run_call(kind: Kind, **fields: object) -> Any:
    """Run a kind whose model has a field of the name ``args``."""
    return await run(kind, kind.parse(fields))


@pytest.mark.parametrize("name", GUIDES)
def test_every_piece_of_python_can_be_read(name: str) -> None:
    for block in blocks(name):
        compile(block, name, "exec")


async def test_arq_functions_run_as_the_guide_has_them() -> None:
    delivered: list[tuple[int, str]] = []

    async def ready(_: int) -> bool:
        return True

    async def deliver(user_id: int, key: str) -> None:
        delivered.append((user_id, key))

    async def resize_image(ctx: dict[str, Any], width: int, *, crop: bool) -> dict[str, Any]:
        return {"width": width, "crop": crop, "try": ctx["job_try"]}

    there = kinds("arq", {"ready": ready, "deliver": deliver, "resize_image": resize_image})

    welcome = await run(there["send_welcome"], user_id=42)
    resized = await run_call(there["resize_image"], args=[100], kwargs={"crop": True})

    assert welcome.state == "succeeded"
    assert delivered == [(42, str(welcome.id))]
    assert resized.result == {"width": 100, "crop": True, "try": 1}


async def test_celery_tasks_run_as_the_guide_has_them() -> None:
    imported: list[int] = []

    async def count_pages(_: int) -> int:
        return 3

    async def import_page(_: int, number: int) -> None:
        if number == 1 and imported == [0]:
            imported.append(-1)
            raise ConnectionError
        imported.append(number)

    def send_invoice(number: int) -> str:
        return f"invoice {number}"

    outside = {"count_pages": count_pages, "import_page": import_page, "send_invoice": send_invoice}
    there = kinds("celery", outside)

    orders = await run(there["import_orders"], shop_id=7)
    invoice = await run_call(there["send_invoice"], args=[5])

    assert orders.result.pages == 3
    assert imported == [0, -1, 1, 2]
    assert invoice.result == "invoice 5"


async def test_bullmq_processors_run_as_the_guide_has_them() -> None:
    asked: list[tuple[str, bytes, Mapping[str, str]]] = []

    async def fetch_rows(month: str) -> list[str]:
        return [] if month == "2026-10" else ["a", "b"]

    async def upload(name: str, _: object) -> str:
        return f"https://example.com/{name}"

    async def post(path: str, payload: Any, headers: Mapping[str, str]) -> object:
        asked.append((path, payload.content, headers))
        return SimpleNamespace(data={"done": True})

    endpoint = SimpleNamespace(post=post)
    api = SimpleNamespace(at=lambda *_, **__: endpoint)
    there = kinds("bullmq", {"fetch_rows": fetch_rows, "upload": upload, "render": sorted})

    report = await run(there["report"], month="2026-11")
    nothing = await run(there["report"], month="2026-10")
    called = await run(there["node"], name="resize", data={"w": 1}, providers={"api": api})

    assert report.result.url == "https://example.com/2026-11.pdf"
    assert (nothing.state, len(nothing.attempts)) == ("failed", 1)
    assert called.result == {"done": True}
    assert asked == [("/jobs/resize", b'{"w":1}', {"Idempotency-Key": str(called.id)})]
