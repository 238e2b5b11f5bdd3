"""How far every channel is: the newest numbers of users' sequences, of orgs', jobs' and batches' versions.

The same question is asked every two seconds for everybody who is connected, so it has to be cheap:
sequences are found by a number that stands for org and user, all at once, and only what differs comes back.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jobs.db import Database
from jobs.models.job import SEQUENCE_KEY

# Changes only after a restore or a failover that lost commits: the realm's name, the database it
# lives in and the write-ahead log's timeline.
EPOCH = """(SELECT left(md5(realm.name || d.oid
    || left(pg_walfile_name(pg_current_wal_lsn()), 8)), 8)
  FROM realm, pg_database d WHERE d.datname = current_database())"""


User = tuple[str, str]


def key(table: str) -> str:
    """Return the SQL of a sequence's key, as the index has it."""
    return SEQUENCE_KEY.replace("user_id", f"{table}.user_id").replace("org_id", f"{table}.org_id")


# ANY beside the join: the index is then walked once, in its order, instead of once for each key.
DIFFERENT = f"""
SELECT {EPOCH} AS epoch, 'epoch' AS what, 0::bigint AS key, NULL::uuid AS id, '' AS org, '' AS part,
  0::bigint AS seq
UNION ALL
SELECT '', 'user', {key("s")}, NULL, '', '', s.seq
FROM sequences s JOIN unnest($1::bigint[], $2::bigint[]) AS t(key, known)
  ON {key("s")} = t.key AND s.seq <> t.known
WHERE {key("s")} = ANY($1)
UNION ALL
SELECT '', 'new', {key("t")}, NULL, t.org_id, t.user_id, s.seq
FROM unnest($9::text[], $10::text[]) AS t(org_id, user_id)
LEFT JOIN sequences s ON s.org_id = t.org_id AND s.user_id = t.user_id
UNION ALL
SELECT '', 'job', 0, j.id, '', '', j.version
FROM jobs j JOIN unnest($3::uuid[], $4::bigint[]) AS t(id, known)
  ON j.id = t.id AND j.version <> t.known
WHERE j.id = ANY($3)
UNION ALL
SELECT '', 'batch', 0, b.id, '', '', b.version
FROM batches b JOIN unnest($5::uuid[], $6::bigint[]) AS t(id, known)
  ON b.id = t.id AND b.version <> t.known
WHERE b.id = ANY($5)
UNION ALL
"""

MOVED = f"""{DIFFERENT}
SELECT '', 'org', 0, NULL, t.org, '', s.seq
FROM unnest($7::text[], $8::bigint[]) AS t(org, known), LATERAL (
  SELECT coalesce(sum(seq), 0)::bigint AS seq FROM sequences WHERE org_id = t.org
) s WHERE s.seq <> t.known
"""

POSITIONS = f"""{DIFFERENT}
SELECT '', 'part', 0, NULL, s.org_id, s.user_id, s.seq
FROM sequences s JOIN unnest($7::text[], $8::bigint[]) AS t(org, known) ON s.org_id = t.org
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers by what they belong to: (org, user), job, batch, org; ``parts`` by user for each org."""

    users: dict[User, int] = field(default_factory=dict)
    jobs: dict[UUID, int] = field(default_factory=dict)
    batches: dict[UUID, int] = field(default_factory=dict)
    orgs: dict[str, int] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    def put(self, what: str, name: Any, part: str, seq: int) -> None:
        """Take in the number of a job, a batch, an org or one of its parts."""
        match what:
            case "job":
                self.jobs[name] = seq
            case "batch":
                self.batches[name] = seq
            case "org":
                self.orgs[name] = seq
            case "part":
                self.parts.setdefault(name, {})[part] = seq


async def moved(db: Database, known: Numbers) -> tuple[str, Numbers]:
    """Return the epoch and the numbers that differ from the known ones; what does not exist is left out."""
    return await _ask(db, MOVED, known)


async def positions(db: Database, known: Numbers) -> tuple[str, Numbers]:
    """Return the same as ``moved``, but of orgs the parts instead of their sum."""
    return await _ask(db, POSITIONS, known)


async def _ask(db: Database, sql: str, known: Numbers) -> tuple[str, Numbers]:
    keys, seqs, new = _by_key(known.users)
    lists: list[Any] = [list(keys), seqs]
    for numbers in (known.jobs, known.batches, known.orgs):
        lists += [list(numbers), list(numbers.values())]
    lists += [[org for org, _ in new], [user for _, user in new]]
    epoch, found = "", Numbers()
    for name, what, hashed, ident, org, part, seq in await db.fetch(sql, *lists):
        if what == "epoch":
            epoch = name
        elif what == "user":
            found.users[keys[hashed]] = seq
        elif what == "new":
            KEYS[org, part] = hashed
            if seq is not None and seq != known.users[org, part]:
                found.users[org, part] = seq
        else:
            found.put(what, ident or org, part, seq)
    return epoch, found


def _by_key(users: dict[User, int]) -> tuple[dict[int, User], list[int], list[User]]:
    """Return the users whose keys are known, by key, their numbers, and the other users."""
    if len(KEYS) > MOST_KEYS:
        KEYS.clear()
    keys: dict[int, User] = {}
    seqs: list[int] = []
    new: list[User] = []
    for user, seq in users.items():
        hashed = KEYS.get(user)
        if hashed is None:
            new.append(user)
        else:
            keys[hashed] = user
            seqs.append(seq)
    return keys, seqs, new


KEYS: dict[User, int] = {}
MOST_KEYS = 65_536
"""The keys of sequences as the database computes them, each asked for once: they never change."""


async def epoch(db: Database) -> str:
    """Return the name of this database's timeline."""
    record = await db.fetchrow(f"SELECT {EPOCH} AS epoch")
    return str(record["epoch"]) if record else ""
