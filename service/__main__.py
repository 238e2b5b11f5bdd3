"""``python -m service`` and the console script ``jobcast``: a process that serves, or the command line."""

import sys
from pathlib import Path

from service.serving import SERVERS, serve


def main() -> None:
    """Run what the arguments name."""
    sys.path.append(str(Path.cwd()))  # PROCESSORS may name modules beside the caller
    match sys.argv[1:]:
        case [name] if name in SERVERS:
            serve(name)
        case [name, "--check"] if name in SERVERS:
            serve(f"{name} --check")
        case _:
            from service.cli import app  # noqa: PLC0415 - a process that serves goes without it

            app(prog_name="jobcast")


if __name__ == "__main__":
    main()
