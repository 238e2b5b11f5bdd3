"""Jobs, the users' change sequences, workers' leases, uploads, spent tickets and the realm's name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEGAL_EDGES = """
(OLD.state = 'waiting' AND NEW.state IN ('scheduled','queued','cancelled','failed','expired')) OR
(OLD.state IN ('scheduled','retrying') AND NEW.state IN ('queued','cancelled','expired')) OR
(OLD.state = 'queued' AND NEW.state IN ('running','cancelled','expired')) OR
(OLD.state = 'running' AND NEW.state IN ('succeeded','failed','cancelled','queued','retrying')) OR
(OLD.state IN ('failed','cancelled','expired') AND NEW.state = 'queued')
"""

FUNCTION = """
CREATE FUNCTION refuse_job_edge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'job %: % -> % is no legal change', OLD.id, OLD.state, NEW.state
    USING ERRCODE = 'check_violation';
END $$
"""

TRIGGER = f"""
CREATE TRIGGER jobs_legal_edges BEFORE UPDATE ON jobs FOR EACH ROW
  WHEN (NEW.attempt < OLD.attempt OR NEW.version < OLD.version
        OR (OLD.state IS DISTINCT FROM NEW.state AND NOT ({LEGAL_EDGES})))
  EXECUTE FUNCTION refuse_job_edge()
"""


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), server_default="default", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("crashes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), server_default="3", nullable=False),
        sa.Column("timeout_seconds", sa.Double(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "metadata", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "history", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.CheckConstraint(
            "(state = 'running') = (worker_id IS NOT NULL)", name="jobs_running_owned"
        ),
        sa.CheckConstraint(
            "(state IN ('succeeded','failed','cancelled','expired')) = (finished_at IS NOT NULL)",
            name="jobs_final_finished",
        ),
        sa.CheckConstraint(
            "state IN ('waiting','scheduled','queued','running','retrying','succeeded','failed','cancelled','expired')",
            name="jobs_state_known",
        ),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index("jobs_changes", "jobs", ["org_id", "user_id", "change_seq"], unique=False)
    op.create_index(
        "jobs_due",
        "jobs",
        ["run_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('scheduled','retrying')"),
    )
    op.create_index("jobs_newest", "jobs", ["org_id", "user_id", "id"], unique=False)
    op.create_index(
        "jobs_queued", "jobs", ["score"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_index(
        "jobs_running",
        "jobs",
        ["worker_id"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "jobs_suspects",
        "jobs",
        ["score"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' AND crashes > 0"),
    )
    op.create_table(
        "realm", sa.Column("name", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("name")
    )
    op.create_table(
        "sequences",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "user_id"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "spent_tickets",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce"),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uploads_expiry", "uploads", ["expires_at"], unique=False)
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "info", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO realm VALUES (gen_random_uuid()::text)")
    op.execute(FUNCTION)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER jobs_legal_edges ON jobs")
    op.execute("DROP FUNCTION refuse_job_edge")
    op.drop_table("workers")
    op.drop_index("uploads_expiry", table_name="uploads")
    op.drop_table("uploads")
    op.drop_table("spent_tickets")
    op.drop_table("sequences")
    op.drop_table("realm")
    op.drop_index("jobs_suspects", table_name="jobs")
    op.drop_index("jobs_running", table_name="jobs", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("jobs_queued", table_name="jobs", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("jobs_newest", table_name="jobs")
    op.drop_index(
        "jobs_due", table_name="jobs", postgresql_where=sa.text("state IN ('scheduled','retrying')")
    )
    op.drop_index("jobs_changes", table_name="jobs")
    op.drop_table("jobs")
