"""Redis: reach, version, role, eviction, persistence, memory and clock."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from service.doctor import supported
from service.doctor.finding import Finding, clock, judge

FULL = 0.8
CROWDED = 0.8
MEBIBYTE = 1024 * 1024


async def examine_redis(client: Redis) -> AsyncIterator[Finding]:
    """Yield what is found; asks only what managed services allow (INFO, TIME)."""
    info: dict[str, Any] = await client.info()
    yield version(info)
    yield eviction(info)
    yield persistence(info)
    yield memory(info)
    yield room(info)
    before = datetime.now(UTC)
    seconds, micros = await client.time()
    theirs = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    yield clock("redis", theirs, before, datetime.now(UTC))


async def examine_realtime(client: Redis) -> AsyncIterator[Finding]:
    """Yield what is found of the server that REALTIME_REDIS_URL names: it only has to tell."""
    info: dict[str, Any] = await client.info()
    for finding in (version(info), memory(info), room(info)):
        yield replace(finding, name=finding.name.replace("redis", "realtime redis", 1))


def version(info: dict[str, Any]) -> Finding:
    """Judge the version, and that it takes writes at all."""
    valkey = "valkey_version" in info
    number = str(info["valkey_version" if valkey else "redis_version"])
    major, minor = (int(part) for part in number.split(".")[:2])
    untried, old = supported.redis((major, minor), valkey=valkey)
    message = f"{'Valkey ' if valkey else ''}version {number}"
    return judge("redis", message, warn=untried, fail=old or out_of_use(info))


def out_of_use(info: dict[str, Any]) -> str:
    """Return what to do about a server that takes none of our writes; empty when it does."""
    if info["role"] != "master":
        return "REDIS_URL names a read-only replica; give the primary."
    if info.get("redis_mode") == "cluster":
        return "Take one server without cluster mode: the scripts touch several keys at once."
    return ""


def eviction(info: dict[str, Any]) -> Finding:
    """Judge what Redis does when it is full."""
    policy = str(info.get("maxmemory_policy", "unknown"))
    advice = (
        "Set maxmemory-policy to noeviction; otherwise a full Redis forgets queued ids and "
        "progress, and jobs start late (none is lost)."
    )
    evicts = policy not in {"noeviction", "unknown"}
    return judge("redis eviction", policy, warn=advice if evicts else "")


def persistence(info: dict[str, Any]) -> Finding:
    """Judge persistence: Jobcast needs none, but a failing one makes Redis refuse writes."""
    failing = info.get("rdb_last_bgsave_status") == "err" or (
        info.get("aof_enabled") and info.get("aof_last_write_status") == "err"
    )
    kept = "append-only file" if info.get("aof_enabled") else "snapshots or none"
    advice = "Redis cannot write to its disk and may refuse writes; free space or turn saving off."
    message = f"{kept}; Jobcast needs none" if not failing else "the last save failed"
    return judge("redis persistence", message, warn=advice if failing else "")


def memory(info: dict[str, Any]) -> Finding:
    """Judge how full it is."""
    used, most = int(info["used_memory"]), int(info.get("maxmemory") or 0)
    message = f"{used / MEBIBYTE:.1f} MiB" + (
        f" of {most / MEBIBYTE:.0f} MiB" if most else ", no limit"
    )
    full = bool(most) and used > most * FULL
    advice = "Give Redis more memory; when it is full, events come late and jobs start late."
    return judge("redis memory", message, warn=advice if full else "")


def room(info: dict[str, Any]) -> Finding:
    """Judge how many connections are left for one more process."""
    used, most = int(info["connected_clients"]), int(info.get("maxclients") or 0)
    message = f"{used}" + (f" of {most}" if most else "") + " used"
    crowded = bool(most) and used > most * CROWDED
    advice = (
        "Take a plan with more connections or lower REDIS_POOL_SIZE; new processes may not get in."
    )
    return judge("redis connections", message, warn=advice if crowded else "")
