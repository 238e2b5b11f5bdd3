"""Briefs, one a user and day, the days that were decided, and which were read in the inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

READ = "name = 'brief_completed' AND read_at IS NOT NULL"


def words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "briefs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        words("org_id"),
        words("user_id"),
        sa.Column("day", sa.Date(), nullable=False),
        words("timezone"),
        words("title"),
        words("body"),
        sa.Column("tasks", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("events", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("by_email", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("model", sa.Text(), nullable=False, server_default=""),
        sa.Column("usage", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now()"),
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
    )
    op.create_index("briefs_day", "briefs", ["org_id", "user_id", "day"], unique=True)
    op.create_index(
        "briefs_opened",
        "briefs",
        ["org_id", "user_id", "opened_at"],
        postgresql_where=sa.text("opened_at IS NOT NULL"),
    )
    op.create_table(
        "brief_days",
        sa.Column("org_id", sa.Text(), primary_key=True),
        sa.Column("user_id", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), nullable=False),
    )
    op.create_index("inbox_briefs_read", "inbox", ["job_id"], postgresql_where=sa.text(READ))


def downgrade() -> None:
    op.drop_index("inbox_briefs_read", "inbox")
    op.drop_table("brief_days")
    op.drop_table("briefs")
