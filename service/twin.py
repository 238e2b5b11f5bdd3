"""The synchronous client, written from the asynchronous one: ``python -m service.twin``.

They are the same lines without ``async`` and ``await``, so that each is read, typed and debugged as what it
is, and neither can fall behind. A test compares what is committed with what this makes. It stands outside
of the client: it has to run when that can't be imported.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).with_name("client")
NOTE = "# Written by `python -m service.twin` from service/client/aio/{name}; do not edit.\n"
FIRST = '"""The synchronous client, made from ``service.client.aio`` by ``service.twin``."""\n'
CHECK = ["check", "--select", "I,F401,UP028", "--fix-only", "--unsafe-fixes"]
WORDS: tuple[tuple[str, str], ...] = (
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait to_thread\((\S+), ", r"\1("),
    (r"\bawait ", ""),
    (r"AsyncGenerator\[(.+?), None\]", r"Generator[\1, None, None]"),
    (r"  # noqa: ASYNC\d+ .*", ""),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b(aclosing)\b", "closing"),
    (r"\baclose\b", "close"),
    (r"\baread\b", "read"),
    (r"\baiter_", "iter_"),
    (r"from asyncio import to_thread\n", ""),
    (r"from asyncio import", "from time import"),
    (r"service\.client\.aio\b", "service.client.sync"),
    (r"Jobcast for asyncio", "Jobcast without asyncio"),
)


def twins() -> Mapping[str, str]:
    """Return the text of each file of the synchronous client, by its name."""
    made = {"__init__.py": FIRST}
    for path in sorted((HERE / "aio").glob("*.py")):
        if path.name != "__init__.py":
            text = NOTE.format(name=path.name) + twin(path.read_text(encoding="utf-8"))
            made[path.name] = formatted(text, HERE / "sync" / path.name)
    return made


def twin(text: str) -> str:
    """Return asynchronous Python as synchronous."""
    for pattern, word in WORDS:
        text = re.sub(pattern, word, text)
    return text


def formatted(text: str, path: Path) -> str:
    """Return Python as this repository's linter and formatter leave it."""
    for words in (CHECK, ["format"]):
        command = [
            sys.executable,
            "-m",
            "ruff",
            *words,
            "--quiet",
            "-",
            "--stdin-filename",
            str(path),
        ]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        text = done.stdout
    return text


if __name__ == "__main__":
    for file_name, written in twins().items():
        (HERE / "sync" / file_name).write_text(written, encoding="utf-8")
