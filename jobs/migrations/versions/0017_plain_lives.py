"""The worker's name in a column: a job's history is written only when its life is not plain."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("worker_name", sa.Text()))


def downgrade() -> None:
    op.drop_column("jobs", "worker_name")
