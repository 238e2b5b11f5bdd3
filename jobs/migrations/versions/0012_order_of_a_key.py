"""The queued jobs of each concurrency key in their order: only the first in line may start."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

WAITING = sa.text("concurrency_key IS NOT NULL AND state = 'queued'")


def upgrade() -> None:
    op.create_index(
        'jobs_of_key', 'jobs', ['org_id', 'concurrency_key', 'score'], postgresql_where=WAITING
    )


def downgrade() -> None:
    op.drop_index('jobs_of_key', table_name='jobs')
