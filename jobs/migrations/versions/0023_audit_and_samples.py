"""What operators look back at: the audit log, which is never changed, and samples of queues and workers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# The product's own role cannot rewrite what happened, nor forget what is younger than thirty days, which is
# the shortest AUDIT_RETENTION there may be.
REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at < now() - interval '30 days' THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""
ROWS = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()
"""
WHOLE = """
CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
"""


def number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
        sa.Column("org_id", sa.Text()),
        sa.Column("actor", sa.Text()),
        sa.Column("actor_org", sa.Text()),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column("request_id", sa.Text()),
        sa.Column("address", sa.Text()),
    )
    op.create_index("audit_org", "audit", ["org_id", "id"])
    op.create_index("audit_subject", "audit", ["subject", "id"])
    op.create_index("audit_actor", "audit", ["actor", "id"])
    op.create_index("audit_action", "audit", ["action", "id"])
    for statement in (REFUSE, ROWS, WHOLE):
        op.execute(statement)
    op.create_table(
        "queue_samples",
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        number("queued"),
        number("held"),
        number("running"),
        sa.Column("lag_seconds", sa.Double(), nullable=False),
        number("workers"),
        number("slots"),
        number("busy"),
    )


def downgrade() -> None:
    op.drop_table("queue_samples")
    op.drop_table("audit")
    op.execute("DROP FUNCTION refuse_audit_change()")
