from typing import Any

import pytest

from service.doctor import cache, supported
from service.doctor.supported import Version

INFO = {"redis_version": "7.0.15", "role": "master", "redis_mode": "standalone"}


@pytest.mark.parametrize(
    ("major", "level"), [(13, "fail"), (14, "warn"), (15, ""), (18, ""), (19, "warn")]
)
def test_a_postgres_out_of_the_range_is_told(major: int, level: str) -> None:
    warned, failed = supported.postgres(major)

    assert ("warn" if warned else "fail" if failed else "") == level


@pytest.mark.parametrize(
    ("number", "valkey", "level"),
    [((6, 0), False, "fail"), ((6, 2), False, ""), ((7, 4), False, ""), ((8, 0), False, "warn"),
     ((7, 2), True, ""), ((9, 1), True, ""), ((10, 0), True, "warn")],
)  # fmt: skip
def test_a_redis_out_of_the_range_is_told(number: Version, valkey: bool, level: str) -> None:
    warned, failed = supported.redis(number, valkey=valkey)

    assert ("warn" if warned else "fail" if failed else "") == level


@pytest.mark.parametrize(
    ("more", "level", "told"),
    [
        ({}, "ok", "version 7.0.15"),
        ({"valkey_version": "9.1.2"}, "ok", "Valkey version 9.1.2"),
        ({"role": "slave"}, "fail", "give the primary"),
        ({"redis_mode": "cluster"}, "fail", "without cluster mode"),
    ],
)
def test_a_server_that_cannot_be_used_fails(more: dict[str, Any], level: str, told: str) -> None:
    finding = cache.version({**INFO, **more})

    assert str(finding.level) == level
    assert told in finding.message + finding.advice


@pytest.mark.parametrize(
    ("more", "level"),
    [
        ({"aof_enabled": 1, "aof_last_write_status": "ok"}, "ok"),
        ({"aof_enabled": 1, "aof_last_write_status": "err"}, "warn"),
        ({"aof_enabled": 0, "rdb_last_bgsave_status": "err"}, "warn"),
    ],
)
def test_a_redis_that_cannot_save_is_told(more: dict[str, Any], level: str) -> None:
    assert str(cache.persistence(more).level) == level
