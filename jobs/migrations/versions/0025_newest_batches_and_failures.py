"""The newest batches of a user, and the newest failed jobs of everybody and of an org."""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    op.create_index('batches_newest', 'batches', ['org_id', 'user_id', 'id'])
    op.create_index('jobs_failed', 'jobs', ['id'], postgresql_where=FAILED)
    op.create_index('jobs_failed_of_org', 'jobs', ['org_id', 'id'], postgresql_where=FAILED)


def downgrade() -> None:
    op.drop_index('jobs_failed_of_org', table_name='jobs')
    op.drop_index('jobs_failed', table_name='jobs')
    op.drop_index('batches_newest', table_name='batches')
