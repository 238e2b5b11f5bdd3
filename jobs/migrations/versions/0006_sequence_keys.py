"""A short key for each user's sequence, so that thousands of positions are compared in one cheap query."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KEY = r"('x' || left(md5(org_id || E'\x1f' || user_id), 16))::bit(64)::bigint"


def upgrade() -> None:
    op.add_column('sequences', sa.Column('key', sa.BigInteger(), sa.Computed(KEY, persisted=True), nullable=False))
    op.create_index('sequences_key', 'sequences', ['key'], unique=False)


def downgrade() -> None:
    op.drop_index('sequences_key', table_name='sequences')
    op.drop_column('sequences', 'key')
