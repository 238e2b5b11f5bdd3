"""What the parts of one run share: the checkout that is measured, its servers, a folder for files."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.stack import Stack, running_stack


@dataclass
class Host:
    """One run. ``alone`` leaves the peers out."""

    tree: Path
    folder: Path
    alone: bool
    parts: AsyncExitStack
    _stack: Stack | None = None
    _files: int = 0

    async def stack(self) -> Stack:
        """Return the product's servers and its web process, started when first asked for."""
        if self._stack is None:
            self._stack = await self.parts.enter_async_context(running_stack(self.tree))
        return self._stack

    def file(self, text: str = "") -> Path:
        """Return a new file that holds ``text``."""
        self._files += 1
        path = self.folder / f"{self._files}.txt"
        path.write_text(text)
        return path


@asynccontextmanager
async def open_host(tree: Path, *, alone: bool) -> AsyncIterator[Host]:
    """Begin a run; all it started is gone when it ends."""
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="jobcast-bench-")))
        yield Host(tree.resolve(), folder, alone, parts)
