"""Projects and tasks; whether and when a user wants a daily brief."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def instant(name: str, *, null: bool = False) -> sa.Column:
    default = None if null else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null, server_default=default)


def words(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def whole(name: str, default: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def upgrade() -> None:
    add_projects()
    add_tasks()
    add_wishes()


def add_projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), primary_key=True),
        words("org_id"),
        words("user_id"),
        words("name"),
        words("description", ""),
        words("goal", ""),
        words("status", "active"),
        sa.Column("starts_on", sa.Date()),
        sa.Column("due_on", sa.Date()),
        sa.Column("job_id", sa.Uuid()),
        whole("version", "1"),
        instant("created_at"),
        instant("updated_at"),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'done', 'archived')", name="projects_status_known"
        ),
        sa.CheckConstraint("due_on >= starts_on", name="projects_days_in_order"),
        sa.UniqueConstraint("id", "org_id", "user_id", name="projects_of_owner"),
    )
    op.create_index("projects_owner", "projects", ["org_id", "user_id", "created_at", "id"])


def add_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        words("org_id"),
        words("user_id"),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("phase_id", sa.Uuid()),
        words("title"),
        words("notes", ""),
        words("status", "open"),
        sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("starts_on", sa.Date()),
        sa.Column("due_on", sa.Date()),
        sa.Column("estimate_minutes", sa.Integer()),
        sa.Column("depends_on", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}"),
        whole("position", "0"),
        sa.Column("job_id", sa.Uuid()),
        instant("completed_at", null=True),
        whole("version", "1"),
        instant("created_at"),
        instant("updated_at"),
        sa.CheckConstraint(
            "status IN ('open', 'doing', 'done', 'dropped')", name="tasks_status_known"
        ),
        sa.CheckConstraint("priority BETWEEN 0 AND 3", name="tasks_priority_known"),
        sa.CheckConstraint("due_on >= starts_on", name="tasks_days_in_order"),
        sa.ForeignKeyConstraint(
            ["project_id", "org_id", "user_id"],
            ["projects.id", "projects.org_id", "projects.user_id"],
            name="tasks_project",
            ondelete="CASCADE",
        ),
    )
    op.create_index("tasks_owner", "tasks", ["org_id", "user_id", "created_at", "id"])
    op.create_index("tasks_of_project", "tasks", ["project_id", "position"])
    op.create_index(
        "tasks_open",
        "tasks",
        ["org_id", "user_id", "due_on"],
        postgresql_where=sa.text("status IN ('open', 'doing')"),
    )


def add_wishes() -> None:
    for name in ("brief_opt_in", "brief_email"):
        op.add_column(
            "preferences",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text("false")),
        )
    op.add_column(
        "preferences",
        sa.Column("brief_hour", sa.SmallInteger(), nullable=False, server_default="7"),
    )
    op.create_check_constraint(
        "preferences_brief_hour", "preferences", "brief_hour BETWEEN 0 AND 23"
    )
    op.create_index(
        "preferences_briefs",
        "preferences",
        ["timezone", "brief_hour"],
        postgresql_where=sa.text("brief_opt_in"),
    )


def downgrade() -> None:
    op.drop_index("preferences_briefs", table_name="preferences")
    op.drop_column("preferences", "brief_hour")
    op.drop_column("preferences", "brief_email")
    op.drop_column("preferences", "brief_opt_in")
    op.drop_table("tasks")
    op.drop_table("projects")
