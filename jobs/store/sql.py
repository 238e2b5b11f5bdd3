"""What every change of jobs shares: numbers from the users' sequences, and the history entry."""

NUMBERED = """
counted AS (
  SELECT org_id, user_id, count(*) AS n FROM own GROUP BY org_id, user_id
), taken AS (
  INSERT INTO sequences AS s (org_id, user_id, seq)
  SELECT org_id, user_id, n FROM counted ORDER BY org_id, user_id
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + excluded.seq
  RETURNING org_id, user_id, seq
), numbered AS (
  SELECT own.*, taken.seq - counted.n
         + row_number() OVER (PARTITION BY own.org_id, own.user_id ORDER BY own.id) AS number
  FROM own JOIN counted USING (org_id, user_id) JOIN taken USING (org_id, user_id)
)"""
"""CTEs that give every row of a CTE ``own(id, org_id, user_id, …)`` its change number.

``own`` is read whole (and so its row locks are all held) before the first sequence is touched.
"""

NEXT = "version = j.version + 1, change_seq = n.number"
"""The part of every SET that makes a change a change."""


def entry(kind: str, attempt: str = "j.attempt", extra: str = "'{}'::jsonb") -> str:
    """Return the SET clause that appends to the history. All three are SQL expressions."""
    return (
        "history = j.history || (jsonb_build_object('seq', j.version + 1, 'type', "
        f"{kind}, 'time', now(), 'attempt', {attempt}) || {extra})"
    )


MILLISECONDS = "extract(epoch FROM now()) * 1000"
"""The database's clock on the queue's scale."""
