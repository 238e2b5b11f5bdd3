"""docs/tutorial.md, gone through as its reader does: each file written, each command typed, in order."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, expect

from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.stack import answers_ready
from tests.e2e.program import ROOT, Program, started

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(480)]

STEP = re.compile(
    r"(?:`(?:mine/)?(?P<file>[\w.]+\.\w+)`[^`]*?:?\n\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
FOLDERS = ("docs", "jobs", "realtime", "service", "tests", "Procfile", "pyproject.toml")
DEV = (sys.executable, "-m", "service", "dev")
LAUNCHER = """#!/bin/sh
PYTHONPATH="{folder}" exec "{python}" -m service "$@"
"""
"""What the Makefile puts into .venv/bin."""
ANSWERED = "::answered"
FAILED = "::failed"


@dataclass
class Reader:
    """Somebody with three terminals, a browser, and a clone of the repository."""

    clone: Path
    port: int
    environment: dict[str, str]
    browser: Browser
    parts: AsyncExitStack
    first: Program | None = None
    shell: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def writes(self, name: str, text: str) -> None:
        (self.clone / "mine" / name).write_text(text, encoding="utf-8")

    async def types(self, text: str) -> None:
        """Do what a block says, in the terminal it belongs to."""
        if "make run" in text:
            await self.starts(text)
        elif "http.server" in text:
            program = await self.opens(*text.split())
            program.keep_listening()
        elif "honcho start" in text:
            await self.deploys(text)
        elif "/page.html#" in text:
            await self.looks_at(self.says(text).split()[-1])
        else:
            if "/input" in text:
                await self.is_asked()
            self.says(text)

    async def opens(self, *command: str, **environment: str) -> Program:
        ours = self.environment | environment
        return await self.parts.enter_async_context(
            started(*command, cwd=self.clone, environment=ours)
        )

    async def starts(self, text: str) -> None:
        """Start the product in the first terminal, once what ran there has stopped."""
        await self.stops()
        given = dict(word.split("=", 1) for word in text.split() if "=" in word)
        given["PYTHONPATH"] = os.pathsep.join([given.get("PYTHONPATH", ""), "."])
        self.first = await self.opens(*DEV, **given)
        await self.first.says("Ctrl-C stops everything")
        self.first.keep_listening()

    async def stops(self) -> None:
        if self.first is not None:
            self.first.process.send_signal(signal.SIGINT)
            assert await self.first.ends() == 0

    async def deploys(self, text: str) -> None:
        await self.stops()
        self.first = await self.opens("bash", "-ec", text, DATABASE_URL="", REDIS_URL="")
        self.first.keep_listening()
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(lambda: answers_ready(client, self.base), 60)

    def says(self, text: str) -> str:
        """Type a block in the second terminal; return what it answers."""
        if self.shell is None:
            self.shell = subprocess.Popen(
                ["bash"], cwd=self.clone, text=True, env=self.environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        shell = self.shell
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"trap 'echo {FAILED}' ERR\n{text}\necho {ANSWERED}\n")
        shell.stdin.flush()
        lines = []
        for line in shell.stdout:
            if line.strip() == ANSWERED:
                break
            lines.append(line)
        said = "".join(lines)
        assert FAILED not in said, f"{text}\n{said}"
        return said

    async def is_asked(self) -> None:
        """Wait, as somebody does who looks at the dashboard, until a job asks for something."""
        assert self.first is not None
        token = re.search(r"#token=(\S+)", self.first.said)
        assert token is not None
        headers = {"Authorization": f"Bearer {token[1]}"}
        async with httpx2.AsyncClient(trust_env=False, headers=headers) as client:

            async def asks() -> bool:
                listed = await client.get(f"{self.base}/api/jobs", params={"kind": "digest"})
                return bool(listed.json()["data"][0]["awaiting"])

            await becomes_true(asks, 60)

    async def looks_at(self, address: str) -> None:
        """Open the page, and say yes."""
        page = await self.browser.new_page()
        await page.goto(address)
        await page.get_by_role("button", name="Publish").click()
        await expect(page.locator("#message")).to_have_text("Published: Tides turn.\nSoil lives.")
        assert "* Tides turn." in await page.locator("#text").inner_text()


@pytest.fixture
def clone() -> Iterator[Path]:
    """Give what `git clone` gives, in a folder that PostgreSQL's account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="jobcast-tutorial-"))
    folder.chmod(0o755)
    for name in FOLDERS:
        (folder / name).symlink_to(ROOT / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "jobcast").write_text(LAUNCHER.format(folder=folder, python=sys.executable))
    (programs / "jobcast").chmod(0o755)
    (folder / "mine").mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def reader(
    clone: Path, browser: Browser, database_url: str, redis_url: str
) -> AsyncIterator[Reader]:
    """Give somebody who begins to read. `make run` uses the tests' servers, to be up sooner."""
    port = free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(clone),
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "WORKER_GRACE_SECONDS": "2",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    async with AsyncExitStack() as parts:
        made = Reader(clone, port, environment, browser, parts)
        yield made
        if made.shell is not None:
            made.shell.communicate()


async def test_whoever_follows_the_tutorial_gets_to_its_end(reader: Reader) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    ours = text.replace("8000", str(reader.port)).replace("8080", str(free_port()))

    steps = [step.groupdict() for step in STEP.finditer(ours)]
    for step in steps:
        if step["language"] == "sh":
            await reader.types(step["text"])
        else:
            reader.writes(step["file"], step["text"])

    assert [step["language"] for step in steps].count("sh") == 11
    assert {path.name for path in (reader.clone / "mine").iterdir()} >= {
        "digest.py", "texts.json", "page.html", "test_digest.py", "token",
    }  # fmt: skip
    said = reader.says("jobcast jobs --json")
    assert '"excerpt"' in said
