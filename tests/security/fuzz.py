"""``python -m tests.security.fuzz``: every operation of the OpenAPI document, for as long as asked.

Starts an empty PostgreSQL and Redis and a web process, lets schemathesis call all of it in every way it
knows, prints what it found, and exits with its code: 0 only when nothing was found.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from jobs.settings import JobsSettings
from service.auth import mint_token
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
                web = await started.web()
                code = await attack(started.base, asked)
                faults = [line for line in web.said.splitlines() if is_fault(line)]
                sys.stdout.write("\n".join(faults))
                return 1 if faults else code


def is_fault(line: str) -> bool:
    """Return whether a line of the web process's log tells of a mistake of ours."""
    return "Traceback" in line or '"request_failed"' in line or '"level":"error"' in line


async def attack(base: str, asked: argparse.Namespace) -> int:
    """Let schemathesis call everything; return its exit code."""
    token = mint_token(SECRET, user="ann", scopes=SCOPES[asked.role])
    options = {
        "--header": f"Authorization: Bearer {token}",
        "--checks": CHECKS,
        "--phases": asked.phases,
        "--seed": str(asked.seed),
        "--max-time": str(asked.seconds),
        "--exclude-path-regex": f"{STREAMS}|{SIGNS_OUT}",
        "--request-timeout": "40",
        "--warnings": "off",
    }
    said = [part for pair in options.items() for part in pair]
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "run", f"{base}/openapi.json", "--continue-on-failure", *said, *asked.more]
    process = await asyncio.create_subprocess_exec(*command)
    return await process.wait()


if __name__ == "__main__":
    sys.exit(main())
