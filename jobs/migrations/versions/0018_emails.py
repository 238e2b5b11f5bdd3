"""E-mails: what was sent to whom, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def instant(name: str, *, now: bool = False) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=not now, server_default=default
    )


def upgrade() -> None:
    op.create_table(
        "emails",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("list", sa.Text()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("brief_id", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False, server_default="sending"),
        sa.Column("answer", sa.Text()),
        sa.Column("error", sa.Text()),
        instant("asked_at"),
        instant("sent_at"),
        instant("unsubscribed_at"),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        sa.CheckConstraint("state IN ('sending', 'sent', 'failed')", name="emails_state"),
        sa.CheckConstraint("list IN ('handoff', 'brief', 'other')", name="emails_list"),
    )
    op.create_index("emails_owner", "emails", ["org_id", "user_id", "created_at", "id"])
    op.create_index(
        "emails_unsubscribed",
        "emails",
        ["org_id", "address"],
        postgresql_where=sa.text("unsubscribed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("emails")
