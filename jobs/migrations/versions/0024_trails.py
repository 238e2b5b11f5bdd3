"""Jobs keep the ids of the request that made them: what their log lines and traces are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("trail", sa.Text()))  # nullable, no default: no row is touched


def downgrade() -> None:
    op.drop_column("jobs", "trail")
