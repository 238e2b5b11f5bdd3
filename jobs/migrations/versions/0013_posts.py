"""Posts: what went out where, how it fares by the hour, what is learnt; media of contents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def instant(name: str, *, now: bool = False) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=not now, server_default=default
    )


def upgrade() -> None:
    op.add_column(
        "contents", sa.Column("media", postgresql.JSONB(), nullable=False, server_default="[]")
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False, server_default=""),
        sa.Column("hashtags", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("state", sa.Text(), nullable=False, server_default="publishing"),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("provider_post_id", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("error", postgresql.JSONB()),
        sa.Column("job_id", sa.Uuid()),
        instant("held_until"),
        instant("asked_at"),
        sa.Column("asked_text", sa.Text()),
        instant("published_at"),
        instant("measured_at"),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        sa.CheckConstraint("state IN ('publishing', 'published', 'failed')", name="posts_state"),
        sa.UniqueConstraint("content_id", "connection_id", name="posts_once"),
    )
    op.create_index("posts_owner", "posts", ["org_id", "user_id", "created_at", "id"])
    op.create_index(
        "posts_open", "posts", ["updated_at"], postgresql_where=sa.text("state = 'publishing'")
    )
    op.create_index(
        "posts_published",
        "posts",
        ["connection_id", "published_at"],
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "samples",
        sa.Column("post_id", sa.Uuid(), sa.ForeignKey("posts.id", ondelete="CASCADE")),
        sa.Column("metric", sa.Text()),
        sa.Column("hour", sa.DateTime(timezone=True)),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "metric", "hour", name="samples_pkey"),
    )
    op.create_table(
        "learnings",
        sa.Column("org_id", sa.Text()),
        sa.Column("user_id", sa.Text()),
        sa.Column("brand", sa.Text()),
        sa.Column("facet", sa.Text()),
        sa.Column("value", sa.Text()),
        sa.Column("metric", sa.Text()),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        instant("updated_at", now=True),
        sa.PrimaryKeyConstraint(
            "org_id", "user_id", "brand", "facet", "value", "metric", name="learnings_pkey"
        ),
    )


def downgrade() -> None:
    op.drop_table("learnings")
    op.drop_table("samples")
    op.drop_table("posts")
    op.drop_column("contents", "media")
