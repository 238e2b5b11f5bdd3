"""Reads a Dockerfile as a builder does, and carries out as much of it as needs no container."""

import fnmatch
import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One instruction: its word and the rest of its line."""

    word: str
    rest: str


@dataclass
class Stage:
    """A FROM and what follows it."""

    base: str
    name: str = ""
    steps: list[Step] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """Return what follows each instruction of this kind."""
        return [step.rest for step in self.steps if step.word == word]

    def command(self, word: str) -> list[str]:
        """Return the program and arguments of the last ``CMD`` or ``HEALTHCHECK``, in exec form."""
        found: list[str] = json.loads("[" + self.all(word)[-1].partition("[")[2])
        return found


def stages(file: Path) -> list[Stage]:
    """Return the stages of a Dockerfile, in order."""
    found: list[Stage] = []
    for step in steps(file):
        if step.word == "FROM":
            base, _, name = step.rest.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].steps.append(step)
    return found


def steps(file: Path) -> Iterator[Step]:
    """Yield the instructions; a backslash at a line's end goes on in the next one."""
    for line in file.read_text().replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield Step(word.upper(), rest.strip())


def copies(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield source and target of what a stage copies from the context."""
    for rest in stage.all("COPY"):
        if not rest.startswith("--from"):
            source, target = shlex.split(rest)
            yield source, target


def carry_out_copies(stage: Stage, context: Path, root: Path) -> None:
    """Copy what a stage copies, but for what .dockerignore keeps out of the context."""
    patterns = [p for p in (context / ".dockerignore").read_text().splitlines() if p]
    for source, target in copies(stage):
        origin = context / source
        if kept_out(source, patterns):
            raise FileNotFoundError(f"COPY {source}: .dockerignore keeps it out of the context")
        if origin.is_dir():
            shutil.copytree(origin, root / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, root / target)


def kept_out(path: str, patterns: list[str]) -> bool:
    """Say whether .dockerignore leaves a top-level path out; the last pattern that fits decides."""
    out = False
    for pattern in patterns:
        if fnmatch.fnmatch(path, pattern.lstrip("!")):
            out = not pattern.startswith("!")
    return out
