"""How far every channel is: the newest numbers of users' sequences, of orgs', jobs' and batches' versions.

The same question is asked every two seconds for everybody who is connected, so it has to be cheap:
sequences are found by a number that stands for org and user, all at once, and only what differs comes back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jobs.db import Database
from jobs.ids import as_uuid
from jobs.models.sequence_key import SEQUENCE_KEY
from realtime.channels import Channel

# Changes only after a restore or a failover that lost commits: the realm's name, the database it
# lives in and the write-ahead log's timeline.
EPOCH = """(SELECT left(md5(realm.name || d.oid
    || left(pg_walfile_name(pg_current_wal_lsn()), 8)), 8)
  FROM realm, pg_database d WHERE d.datname = current_database())"""


def key(table: str) -> str:
    """Return the SQL of a sequence's key, as the index has it."""
    return SEQUENCE_KEY.replace("user_id", f"{table}.user_id").replace("org_id", f"{table}.org_id")


# ``place`` is the place in the list that was asked with. ANY beside the join: the index is then walked
# once, in its order, instead of once for each key.
DIFFERENT = f"""
SELECT {EPOCH} AS epoch, 'epoch' AS what, 0::bigint AS place, 0::bigint AS key, '' AS part, 0::bigint AS seq
UNION ALL
SELECT '', 'user', t.place, 0, '', s.seq
FROM sequences s JOIN unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS t(key, known, place)
  ON {key("s")} = t.key AND s.seq <> t.known
WHERE {key("s")} = ANY($1)
UNION ALL
SELECT '', 'new', t.place, {key("t")}, '', coalesce(s.seq, t.known)
FROM unnest($3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS t(org_id, user_id, known, place)
LEFT JOIN sequences s ON s.org_id = t.org_id AND s.user_id = t.user_id
UNION ALL
SELECT '', 'job', t.place, 0, '', j.version
FROM jobs j JOIN unnest($6::uuid[], $7::bigint[]) WITH ORDINALITY AS t(id, known, place)
  ON j.id = t.id AND j.version <> t.known
WHERE j.id = ANY($6)
UNION ALL
SELECT '', 'batch', t.place, 0, '', b.version
FROM batches b JOIN unnest($8::uuid[], $9::bigint[]) WITH ORDINALITY AS t(id, known, place)
  ON b.id = t.id AND b.version <> t.known
WHERE b.id = ANY($8)
UNION ALL
"""

MOVED = f"""{DIFFERENT}
SELECT '', 'org', t.place, 0, '', s.seq
FROM unnest($10::text[], $11::bigint[]) WITH ORDINALITY AS t(org, known, place), LATERAL (
  SELECT coalesce(sum(seq), 0)::bigint AS seq FROM sequences WHERE org_id = t.org
) s WHERE s.seq <> t.known
"""

POSITIONS = f"""{DIFFERENT}
SELECT '', 'part', t.place, 0, s.user_id, s.seq
FROM sequences s JOIN unnest($10::text[], $11::bigint[]) WITH ORDINALITY AS t(org, known, place)
  ON s.org_id = t.org
"""

Known = Iterable[tuple[Channel, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """The newest numbers by channel; ``parts`` by user for each org."""

    epoch: str
    offsets: dict[Channel, int] = field(default_factory=dict)
    parts: dict[Channel, dict[str, int]] = field(default_factory=dict)


async def moved(db: Database, known: Known) -> Found:
    """Return the numbers that differ from the known ones; what does not exist is left out."""
    return await _ask(db, MOVED, Question(known))


async def positions(db: Database, known: Known) -> Found:
    """Return the same as ``moved``, but of orgs the parts instead of their sum."""
    return await _ask(db, POSITIONS, Question(known))


class Question:
    """What is known, sorted into the lists the statements take: one for each kind, and new users."""

    def __init__(self, known: Known) -> None:
        self.users: list[Channel] = []
        self._keys: list[int] = []
        self._seqs: list[int] = []
        self.others: dict[str, list[tuple[Channel, Any, int]]] = {
            "new": [], "job": [], "batch": [], "org": [],
        }  # fmt: skip
        if len(KEYS) > MOST_KEYS:
            KEYS.clear()
        for channel, offset in known:
            hashed = KEYS.get(channel)
            if hashed is None:
                self._put_other(channel, offset)
            else:
                self.users.append(channel)
                self._keys.append(hashed)
                self._seqs.append(offset)

    @property
    def lists(self) -> list[list[Any]]:
        """Return the statement's parameters."""
        new = self.others["new"]
        lists: list[list[Any]] = [self._keys, self._seqs, [one[0].org for one in new]]
        for rows in self.others.values():
            lists += [[name for _, name, _ in rows], [offset for _, _, offset in rows]]
        return lists

    def channel(self, what: str, place: int) -> Channel:
        """Return which channel stands at a place, counted from 1."""
        return self.users[place - 1] if what == "user" else self.others[what][place - 1][0]

    def _put_other(self, channel: Channel, offset: int) -> None:
        name: UUID | str | None = as_uuid(channel.id) if channel.single else channel.id
        if name is not None:
            what = "new" if channel.kind == "user" else channel.kind
            self.others[what].append((channel, name, offset))


async def _ask(db: Database, sql: str, question: Question) -> Found:
    top, *records = await db.fetch(sql, *question.lists)
    found = Found(top["epoch"])
    for _, what, place, hashed, part, seq in records:
        if what == "part":
            channel = question.channel("org", place)
            found.parts.setdefault(channel, {})[part] = seq
            continue
        channel = question.channel(what, place)
        if what == "new":
            KEYS[channel] = hashed
        if what != "new" or seq != question.others["new"][place - 1][2]:
            found.offsets[channel] = seq
    return found


KEYS: dict[Channel, int] = {}
"""The keys of users' sequences as they were told, by channel: hashing is left to Postgres."""

MOST_KEYS = 65_536


async def epoch(db: Database) -> str:
    """Return the name of this database's timeline."""
    record = await db.fetchrow(f"SELECT {EPOCH} AS epoch")
    return str(record["epoch"]) if record else ""
