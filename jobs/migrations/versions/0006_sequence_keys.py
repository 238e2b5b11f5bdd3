"""A short key for each user's sequence, so that thousands of positions are compared in one cheap query."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KEY = 'hashtextextended(user_id, hashtextextended(org_id, 0))'


def upgrade() -> None:
    op.create_index('sequences_key', 'sequences', [sa.text(KEY)], unique=False)


def downgrade() -> None:
    op.drop_index('sequences_key', table_name='sequences')
