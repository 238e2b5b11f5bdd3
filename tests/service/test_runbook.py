"""docs/runbook.md: each of its commands exists, and what can be run here runs."""

import re
import shlex
from pathlib import Path

import asyncpg
import pytest
import typer
from redis.asyncio import Redis
from typer.core import TyperCommand, TyperGroup

from service.cli import app
from service.routes import TABLE

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
LINES = [
    line.strip()
    for block in re.findall(r"```sh\n(.*?)```", RUNBOOK, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
TOOLS = {"jobcast", "curl", "psql", "redis-cli", "openssl", "export"}
SUBSTITUTED = re.compile(r"\$\((.*)\)")


def commands(tool: str) -> list[str]:
    inside = [found[1] for line in LINES if (found := SUBSTITUTED.search(line))]
    return [line for line in dict.fromkeys([*LINES, *inside]) if shlex.split(line)[0] == tool]


def test_only_tools_are_used_that_are_looked_at_here() -> None:
    assert {shlex.split(line)[0] for line in LINES} == TOOLS
    assert not re.findall(r"```(?!sh\n|\n|$)", RUNBOOK)


@pytest.mark.parametrize("line", commands("jobcast"))
def test_every_command_of_ours_takes_these_words(line: str) -> None:
    command = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while isinstance(command, TyperGroup):
        found = command.get_command(None, words[0])  # type: ignore[arg-type]  # needs none
        assert found is not None, line
        command, words = found, words[1:]
    assert isinstance(command, TyperCommand)

    command.make_context("jobcast", words)


@pytest.mark.parametrize("line", commands("curl"))
def test_every_address_is_a_route(line: str) -> None:
    words = shlex.split(line)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    [path] = [
        word.removeprefix("$JOBCAST_URL") for word in words if word.startswith("$JOBCAST_URL")
    ]

    routes = [re.sub(r"\{\w+\}", "[^/]+", route) for way, route, _ in TABLE if way == method]
    assert any(re.fullmatch(route, path) for route in routes), line


async def test_every_statement_runs_on_our_schema(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for line in commands("psql"):
            transaction = connection.transaction()
            await transaction.start()
            await connection.fetch(shlex.split(line)[-1])
            await transaction.rollback()
    finally:
        await connection.close()


async def test_every_question_to_redis_is_answered(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        for line in commands("redis-cli"):
            assert await redis.execute_command(*shlex.split(line)[3:]), line
