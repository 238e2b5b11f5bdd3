"""Draw every sample anew: ``python -m tests.jobs.processors.samples``."""

from pathlib import Path

from tests.jobs.processors.samples.outlines import readable
from tests.jobs.processors.samples.unreadable import unreadable

FOLDER = Path(__file__).parent / "outlines"
LARGEST = 20_000  # the others are drawn when they are needed


def main() -> None:
    """Write them."""
    (FOLDER / "unreadable").mkdir(parents=True, exist_ok=True)
    for name, data in readable().items():
        (FOLDER / f"{name}.pdf").write_bytes(data)
    for name, (data, _) in unreadable().items():
        if len(data) <= LARGEST:
            (FOLDER / "unreadable" / f"{name}.pdf").write_bytes(data)


if __name__ == "__main__":
    main()
