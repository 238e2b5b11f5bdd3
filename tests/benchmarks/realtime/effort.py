"""How long and how much is measured: thoroughly, or in under a minute."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Counts and seconds of every part."""

    clients: int = 1_000
    seconds: float = 3.0
    rounds: int = 3
    alone: bool = False
    all_peers: bool = True
    steady_seconds: float = 8.0
    idle: tuple[int, ...] = (1_000, 10_000)
    hold_seconds: float = 30.0
    checked: int = 10_000
    check_seconds: float = 20.0
    storm: int = 1_000
    joins: int = 100
    stalled_events: int = 20_000


THOROUGH = Effort()
QUICK = Effort(
    clients=300, seconds=0.5, rounds=1, all_peers=False, steady_seconds=1.0, idle=(500,),
    hold_seconds=1.0, checked=2_000, check_seconds=6.0, storm=300, joins=20, stalled_events=4_000,
)  # fmt: skip
