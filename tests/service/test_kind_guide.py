"""docs/write-a-kind.md: its files are clean, its tests pass, its kinds run on a real worker."""

import asyncio
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.processor import Registry
from jobs.resources import open_resources
from jobs.settings import JobsSettings
from tests.jobs.conftest import ended, submit, working

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "write-a-kind.md").read_text(encoding="utf-8")
FILE = re.compile(r"`(\w+\.py)`[^`]*?:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FOR_TESTS = 'lint.extend-per-file-ignores = {"test_*" = ["D", "S101", "PLR2004"]}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the guide's files, as its reader does."""
    made = tmp_path_factory.mktemp("guide")
    for name, text in FILE.findall(GUIDE):
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def on_path(folder: Path) -> Iterator[Path]:
    """Let the files be imported, and forgotten again."""
    names = [path.stem for path in folder.glob("*.py")]
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)


async def told(folder: Path, *words: str | Path) -> tuple[int | None, str]:
    """Run one of our tools on the guide's files, from our folder, so that its cache is used."""
    paths = os.pathsep.join([str(folder), str(ROOT)])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *words, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths, "MYPYPATH": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, out.decode()


def test_every_piece_of_code_has_its_file(folder: Path) -> None:
    assert GUIDE.count("```python\n") == len(FILE.findall(GUIDE)) == 4
    assert {path.name for path in folder.glob("*.py")} == {
        "shout.py", "glossary.py", "dictionary.py", "test_glossary.py",
    }  # fmt: skip


async def test_the_files_are_clean(folder: Path) -> None:
    config = ("--config", ROOT / "pyproject.toml")
    checks = [
        ("ruff", "check", *config, "--config", FOR_TESTS, folder),
        ("ruff", "format", "--check", *config, folder),
    ]

    for check in checks:
        code, out = await told(folder, *check)
        assert code == 0, out


async def test_the_files_are_typed(folder: Path) -> None:
    files = sorted(folder.glob("*.py"))

    code, out = await told(folder, "mypy", "--config-file", ROOT / "pyproject.toml", *files)

    assert code == 0, out


async def test_its_tests_pass(folder: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", f"--rootdir={folder}")

    code, out = await told(folder, "pytest", *options, folder / "test_glossary.py")

    assert code == 0, out
    assert "8 passed" in out


async def test_its_kinds_run_on_a_real_worker(
    on_path: Path, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with importlib.import_module("dictionary").playing() as dictionary:
        monkeypatch.setenv("DICTIONARY_URL", dictionary.url)
        monkeypatch.setenv("DICTIONARY_TOKEN", "open-sesame")
        named = settings.model_copy(update={"processors": "shout,glossary"})
        async with open_resources(named) as resources, working(named):
            loud = await submit(resources, "shout", text="hello")
            listed = await submit(resources, "glossary", words=["estuary", "xyzzy"])
            assert (await ended(resources, loud)).result == {"text": "HELLO"}
            found = await ended(resources, listed)

    assert found.error is None
    assert found.result["unknown"] == ["xyzzy"]
    assert [entry["word"] for entry in found.result["entries"]] == ["estuary"]


def test_the_example_in_the_schema_is_valid(on_path: Path) -> None:
    kind = Registry.load([], ["glossary"])["glossary"]

    assert [kind.parse(example) for example in kind.args.model_json_schema()["examples"]]
