"""Feeds that users follow, what they brought, and what pages say about themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

METADATA = ('description', 'author', 'site_name', 'canonical_url')


def instant(name: str, *, now: bool = False, null: bool = False) -> sa.Column:
    default = sa.text('now()') if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=null)


def words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default='')


def upgrade() -> None:
    op.create_table(
        'feeds',
        sa.Column('id', sa.Uuid(), primary_key=True),
        sa.Column('org_id', sa.Text(), nullable=False),
        sa.Column('user_id', sa.Text(), nullable=False),
        sa.Column('url', sa.Text(), nullable=False),
        words('title'),
        words('own_title'),
        words('site_url'),
        words('language'),
        words('format'),
        sa.Column('paused', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        words('etag'),
        words('last_modified'),
        words('sha256'),
        sa.Column('ids_repeat', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        instant('next_at', now=True),
        instant('fetched_at', null=True),
        instant('changed_at', null=True),
        sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
        sa.Column('failed_job', sa.Uuid()),
        instant('failing_since', null=True),
        instant('flagged_at', null=True),
        words('error_code'),
        words('error'),
        instant('ended_at', null=True),
        instant('created_at', now=True),
        instant('updated_at', now=True),
    )
    op.create_index('feeds_owner', 'feeds', ['org_id', 'user_id', 'url'], unique=True)
    op.create_index(
        'feeds_due', 'feeds', ['next_at', 'id'], postgresql_where=sa.text('NOT paused AND ended_at IS NULL')
    )
    op.create_table(
        'feed_items',
        sa.Column('id', sa.Uuid(), primary_key=True),
        sa.Column(
            'feed_id', sa.Uuid(), sa.ForeignKey('feeds.id', ondelete='CASCADE'), nullable=False
        ),
        sa.Column('identity', sa.Text(), nullable=False),
        words('guid'),
        words('url'),
        words('title'),
        words('summary'),
        words('author'),
        instant('published_at', null=True),
        instant('ordered_at'),
        sa.Column('enclosures', postgresql.JSONB(), nullable=False, server_default='[]'),
        sa.Column('sha256', sa.Text(), nullable=False),
        sa.Column('job_id', sa.Uuid(), nullable=False),
        instant('created_at'),
        instant('updated_at'),
    )
    op.create_index('feed_items_identity', 'feed_items', ['feed_id', 'identity'], unique=True)
    op.create_index('feed_items_order', 'feed_items', ['feed_id', 'ordered_at', 'id'])
    for name in METADATA:
        op.add_column('pages', words(name))
    op.add_column('pages', instant('published_at', null=True))
    op.execute("UPDATE pages SET etag = '', last_modified = ''")  # read again, for what they say about themselves


def downgrade() -> None:
    for name in ('published_at', *METADATA):
        op.drop_column('pages', name)
    op.drop_table('feed_items')
    op.drop_table('feeds')
