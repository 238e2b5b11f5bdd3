"""What every change of jobs shares: numbers, the history entry, and what else is told in its transaction.

Each statement names the rows it changes in a CTE ``own`` with the columns of CHANGE; ``own`` is read whole,
so its row locks are all held before the first sequence is touched. Locks are taken in one order
everywhere: finished job rows by id, unfinished ones by id, limits by key, batches by id, sequences by
org and user.
"""

from jobs.models.state import FINAL, State
from jobs.store.plain_life import LIVED

FINALS = ", ".join(f"'{state}'" for state in State if state in FINAL)
UNFINISHED = [state for state in State if state not in FINAL]


def change(becomes: str, kind: str, notes: str = "0", table: str = "j") -> str:
    """Return the columns that ``own`` needs beside its own: what changes, and who is told.

    All are SQL expressions over ``table``: the state it enters, the event's type, and 1 when the change
    makes an inbox entry as well.
    """
    return (
        f"{table}.id, {table}.org_id, {table}.user_id, {table}.kind, {table}.batch_id, "
        f"{table}.webhook_id, {table}.state AS was, {becomes} AS becomes, {kind} AS type, "
        f"({notes}) AS notes, {table}.version + 1 AS seq"
    )


def noted(state: str, table: str = "j") -> str:
    """Return the SQL for: the job asked for an inbox entry and ``state`` is an ending."""
    return f"({table}.notify AND {state} IN ({FINALS}))::int"


def numbered(numbers: str = "1", after: str = "") -> str:
    """Return CTEs that give every row of ``own(id, org_id, user_id, …)`` its change number.

    ``numbers`` is the SQL for how many numbers a row takes; it keeps the first. ``after`` names a CTE
    that must be done before the sequences are locked.
    """
    wait = f"WHERE (SELECT count(*) FROM {after}) >= 0" if after else ""
    return f"""
counted AS (
  SELECT org_id, user_id, sum({numbers}) AS n FROM own {wait} GROUP BY org_id, user_id
), taken AS (
  INSERT INTO sequences AS s (org_id, user_id, seq)
  SELECT org_id, user_id, n FROM counted ORDER BY org_id, user_id
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + excluded.seq
  RETURNING org_id, user_id, seq
), numbered AS (
  SELECT own.*, taken.seq - counted.n + 1 - ({numbers})
         + sum({numbers}) OVER (PARTITION BY own.org_id, own.user_id ORDER BY own.id) AS number
  FROM own JOIN counted USING (org_id, user_id) JOIN taken USING (org_id, user_id)
)"""


NUMBERED = numbered()


def told(after: str = "") -> str:
    """Return the CTEs that number the changes in ``own`` and write what is told of them.

    A job's change takes the next number of its user's sequence, its inbox entry the one after that.
    ``after`` names a CTE that must be done before the batches and sequences are locked.
    """
    numbers = numbered("1 + own.notes", "batch_locks")
    return f"{batch_locks(after)}, {numbers}, {TALLIED}, {NOTED}, {HOOKED}"


def batch_locks(after: str) -> str:
    """Return the CTE that locks the batches concerned: before the sequences, as completing one does."""
    wait = f"AND (SELECT count(*) FROM {after}) >= 0" if after else ""
    return f"""batch_locks AS MATERIALIZED (
  SELECT id FROM batches WHERE id IN (SELECT batch_id FROM own) {wait} ORDER BY id FOR NO KEY UPDATE
)"""


def delta(state: State) -> str:
    """Return the SQL for how many more jobs of a batch are in ``state`` than before."""
    return (
        f"count(*) FILTER (WHERE becomes = '{state}') - count(*) FILTER (WHERE was = '{state}')"
        f" AS {state}"
    )


TALLIED = f"""tallied AS (
  UPDATE batches b SET total = b.total + t.fresh, revision = b.revision + 1,
    {", ".join(f"{state} = b.{state} + t.{state}" for state in State)},
    round = b.round + (b.completed_at IS NOT NULL AND t.unfinished > 0)::int,
    completed_at = CASE WHEN t.unfinished > 0 THEN NULL ELSE b.completed_at END
  FROM batch_locks l JOIN (
    SELECT *, {" + ".join(UNFINISHED)} AS unfinished FROM (
      SELECT batch_id, count(*) FILTER (WHERE was IS NULL) AS fresh,
        {", ".join(delta(state) for state in State)}
      FROM own WHERE batch_id IS NOT NULL GROUP BY batch_id
    ) AS counts
  ) t ON t.batch_id = l.id
  WHERE b.id = l.id
)"""
"""Moves the counters of the batches concerned; a completed batch that gets work again opens a round."""

UNSEEN = "inbox.unseen"
"""The event that a webhook hears when no device has shown an entry in time."""


def wanted_at(table: str) -> str:
    """Return the SQL for ``handoff_at`` of a new entry: now, if its user has asked to be told elsewhere.

    Everybody else's entries are never looked at again. ``table`` has the columns org_id and user_id.
    """
    return f"""CASE WHEN EXISTS (
    SELECT FROM preferences p WHERE p.org_id = {table}.org_id AND p.user_id = {table}.user_id
      AND (p.email_opt_in OR p.sms_opt_in)
  ) OR EXISTS (
    SELECT FROM webhooks h WHERE h.org_id = {table}.org_id AND h.user_id = {table}.user_id
      AND h.disabled_at IS NULL AND NOT h.for_job AND '{UNSEEN}' = ANY(h.events)
  ) THEN now() END"""


NOTED = f"""noted AS (
  INSERT INTO inbox (id, org_id, user_id, job_id, name, data, change_seq, handoff_at)
  SELECT md5(id || '.' || seq)::uuid, org_id, user_id, id, type,
         jsonb_build_object('kind', kind, 'state', becomes), number + 1, {wanted_at("numbered")}
  FROM numbered WHERE notes = 1
)"""
"""The inbox entry's id follows from the change, so that whoever tells of the change knows it."""

HOOKED = f"""hooked AS (
  INSERT INTO deliveries (id, webhook_id, type, subject_id, seq, change_seq)
  SELECT gen_random_uuid(), w.id, n.type, n.id, n.seq, n.number
  FROM numbered n JOIN webhooks w ON w.org_id = n.org_id AND w.disabled_at IS NULL AND CASE
    WHEN w.for_job THEN w.id = n.webhook_id AND n.becomes IN ({FINALS})
    ELSE (w.user_id = n.user_id OR w.whole_org) AND w.events && ARRAY[n.type, 'job.*']
  END
)"""

FREED = """freeing AS (
  SELECT key, count(*) AS n FROM own, unnest(own.slots) AS key GROUP BY key
), limit_locks AS MATERIALIZED (
  SELECT key FROM limits WHERE key IN (SELECT key FROM freeing) ORDER BY key FOR NO KEY UPDATE
), freed AS (
  UPDATE limits l SET used = greatest(l.used - f.n, 0)
  FROM freeing f JOIN limit_locks k ON k.key = f.key WHERE l.key = f.key
  RETURNING l.key
)"""
"""Gives back the slots in ``own.slots``; to be put before ``told("freed")``."""

NEXT = "version = j.version + 1, change_seq = n.number"
"""The part of every SET that makes a change a change."""


def entry(attempt: str = "j.attempt", extra: str = "'{}'::jsonb", plainly: str = "false") -> str:
    """Return the SET clause that appends to the history. All are SQL expressions.

    ``plainly`` says when nothing need be written (see ``plain_life``).
    """
    return (
        f"history = CASE WHEN {plainly} THEN j.history ELSE {LIVED} || ("
        f"jsonb_build_object('seq', n.seq, 'type', n.type, 'time', now(), 'attempt', {attempt})"
        f" || {extra}) END"
    )


MILLISECONDS = "extract(epoch FROM now()) * 1000"
"""The database's clock on the queue's scale."""

FRESH_SCORE = f"{MILLISECONDS} - j.priority * 1000"
"""The place of a job that is queued now."""
