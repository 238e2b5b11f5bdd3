"""The figures of a run, as JSON for machines and as Markdown for docs/reliability.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson

from tests.faults.chaos.load import Load
from tests.faults.chaos.nemesis import Felt, Nemesis
from tests.faults.chaos.stack import Stack
from tests.faults.judge import Verdict

SHOWN = 10


@dataclass(frozen=True)
class Report:
    """What came of it. ``broken`` has every promise that was not kept."""

    seed: int
    seconds: float
    accepted: int
    recorded: int
    unknown: int
    statuses: dict[str, int]
    lost: int
    settled_twice: int
    unfinished: int
    wrong_views: int
    repeated: int
    rescued: int
    self_crashes: int
    longest_wait_seconds: float
    felt: Sequence[Felt]
    broken: dict[str, list[str]]

    @classmethod
    def of(
        cls, seed: int, seconds: float, load: Load, nemesis: Nemesis, stack: Stack, verdict: Verdict
    ) -> "Report":
        """Gather the figures."""

        def count(promise: str) -> int:
            return len(verdict.broken.get(promise, []))

        return cls(
            seed=seed,
            seconds=round(seconds, 1),
            accepted=load.accepted,
            recorded=verdict.jobs,
            unknown=load.unknown,
            statuses={str(status): n for status, n in sorted(load.statuses.items())},
            lost=count("J1 lost"),
            settled_twice=count("J3 endings"),
            unfinished=count("J2 unfinished"),
            wrong_views=count("J7 view"),
            repeated=verdict.repeated - verdict.retried,
            rescued=verdict.rescued,
            self_crashes=sum(post.self_crashes for post in stack.posts),
            longest_wait_seconds=round(load.longest_wait_seconds, 1),
            felt=nemesis.felt,
            broken={promise: found[:SHOWN] for promise, found in verdict.broken.items()},
        )


def markdown(report: Report) -> str:
    """Return the figures and the table of faults."""
    names = sorted({felt.name for felt in report.felt})
    extra = report.recorded - report.accepted
    told = (
        f"{report.accepted:,} jobs accepted in {report.seconds:.0f} s "
        f"({report.accepted / report.seconds:.0f}/s), seed {report.seed}; "
        f"{len(report.felt)} faults of {len(names)} sorts.\n\n"
        f"Lost {report.lost}, settled twice {report.settled_twice}, "
        f"unfinished {report.unfinished}, wrong views {report.wrong_views}; "
        f"run again {report.repeated}, rescued {report.rescued}, "
        f"processes that ended by themselves {report.self_crashes}; "
        f"longest wait {report.longest_wait_seconds} s. "
        f"Requests without an answer {report.unknown}, answers {report.statuses}; "
        f"{extra:,} jobs in the record that nobody was promised."
    )
    lines = [
        told,
        "",
        "| fault | times | lasted s | next ending s (median, max) | calm again s (median, max) |",
        "|---|---:|---:|---:|---:|",
        *(row(name, [felt for felt in report.felt if felt.name == name]) for name in names),
    ]
    if report.broken:
        lines += ["", "BROKEN:", *(f"- {name}: {found}" for name, found in report.broken.items())]
    return "\n".join(lines)


def row(name: str, felt: Sequence[Felt]) -> str:
    lasted = median(f.lasted_seconds for f in felt)
    first = [f.first_seconds for f in felt]
    calm = [f.calm_seconds for f in felt]
    return (
        f"| {name} | {len(felt)} | {lasted:.1f} | {median(first):.1f}, {max(first):.1f} "
        f"| {median(calm):.1f}, {max(calm):.1f} |"
    )


def write(report: Report, folder: Path) -> None:
    """Keep both forms."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    (folder / "report.md").write_text(markdown(report) + "\n")
