"""Calendars kept in step with Google's: the calendars, their events, and where the two sides disagreed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def instant(name: str, *, now: bool = False, null: bool = False) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=null)


def words(name: str, default: str = "") -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def whole(name: str, default: int) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def flag(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text("false"))


def parent(name: str, other: str) -> sa.Column:
    key = sa.ForeignKey(f"{other}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Uuid(), key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        parent("connection_id", "connections"),
        sa.Column("remote_id", sa.Text(), nullable=False),
        words("name"),
        words("own_name"),
        words("timezone", "UTC"),
        words("access"),
        flag("paused"),
        words("sync_token"),
        instant("full_at", null=True),
        instant("next_at", now=True),
        whole("touches", 0),
        instant("synced_at", null=True),
        instant("changed_at", null=True),
        whole("round", 0),
        sa.Column("syncing_job", sa.Uuid()),
        instant("syncing_until", null=True),
        sa.Column("channel_id", sa.Uuid()),
        words("channel_resource"),
        instant("channel_until", null=True),
        sa.Column("channel_message", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("channel_next", sa.Uuid()),
        instant("channel_after", null=True),
        words("channel_error"),
        whole("failures", 0),
        sa.Column("failed_job", sa.Uuid()),
        instant("failing_since", null=True),
        words("error_code"),
        words("error"),
        instant("broken_at", null=True),
        instant("left_at", null=True),
        instant("created_at", now=True),
        instant("updated_at", now=True),
    )
    op.create_index("calendars_remote", "calendars", ["connection_id", "remote_id"], unique=True)
    op.create_index("calendars_owner", "calendars", ["org_id", "user_id", "created_at", "id"])
    partly = {
        "calendars_due": ("next_at", "NOT paused AND broken_at IS NULL"),
        "calendars_channel": ("channel_id", "channel_id IS NOT NULL"),
        "calendars_channel_next": ("channel_next", "channel_next IS NOT NULL"),
    }
    for name, (column, where) in partly.items():
        op.create_index(name, "calendars", [column], postgresql_where=sa.text(where))
    op.create_table(
        "calendar_events",
        sa.Column("id", sa.Uuid(), primary_key=True),
        parent("calendar_id", "calendars"),
        sa.Column("remote_id", sa.Text(), nullable=False),
        words("series"),
        words("etag"),
        instant("remote_updated_at", null=True),
        words("agreed"),
        words("title"),
        words("description"),
        words("location"),
        flag("all_day"),
        instant("starts_at"),
        instant("ends_at"),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        words("timezone"),
        words("status", "confirmed"),
        words("url"),
        words("pending"),
        instant("changed_at", null=True),
        instant("pushed_at", null=True),
        sa.Column("seen_by", sa.Uuid()),
        whole("version", 1),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        sa.CheckConstraint(
            "pending IN ('', 'create', 'change', 'restore', 'delete')",
            name="calendar_events_pending",
        ),
    )
    events = "calendar_events"
    op.create_index("calendar_events_remote", events, ["calendar_id", "remote_id"], unique=True)
    op.create_index("calendar_events_time", events, ["calendar_id", "starts_at", "id"])
    op.create_index(
        "calendar_events_pending",
        events,
        ["calendar_id"],
        postgresql_where=sa.text("pending <> ''"),
    )
    op.create_table(
        "calendar_conflicts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        parent("calendar_id", "calendars"),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        words("problem"),
        sa.Column("local", postgresql.JSONB()),
        sa.Column("remote", postgresql.JSONB()),
        instant("local_changed_at", null=True),
        instant("remote_changed_at", null=True),
        instant("created_at", now=True),
        sa.CheckConstraint("winner IN ('local', 'remote')", name="calendar_conflicts_winner"),
    )
    op.create_index(
        "calendar_conflicts_order", "calendar_conflicts", ["calendar_id", "created_at", "id"]
    )


def downgrade() -> None:
    for name in ("calendar_conflicts", "calendar_events", "calendars"):
        op.drop_table(name)
