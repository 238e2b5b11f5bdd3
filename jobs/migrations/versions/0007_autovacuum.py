"""When autovacuum comes to each table, by the way the table is used; blocks neither readers nor writers."""

from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

BUSY = {
    'autovacuum_vacuum_scale_factor': '0.02',
    'autovacuum_vacuum_insert_scale_factor': '0.05',
    'autovacuum_analyze_scale_factor': '0.02',
    'autovacuum_vacuum_cost_delay': '1',
}
HOT = {
    'autovacuum_vacuum_scale_factor': '0.05',
    'autovacuum_vacuum_threshold': '200',
    'autovacuum_vacuum_cost_delay': '0',
}
PASSING = {
    'autovacuum_vacuum_scale_factor': '0.05',
    'autovacuum_vacuum_threshold': '500',
    'autovacuum_vacuum_cost_delay': '1',
}
TABLES = {
    'jobs': BUSY,
    'sequences': HOT,
    'workers': HOT | {'fillfactor': '50'},
    'limits': HOT,
    'batches': HOT,
    'deliveries': PASSING,
    'idempotency_keys': PASSING,
    'spent_tickets': PASSING,
}


def upgrade() -> None:
    for table, parameters in TABLES.items():
        told = ', '.join(f'{name} = {value}' for name, value in parameters.items())
        op.execute(f'ALTER TABLE {table} SET ({told})')


def downgrade() -> None:
    for table, parameters in TABLES.items():
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(parameters)})")
