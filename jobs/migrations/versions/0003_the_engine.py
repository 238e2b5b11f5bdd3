"""Batches, flows, limits, idempotency keys, schedules, webhooks, the inbox and bulk actions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('batches',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('total', sa.Integer(), server_default='0', nullable=False),
    sa.Column('waiting', sa.Integer(), server_default='0', nullable=False),
    sa.Column('scheduled', sa.Integer(), server_default='0', nullable=False),
    sa.Column('queued', sa.Integer(), server_default='0', nullable=False),
    sa.Column('running', sa.Integer(), server_default='0', nullable=False),
    sa.Column('retrying', sa.Integer(), server_default='0', nullable=False),
    sa.Column('succeeded', sa.Integer(), server_default='0', nullable=False),
    sa.Column('failed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('cancelled', sa.Integer(), server_default='0', nullable=False),
    sa.Column('expired', sa.Integer(), server_default='0', nullable=False),
    sa.Column('open', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('round', sa.SmallInteger(), server_default='1', nullable=False),
    sa.Column('on_complete', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('tags', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('change_seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    postgresql_with={'fillfactor': '50'}
    )
    op.create_index('batches_completed', 'batches', ['completed_at'], postgresql_where=sa.text('completed_at IS NOT NULL'))
    op.create_index('batches_changes', 'batches', ['org_id', 'user_id', 'change_seq'], unique=False)
    op.create_index('batches_done', 'batches', ['id'], unique=False, postgresql_where=sa.text('completed_at IS NULL AND NOT open AND waiting + scheduled + queued + running + retrying = 0'))
    op.create_table('bulk_actions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('within_org', sa.Text(), nullable=True),
    sa.Column('within_user', sa.Text(), nullable=True),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('filter', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('after_id', sa.Uuid(), nullable=True),
    sa.Column('matched', sa.Integer(), server_default='0', nullable=False),
    sa.Column('changed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('bulk_actions_open', 'bulk_actions', ['created_at'], unique=False, postgresql_where=sa.text('finished_at IS NULL'))
    op.create_table('idempotency_keys',
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('made_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('org_id', 'user_id', 'key')
    )
    op.create_index('idempotency_age', 'idempotency_keys', ['created_at'], unique=False)
    op.create_table('inbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('job_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('change_seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('inbox_age', 'inbox', ['created_at'])
    op.create_index('inbox_changes', 'inbox', ['org_id', 'user_id', 'change_seq'], unique=False)
    op.create_index('inbox_newest', 'inbox', ['org_id', 'user_id', 'created_at', 'id'], unique=False)
    op.create_index('inbox_unread', 'inbox', ['org_id', 'user_id'], unique=False, postgresql_where=sa.text('read_at IS NULL'))
    op.create_table('limits',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('used', sa.Integer(), server_default='0', nullable=False),
    sa.Column('free_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_org', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('key'),
    postgresql_with={'fillfactor': '50'}
    )
    op.create_table('marks',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('paused_queues',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('paused_by', sa.Text(), nullable=False),
    sa.Column('paused_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('schedules',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('args', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('cron', sa.Text(), nullable=True),
    sa.Column('every_seconds', sa.Double(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('timezone', sa.Text(), server_default='UTC', nullable=False),
    sa.Column('missed', sa.Text(), server_default='one', nullable=False),
    sa.Column('overlap', sa.Text(), server_default='allow', nullable=False),
    sa.Column('jitter_seconds', sa.Double(), server_default='0', nullable=False),
    sa.Column('paused', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('anchor_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_job_id', sa.Uuid(), nullable=True),
    sa.Column('runs', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_problem', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('org_id', 'user_id', 'key', name='schedules_key')
    )
    op.create_index('schedules_due', 'schedules', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL AND NOT paused'))
    op.create_table('webhooks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('org_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), server_default='', nullable=False),
    sa.Column('events', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('for_job', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('whole_org', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('old_secret', sa.LargeBinary(), nullable=True),
    sa.Column('old_secret_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_reason', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('webhooks_of_jobs', 'webhooks', ['org_id', 'user_id', 'url'], unique=True, postgresql_where=sa.text('for_job'))
    op.create_index('webhooks_owner', 'webhooks', ['org_id', 'user_id'], unique=False)
    op.create_table('answers',
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('answered_by', sa.Text(), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('job_id', 'number')
    )
    op.create_table('checkpoints',
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('job_id')
    )
    op.create_table('deliveries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('webhook_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('change_seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('tries', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('next_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    postgresql_with={'fillfactor': '70'}
    )
    op.create_index('deliveries_due', 'deliveries', ['webhook_id', 'next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('deliveries_webhook', 'deliveries', ['webhook_id', 'created_at', 'id'], unique=False)
    op.create_index('deliveries_age', 'deliveries', ['created_at'])
    op.create_table('dependencies',
    sa.Column('after_id', sa.Uuid(), nullable=False),
    sa.Column('job_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['after_id'], ['jobs.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('after_id', 'job_id')
    )
    op.create_index('dependencies_job', 'dependencies', ['job_id'], unique=False)
    op.create_index('uploads_of_org', 'uploads', ['org_id'])
    op.add_column('jobs', sa.Column('parent_id', sa.Uuid(), nullable=True))
    op.add_column('jobs', sa.Column('batch_id', sa.Uuid(), nullable=True))
    op.add_column('jobs', sa.Column('schedule_id', sa.Uuid(), nullable=True))
    op.add_column('jobs', sa.Column('webhook_id', sa.Uuid(), nullable=True))
    op.add_column('jobs', sa.Column('unique_key', sa.Text(), nullable=True))
    op.add_column('jobs', sa.Column('concurrency_key', sa.Text(), nullable=True))
    op.add_column('jobs', sa.Column('after_policy', sa.Text(), nullable=True))
    op.add_column('jobs', sa.Column('notify', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('jobs', sa.Column('followed', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('jobs', sa.Column('held_by', sa.Text(), nullable=True))
    op.add_column('jobs', sa.Column('let_go_by', sa.Text(), nullable=True))
    op.add_column('jobs', sa.Column('slots', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False))
    op.add_column('jobs', sa.Column('awaiting', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('jobs', sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint('jobs_held_queued', 'jobs', "held_by IS NULL OR state = 'queued'")
    op.drop_index('jobs_suspects', table_name='jobs', if_exists=True)
    op.drop_index(op.f('jobs_queued'), table_name='jobs', postgresql_where="(state = 'queued'::text)")
    op.create_index('jobs_queued', 'jobs', ['org_id', 'score'], unique=False, postgresql_where=sa.text("state = 'queued' AND held_by IS NULL"))
    op.create_index('jobs_batch', 'jobs', ['batch_id', 'id'], unique=False, postgresql_where=sa.text('batch_id IS NOT NULL'))
    op.create_index('jobs_children', 'jobs', ['parent_id', 'id'], unique=False, postgresql_where=sa.text('parent_id IS NOT NULL'))
    op.create_index('jobs_expiring', 'jobs', ['expires_at'], unique=False, postgresql_where=sa.text("expires_at IS NOT NULL AND attempt = 0 AND state IN ('waiting','scheduled','queued')"))
    op.create_index('jobs_finished', 'jobs', ['finished_at'], unique=False, postgresql_where=sa.text('finished_at IS NOT NULL'))
    op.create_index('jobs_followed', 'jobs', ['id'], unique=False, postgresql_where=sa.text('followed AND finished_at IS NOT NULL'))
    op.create_index('jobs_held', 'jobs', ['held_by', 'org_id', 'score'], unique=False, postgresql_where=sa.text('held_by IS NOT NULL'))
    op.create_index('jobs_of_schedule', 'jobs', ['schedule_id'], unique=False, postgresql_where=sa.text('schedule_id IS NOT NULL AND finished_at IS NULL'))
    op.create_index('jobs_unfinished', 'jobs', ['org_id', 'user_id', 'change_seq'], unique=False, postgresql_where=sa.text('finished_at IS NULL'))
    op.create_index('jobs_unsuccessful', 'jobs', ['org_id', 'user_id', 'id'], unique=False, postgresql_where=sa.text("state IN ('failed','cancelled','expired')"))
    op.create_index('jobs_unique', 'jobs', ['org_id', 'user_id', 'kind', 'unique_key'], unique=True, postgresql_where=sa.text('unique_key IS NOT NULL AND finished_at IS NULL'))


def downgrade() -> None:
    op.drop_index('uploads_of_org', table_name='uploads')
    op.drop_index('jobs_unsuccessful', table_name='jobs', postgresql_where=sa.text("state IN ('failed','cancelled','expired')"))
    op.drop_index('jobs_unfinished', table_name='jobs', postgresql_where=sa.text('finished_at IS NULL'))
    op.drop_index('jobs_unique', table_name='jobs', postgresql_where=sa.text('unique_key IS NOT NULL AND finished_at IS NULL'))
    op.drop_index('jobs_of_schedule', table_name='jobs', postgresql_where=sa.text('schedule_id IS NOT NULL AND finished_at IS NULL'))
    op.drop_index('jobs_held', table_name='jobs', postgresql_where=sa.text('held_by IS NOT NULL'))
    op.drop_index('jobs_followed', table_name='jobs', postgresql_where=sa.text('followed AND finished_at IS NOT NULL'))
    op.drop_index('jobs_finished', table_name='jobs', postgresql_where=sa.text('finished_at IS NOT NULL'))
    op.drop_index('jobs_expiring', table_name='jobs', postgresql_where=sa.text("expires_at IS NOT NULL AND attempt = 0 AND state IN ('waiting','scheduled','queued')"))
    op.drop_index('jobs_children', table_name='jobs', postgresql_where=sa.text('parent_id IS NOT NULL'))
    op.drop_index('jobs_batch', table_name='jobs', postgresql_where=sa.text('batch_id IS NOT NULL'))
    op.drop_index('jobs_queued', table_name='jobs', postgresql_where=sa.text("state = 'queued' AND held_by IS NULL"))
    op.create_index('jobs_suspects', 'jobs', ['score'], postgresql_where=sa.text("state = 'queued' AND crashes > 0"))
    op.create_index(op.f('jobs_queued'), 'jobs', ['score'], unique=False, postgresql_where="(state = 'queued'::text)")
    op.drop_column('jobs', 'expires_at')
    op.drop_column('jobs', 'awaiting')
    op.drop_column('jobs', 'slots')
    op.drop_column('jobs', 'let_go_by')
    op.drop_column('jobs', 'held_by')
    op.drop_column('jobs', 'followed')
    op.drop_column('jobs', 'notify')
    op.drop_column('jobs', 'after_policy')
    op.drop_column('jobs', 'concurrency_key')
    op.drop_column('jobs', 'unique_key')
    op.drop_column('jobs', 'webhook_id')
    op.drop_column('jobs', 'schedule_id')
    op.drop_column('jobs', 'batch_id')
    op.drop_column('jobs', 'parent_id')
    op.drop_index('dependencies_job', table_name='dependencies')
    op.drop_table('dependencies')
    op.drop_index('deliveries_webhook', table_name='deliveries')
    op.drop_index('deliveries_age', table_name='deliveries')
    op.drop_index('deliveries_due', table_name='deliveries', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_table('deliveries')
    op.drop_table('checkpoints')
    op.drop_table('answers')
    op.drop_index('webhooks_owner', table_name='webhooks')
    op.drop_index('webhooks_of_jobs', table_name='webhooks', postgresql_where=sa.text('for_job'))
    op.drop_table('webhooks')
    op.drop_index('schedules_due', table_name='schedules', postgresql_where=sa.text('next_at IS NOT NULL AND NOT paused'))
    op.drop_table('schedules')
    op.drop_table('paused_queues')
    op.drop_table('marks')
    op.drop_table('limits')
    op.drop_index('inbox_unread', table_name='inbox', postgresql_where=sa.text('read_at IS NULL'))
    op.drop_index('inbox_newest', table_name='inbox')
    op.drop_index('inbox_changes', table_name='inbox')
    op.drop_table('inbox')
    op.drop_index('idempotency_age', table_name='idempotency_keys')
    op.drop_table('idempotency_keys')
    op.drop_index('bulk_actions_open', table_name='bulk_actions', postgresql_where=sa.text('finished_at IS NULL'))
    op.drop_table('bulk_actions')
    op.drop_index('batches_done', table_name='batches', postgresql_where=sa.text('completed_at IS NULL AND NOT open AND waiting + scheduled + queued + running + retrying = 0'))
    op.drop_index('batches_changes', table_name='batches')
    op.drop_table('batches')
