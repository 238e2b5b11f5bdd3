"""The newest batches of a user, and the newest failed jobs of everybody and of an org.

Built while others write: what a try that failed has left behind goes first.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

FAILED: dict[str, Any] = {"postgresql_where": sa.text("state = 'failed'")}
OF_ALL = {"postgresql_where": sa.text("state = 'failed' AND finished_at IS NOT NULL")}
INDEXES: list[tuple[str, str, list[str], dict[str, Any]]] = [
    ("batches_newest", "batches", ["org_id", "user_id", "id"], {}),
    ("jobs_failed", "jobs", ["id"], OF_ALL),
    ("jobs_failed_of_org", "jobs", ["org_id", "id"], FAILED),
]


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, columns, where in INDEXES:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, columns, postgresql_concurrently=True, **where)


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
