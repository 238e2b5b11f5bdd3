"""``python -m tests.conformance``: check a running server; exit code 0 when it obeys every rule tried."""

import argparse
import asyncio
import sys

from tests.conformance.report import check_all, table
from tests.conformance.target import Target


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--url", required=True, help="of the server, such as http://127.0.0.1:8000")
    parser.add_argument("--token", default="", help="of the user to listen as")
    parser.add_argument(
        "--secret", default="", help="its JWT_SECRET: users can be made up as needed"
    )
    parser.add_argument(
        "--worker", action="store_true", help="a worker runs with PROCESSORS=tests.kinds"
    )
    parser.add_argument("--kind", default="echo", help="a kind that takes no args; default: echo")
    parser.add_argument("--only", default="", help="rules whose part or name contains this")
    parser.add_argument(
        "--patience",
        type=float,
        default=20,
        help="seconds a rule may wait for a clock; default: 20",
    )
    parser.add_argument("--max-age", type=float, default=1800, help="CONNECTION_MAX_AGE_SECONDS")
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    target = Target(
        wanted.url.rstrip("/"), wanted.token, wanted.secret, wanted.worker, wanted.kind,
        max_age_seconds=wanted.max_age, patience_seconds=wanted.patience,
    )  # fmt: skip
    findings = asyncio.run(check_all(target, only=wanted.only))
    print(table(findings))  # noqa: T201 - its purpose
    return 0 if not any(finding.outcome == "FAIL" for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
