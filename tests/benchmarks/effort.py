"""How long and how much is measured: thoroughly, or in under a minute."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Counts, rounds and seconds of every part."""

    rounds: int = 3
    drain_jobs: int = 20_000
    peer_jobs: int = 5_000
    all_racers: bool = True


THOROUGH = Effort()
QUICK = Effort(rounds=1, drain_jobs=5_000, peer_jobs=2_000, all_racers=False)
