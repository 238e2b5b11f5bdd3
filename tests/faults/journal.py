"""What really ran, told outside the database: one appended line per start of a processor or fault."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from service.dev.child import becomes_true

VARIABLE = "FAULTS_JOURNAL"


def note(*words: object) -> None:
    """Append a line. One write to a file opened for appending: lines of many processes don't mix."""
    os.write(opened(os.environ[VARIABLE]), (" ".join(map(str, words)) + "\n").encode())


@cache
def opened(path: str) -> int:
    """Keep the file open: a process may have no files left when it has something to note."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


@dataclass(frozen=True)
class Journal:
    """Reads what processes noted."""

    path: Path

    def lines(self, word: str) -> list[list[str]]:
        text = self.path.read_text() if self.path.exists() else ""
        split = (line.split() for line in text.splitlines())
        return [words[1:] for words in split if words[:1] == [word]]

    def executions(self) -> list[tuple[UUID, int]]:
        """Return job and attempt of every start of a processor, in order."""
        return [(UUID(job), int(attempt)) for job, attempt, _ in self.lines("ran")]

    async def tells(self, *words: str, times: int = 1, seconds: float = 20) -> None:
        """Wait until a line that begins with these words was noted."""

        async def told() -> bool:
            found = self.lines(words[0])
            return sum(line[: len(words) - 1] == list(words[1:]) for line in found) >= times

        await becomes_true(told, seconds)
