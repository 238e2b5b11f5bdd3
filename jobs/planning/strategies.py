"""The ways a project may be cut into phases, and what is asked of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

StrategyName = Literal["milestones", "weekly", "agile", "critical_path"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """``manner`` is for the model; the rest is checked.

    A phase has at most ``longest_days``, None for any number. Phases may ``overlap``, or each begins after
    the one before has ended. In a ``chained`` plan some task depends on another.
    """

    manner: str
    usual_phases: int
    longest_days: int | None = None
    overlap: bool = False
    chained: bool = False


STRATEGIES: Mapping[StrategyName, Strategy] = {
    "milestones": Strategy(
        "Each phase ends with a result that can be shown to somebody; its goal names that result. "
        "Phases do not overlap.",
        usual_phases=5,
    ),
    "weekly": Strategy(
        "Each phase is one week, at most 7 days, with a theme of its own and what fits into a week. "
        "Phases do not overlap. If there are more weeks than phases, plan the first ones.",
        usual_phases=8,
        longest_days=7,
    ),
    "agile": Strategy(
        "Each phase is a sprint of at most 14 days with a sprint goal. The first delivers the smallest "
        "thing that works, each later one an increment; the last tasks of each are a review and a look "
        "back. Phases do not overlap.",
        usual_phases=6,
        longest_days=14,
    ),
    "critical_path": Strategy(
        "Find the longest chain of tasks that depend on each other, and arrange everything else around "
        "it. Name every dependency in depends_on; give the tasks of the chain priority 3. Phases group "
        "what is done together and may overlap.",
        usual_phases=5,
        overlap=True,
        chained=True,
    ),
}
