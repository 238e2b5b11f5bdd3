"""docs/planning.md says what is so: args, strategies, bounds, routes, codes."""

import re
from pathlib import Path
from typing import get_args

from jobs.kept.plans import MOST_PLANS
from jobs.kept.tasks import MOST_TASKS
from jobs.onboarding import answers
from jobs.onboarding.portrait import MOST_PROJECTS, About
from jobs.planning import plan
from jobs.planning.standing import MOST_TITLES
from jobs.planning.strategies import STRATEGIES, StrategyName
from jobs.processors.onboarding_analysis import onboarding_analysis
from jobs.processors.phase_generation import phase_generation
from service.routes import TABLE

GUIDE = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
ONBOARDING, PLANNING, PHASES = GUIDE.split("\n## ")[1:]


def rows(text: str) -> dict[str, str]:
    """Return the rows of the tables whose first cell is one word."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))


def test_every_arg_is_there() -> None:
    assert set(rows(ONBOARDING)) == set(onboarding_analysis.args.model_fields)
    assert set(rows(PLANNING)) - set(get_args(StrategyName)) == set(
        phase_generation.args.model_fields
    )


def test_every_strategy_is_there_with_what_it_is_held_to() -> None:
    told = {name: row for name, row in rows(PLANNING).items() if name in STRATEGIES}

    assert list(told) == list(get_args(StrategyName)) == list(STRATEGIES)
    for name, strategy in STRATEGIES.items():
        days = re.search(r"at most (\d+) days", told[name])
        assert (int(days[1]) if days else None) == strategy.longest_days
        assert ("no overlap" in told[name]) == (not strategy.overlap)
        assert ("a dependency at least" in told[name]) == strategy.chained
        assert told[name].endswith(f"| {strategy.usual_phases}")


def test_every_bound_is_right() -> None:
    assert f"at most {answers.MOST_ANSWERS} of" in ONBOARDING
    assert f"{answers.MOST_WORDS:,} characters in all" in ONBOARDING
    assert f"1 to {MOST_PROJECTS};" in ONBOARDING
    assert f"1 to {plan.MOST_PHASES};" in PLANNING
    wanted = f"at most {plan.MOST_TASKS_EACH} of\n  them in a phase and {plan.MOST_TASKS} in all"
    assert wanted in PLANNING
    assert f"({MOST_TITLES} titles at most)" in PLANNING
    assert f"(the last {MOST_PLANS} of a project)" in PLANNING
    assert f"({MOST_TASKS:,} a user" in PLANNING


def test_every_field_of_a_profile_is_there() -> None:
    named = re.search(r"holds `about` \((.*?)\)", ONBOARDING, re.DOTALL)

    assert named is not None
    assert re.findall(r"`(\w+)`", named[1]) == list(About.model_fields)


def test_every_route_is_there() -> None:
    named = set(re.findall(r"\| `([A-Z]+) (/api/(?:phases|profile)[/{}\w]*)", GUIDE))

    assert named == {
        (method, path)
        for method, path, _ in TABLE
        if path.startswith(("/api/phases", "/api/profile"))
    }


def test_notifications_and_limits_are_as_said() -> None:
    for kind, text in ((onboarding_analysis, ONBOARDING), (phase_generation, PLANNING)):
        minutes = int(kind.timeout.total_seconds() // 60)
        assert f"{minutes} minutes an attempt, {kind.max_attempts} attempts" in text
        assert f"`notification.{kind.failed_as}`" in text
