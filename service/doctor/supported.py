"""The versions Jobcast is tried with, by ``tests/matrix``; others may work, and nobody has looked."""

Version = tuple[int, int]

OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
OLDEST_REDIS: Version = (6, 2)
NEWEST_REDIS: Version = (7, 4)
OLDEST_VALKEY: Version = (7, 2)
NEWEST_VALKEY: Version = (9, 1)

LEAST_POSTGRES = 14
"""Below that a statement of ours does not run."""
LEAST_REDIS: Version = (6, 2)
"""Below that a command of ours is missing."""


def postgres(major: int) -> tuple[str, str]:
    """Return what to warn of and what fails with this PostgreSQL; both empty when it is tried."""
    if major < LEAST_POSTGRES:
        return "", f"Use PostgreSQL {OLDEST_POSTGRES} or newer."
    if OLDEST_POSTGRES <= major <= NEWEST_POSTGRES:
        return "", ""
    return f"Jobcast is tried with PostgreSQL {OLDEST_POSTGRES} to {NEWEST_POSTGRES}.", ""


def redis(number: Version, *, valkey: bool) -> tuple[str, str]:
    """Return the same for a Redis or a Valkey."""
    name = "Valkey" if valkey else "Redis"
    oldest = OLDEST_VALKEY if valkey else OLDEST_REDIS
    newest = NEWEST_VALKEY if valkey else NEWEST_REDIS
    if number < LEAST_REDIS:
        return "", "Use Redis 6.2 or newer, or Valkey."
    if oldest <= number <= newest:
        return "", ""
    return f"Jobcast is tried with {name} {shown(oldest)} to {shown(newest)}.", ""


def shown(number: Version) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, number))
