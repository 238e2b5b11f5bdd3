"""Brain dumps: what users write down as it comes to mind, and what became of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def instant(name: str, *, now: bool) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=default)


def json(name: str, default: str | None) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False, server_default=default)


def upgrade() -> None:
    op.create_table(
        "brain_dumps",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default="reading"),
        json("known", None),
        json("context", "{}"),
        json("tasks", "{}"),
        sa.Column("extracted", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        json("proposals", "[]"),
        json("outcomes", "[]"),
        json("usage", "{}"),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        instant("expires_at", now=False),
        sa.CheckConstraint(
            "status IN ('reading', 'waiting', 'done', 'rejected', 'nothing_found', 'expired')",
            name="brain_dumps_status_known",
        ),
    )
    op.create_index("brain_dumps_owner", "brain_dumps", ["org_id", "user_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("brain_dumps")
