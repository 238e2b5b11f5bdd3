"""Text messages: one row each, from when it is held or asked for until it is there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def instant(name: str, *, now: bool = False) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=not now, server_default=default
    )


def upgrade() -> None:
    op.create_table(
        "sms_messages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("to_number", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("inbox_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}"),
        sa.Column("verification_id", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False, server_default="held"),
        sa.Column("sendings", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("segments", sa.Integer()),
        sa.Column("provider_id", sa.Text()),
        instant("unanswered_at"),
        sa.Column("told", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("error", postgresql.JSONB()),
        instant("asked_at"),
        instant("held_until"),
        instant("again_at"),
        instant("sent_at"),
        instant("delivered_at"),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        sa.CheckConstraint(
            "state IN ('held', 'asking', 'queued', 'sent', 'delivered', 'retrying', 'undelivered', "
            "'failed', 'skipped')",
            name="sms_messages_state",
        ),
    )
    op.create_index("sms_messages_owner", "sms_messages", ["org_id", "user_id", "created_at", "id"])
    op.create_index("sms_messages_asked", "sms_messages", ["org_id", "user_id", "asked_at"])
    op.create_index(
        "sms_messages_provider",
        "sms_messages",
        ["provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(
        "sms_messages_again",
        "sms_messages",
        ["again_at"],
        postgresql_where=sa.text("state = 'retrying'"),
    )
    op.create_index(
        "sms_messages_open",
        "sms_messages",
        ["updated_at"],
        postgresql_where=sa.text("state IN ('held', 'asking', 'queued', 'sent')"),
    )


def downgrade() -> None:
    op.drop_table("sms_messages")
