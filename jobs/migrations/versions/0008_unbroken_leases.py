"""Since when a worker's lease has been renewed without a break."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    since = sa.Column(
        'unbroken_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False
    )
    op.add_column('workers', since)


def downgrade() -> None:
    op.drop_column('workers', 'unbroken_since')
