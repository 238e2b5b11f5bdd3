"""The version after this one, made from this one's files: what a release usually brings, all at once."""

import shutil
from pathlib import Path

from jobs.settings import JobsSettings
from jobs.version import VERSION
from service.schema import newest
from tests.e2e.program import ROOT

NEXT = "9.9.9"
PACKAGES = ("jobs", "realtime", "service")
VERSIONS = "jobs/migrations/versions"

ADDS = '''"""A column on the busiest table, and a table."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9001", "{newest}", None, None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("shade", sa.Text(), server_default="", nullable=False))
    op.create_table("shades", sa.Column("name", sa.Text(), primary_key=True))


def downgrade() -> None:
    op.drop_table("shades")
    op.drop_column("jobs", "shade")
'''
INDEXES = '''"""An index on the busiest table, while it is written."""

from alembic import op

revision, down_revision, branch_labels, depends_on = "9002", "9001", None, None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS jobs_shade")
        op.execute("CREATE INDEX CONCURRENTLY jobs_shade ON jobs (shade)")


def downgrade() -> None:
    op.drop_index("jobs_shade", table_name="jobs")
'''
KIND = '''
from jobs import Context, processor
from jobs.tick import Tick
from tests.kinds import Anything


@processor("brand_new")
async def brand_new(context: Context, args: Anything) -> Anything:
    """Knows what the version before does not."""
    await context.notify("brand_new_done", {"value": args.value})
    return args
'''
EDITS = {
    "jobs/version.py": (f'VERSION = "{VERSION}"', f'VERSION = "{NEXT}"'),
    "jobs/events.py": ("seldom(row, last)\n", 'seldom(row, last) | {"shade": "new"}\n'),
}


def make_next(folder: Path) -> Path:
    """Return ``folder`` with the next version of the product in it."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    (folder / VERSIONS / "9001_shade.py").write_text(ADDS.format(newest=newest(JobsSettings())))
    (folder / VERSIONS / "9002_index.py").write_text(INDEXES)
    (folder / "next_kinds.py").write_text(KIND)
    for name, (old, new) in EDITS.items():
        edit(folder / name, old, new)
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace what must be there."""
    text = file.read_text()
    assert old in text, f"{file} has changed: {old!r} is not in it"
    file.write_text(text.replace(old, new))
