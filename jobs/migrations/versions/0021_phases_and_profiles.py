"""Phases of projects, the runs that planned them, and what onboarding found out about a user."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def instant(name: str) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
    )


def words(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def of_project(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id", "org_id", "user_id"],
        ["projects.id", "projects.org_id", "projects.user_id"],
        name=name,
        ondelete="CASCADE",
    )


def upgrade() -> None:
    add_phases()
    add_plans()
    add_profiles()


def add_phases() -> None:
    op.create_table(
        "phases",
        sa.Column("id", sa.Uuid(), primary_key=True),
        words("org_id"),
        words("user_id"),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        words("name"),
        words("goal", ""),
        words("status", "open"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("job_id", sa.Uuid()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        instant("created_at"),
        instant("updated_at"),
        sa.CheckConstraint(
            "status IN ('open', 'doing', 'done', 'dropped')", name="phases_status_known"
        ),
        sa.CheckConstraint("due_on >= starts_on", name="phases_days_in_order"),
        sa.UniqueConstraint("id", "project_id", name="phases_of_one_project"),
        of_project("phases_project"),
    )
    op.create_index("phases_order", "phases", ["project_id", "starts_on", "position", "id"])
    op.create_index("phases_owner", "phases", ["org_id", "user_id", "created_at", "id"])
    op.create_index("tasks_of_phase", "tasks", ["phase_id"])
    op.create_foreign_key(
        "tasks_phase", "tasks", "phases", ["phase_id", "project_id"], ["id", "project_id"]
    )
    op.create_check_constraint(
        "tasks_phase_of_a_project", "tasks", "phase_id IS NULL OR project_id IS NOT NULL"
    )


def add_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Uuid(), primary_key=True),
        words("org_id"),
        words("user_id"),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        instant("created_at"),
        of_project("plans_project"),
    )
    op.create_index("plans_of_project", "plans", ["project_id", "created_at", "id"])


def add_profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("org_id", sa.Text(), primary_key=True),
        sa.Column("user_id", sa.Text(), primary_key=True),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        words("language"),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("suggestions", postgresql.JSONB(), nullable=False),
        words("model"),
        sa.Column("usage", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        instant("created_at"),
        instant("updated_at"),
    )


def downgrade() -> None:
    op.drop_table("profiles")
    op.drop_table("plans")
    op.drop_constraint("tasks_phase_of_a_project", "tasks")
    op.drop_constraint("tasks_phase", "tasks")
    op.drop_index("tasks_of_phase", "tasks")
    op.drop_table("phases")
