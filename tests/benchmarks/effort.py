"""How long and how much is measured: thoroughly, or in under a minute."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Counts, rounds and seconds of every part."""

    rounds: int = 3
    drain_jobs: int = 20_000
    peer_jobs: int = 4_000
    all_racers: bool = True
    accept_seconds: float = 2.0
    warm_seconds: float = 0.5
    bulk_jobs: int = 20_000
    samples: int = 200
    slow_samples: int = 40
    live_seconds: float = 8.0
    counted_seconds: float = 4.0
    counted_jobs: int = 5_000
    many_rows: int = 1_000_000
    window_jobs: int = 4_000


THOROUGH = Effort()
QUICK = Effort(
    rounds=1, drain_jobs=5_000, peer_jobs=2_000, all_racers=False, accept_seconds=0.6,
    warm_seconds=0.2, bulk_jobs=5_000, samples=50, slow_samples=0, live_seconds=1.5,
    counted_seconds=1.0, counted_jobs=2_000, many_rows=100_000, window_jobs=1_000,
)  # fmt: skip
