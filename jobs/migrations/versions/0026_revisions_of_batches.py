"""A batch counts its changes: of two things told about it, the one with the higher revision is the newer."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default: no row is touched.
    op.add_column(
        "batches", sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("batches", "revision")
