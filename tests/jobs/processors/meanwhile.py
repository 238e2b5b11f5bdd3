"""Something that happens while the sandbox's model thinks about its first answer."""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.dev.sandbox.llm_scripts import SCRIPTS


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Coroutine[Any, Any, None]
) -> None:
    """Let ``change`` be done before the question called ``name`` is answered the first time."""
    changes = [change]

    def answer(texts: Sequence[str]) -> Any:
        while changes:
            with ThreadPoolExecutor(1) as thread:  # this one has a loop already
                thread.submit(asyncio.run, changes.pop()).result(10)
        return SCRIPTS[name](texts)

    monkeypatch.setattr("service.dev.sandbox.llm.SCRIPTS", {name: answer})
