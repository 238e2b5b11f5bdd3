"""The newest batches of a user, and the newest failed jobs of everybody and of an org."""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

FAILED = sa.text("state = 'failed'")
OF_ALL = sa.text("state = 'failed' AND finished_at IS NOT NULL")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        add('batches_newest', 'batches', ['org_id', 'user_id', 'id'])
        add('jobs_failed', 'jobs', ['id'], postgresql_where=OF_ALL)
        add('jobs_failed_of_org', 'jobs', ['org_id', 'id'], postgresql_where=FAILED)


def add(name: str, table: str, columns: list[str], **more: sa.TextClause) -> None:
    """Build an index while jobs go on; one that was left half built is built anew."""
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
    op.create_index(name, table, columns, postgresql_concurrently=True, **more)


def downgrade() -> None:
    op.drop_index('jobs_failed_of_org', table_name='jobs')
    op.drop_index('jobs_failed', table_name='jobs')
    op.drop_index('batches_newest', table_name='batches')
