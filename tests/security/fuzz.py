"""``python -m tests.security.fuzz``: every operation of the OpenAPI document, for as long as asked.

Starts an empty PostgreSQL and Redis and a web process, lets schemathesis call all of it in every way it
knows, prints what it found, and exits with its code: 0 only when nothing was found.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jobs.settings import JobsSettings
from service.client import mint_token
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.schema import upgrade
from tests.e2e.processes import SECRET, product

SCOPES = {
    "operator": "jobs:read jobs:write schedules:write webhooks:write keys:write org:read admin",
    "reader": "jobs:read",
}
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance,"
    "use_after_free,ignored_auth"
)
STREAMS = "^/api/(events|events/poll|ws)$"  # they never end; the sockets' fuzz is test_sockets.py
SIGNS_OUT = "^/api/session$"
UNCOUNTED = {"BAD_TOKENS_PER_MINUTE": "0"}  # wrong tokens are tried by the hundred
NOT_READY = "^/readyz$"  # there is no worker: 503, and rightly


def main() -> int:
    """Read the options, run, return the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tests.security.fuzz", description=__doc__)
    reader.add_argument("--seconds", type=int, default=300, help="how long to go on")
    reader.add_argument("--seed", type=int, default=1, help="what to begin from")
    reader.add_argument("--role", choices=SCOPES, default="operator", help="who calls")
    reader.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    reader.add_argument("more", nargs="*", help="options of schemathesis, behind --")
    return asyncio.run(fuzz(reader.parse_args()))


async def fuzz(asked: argparse.Namespace) -> int:
    """Run schemathesis against a product that ends with it."""
    with tempfile.TemporaryDirectory() as folder:
        async with PostgresServer() as postgres, RedisServer() as redis:
            settings = JobsSettings(database_url=await postgres.create_database("fuzzed"))
            await asyncio.to_thread(upgrade, settings)
            async with product(settings.database_url, redis.url, Path(folder)) as started:
                started.environment |= UNCOUNTED
                web = await started.web()
                code, said = await attack(started.base, options_of(asked))
                faults = faults_in(web.said)
                sys.stdout.write("\n".join([said, *faults, ""]))
                return 1 if faults else code


def faults_in(said: str) -> list[str]:
    """Return the lines of a web process's log that tell of a mistake of ours."""
    signs = ("Traceback", '"request_failed"', '"level":"error"')
    return [line for line in said.splitlines() if any(sign in line for sign in signs)]


def options_of(asked: argparse.Namespace) -> list[str]:
    """Return what schemathesis is told of what was asked."""
    token = mint_token(SECRET, user="ann", scopes=SCOPES[asked.role])
    said = ["--header", f"Authorization: Bearer {token}", "--phases", asked.phases]
    return [*said, "--seed", str(asked.seed), "--max-time", str(asked.seconds), *asked.more]


async def attack(base: str, options: Sequence[str]) -> tuple[int, str]:
    """Let schemathesis call everything; return its exit code and what it said."""
    always = {
        "--checks": CHECKS,
        "--exclude-path-regex": f"{STREAMS}|{SIGNS_OUT}|{NOT_READY}",
        "--request-timeout": "40",
        "--warnings": "off",
    }
    program = str(Path(sys.executable).with_name("schemathesis"))
    said = [part for pair in always.items() for part in pair]
    command = [program, "run", f"{base}/openapi.json", "--continue-on-failure", "--no-color"]
    process = await asyncio.create_subprocess_exec(
        *command, *said, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, told.decode()


if __name__ == "__main__":
    sys.exit(main())
