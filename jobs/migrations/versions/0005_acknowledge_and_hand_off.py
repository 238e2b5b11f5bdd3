"""Acknowledged inbox entries, preferences, and the hand-off of what no device has shown."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('preferences',
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), server_default='UTC', nullable=False),
    sa.Column('quiet_from', sa.Time(), nullable=True),
    sa.Column('quiet_until', sa.Time(), nullable=True),
    sa.Column('urgent_failures', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('email_opt_in', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('email_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('sms_opt_in', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('phone_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('webhook_opt_in', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('about', sa.Text(), server_default='all', nullable=False),
    sa.Column('names', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('handoff_seconds', sa.Integer(), nullable=True),
    sa.Column('handed_off_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('org_id', 'user_id')
    )
    # What is there already counts as shown: a default that is evaluated once fills no row.
    op.add_column('inbox', sa.Column('acked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=True))
    op.alter_column('inbox', 'acked_at', server_default=None)
    op.add_column('inbox', sa.Column('handoff_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('inbox', sa.Column('handed_off', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_index('inbox_unacked', 'inbox', ['org_id', 'user_id', 'change_seq'], unique=False, postgresql_where=sa.text('acked_at IS NULL'))
    op.create_index('inbox_handoff', 'inbox', ['handoff_at'], unique=False, postgresql_where=sa.text('handoff_at IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('inbox_handoff', table_name='inbox', postgresql_where=sa.text('handoff_at IS NOT NULL'))
    op.drop_index('inbox_unacked', table_name='inbox', postgresql_where=sa.text('acked_at IS NULL'))
    op.drop_column('inbox', 'handed_off')
    op.drop_column('inbox', 'handoff_at')
    op.drop_column('inbox', 'acked_at')
    op.drop_table('preferences')
