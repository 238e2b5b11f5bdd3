import pytest
from alembic.script import Script

from tests.deploy.migration_rules import BASELINE, RULES, faults, revisions, statements

BAD = {
    "DROP TABLE jobs": "drops a table",
    "ALTER TABLE jobs DROP COLUMN tags": "drops a column",
    "ALTER TABLE jobs RENAME tags TO labels": "renames",
    "ALTER TABLE jobs ALTER COLUMN attempt TYPE BIGINT": "changes a type",
    "ALTER TABLE jobs ADD COLUMN shade TEXT NOT NULL": "asks old code",
    "ALTER TABLE jobs ALTER COLUMN tags SET NOT NULL": "refuses",
    "ALTER TABLE jobs ALTER COLUMN tags DROP DEFAULT": "takes a default away",
    "CREATE INDEX jobs_shade ON jobs (shade)": "builds an index",
    "CREATE UNIQUE INDEX jobs_shade ON jobs (shade)": "builds an index",
    "DROP INDEX jobs_shade": "drops an index",
    "ALTER TABLE jobs ADD CONSTRAINT c CHECK (attempt > 0)": "checks every row",
    "ALTER TABLE jobs ADD CONSTRAINT f FOREIGN KEY(a) REFERENCES b (id)": "checks every row",
    "ALTER TABLE jobs ADD CONSTRAINT u UNIQUE (id)": "builds a constraint's index",
    "ALTER TABLE jobs ADD COLUMN r FLOAT DEFAULT random() NOT NULL": "writes every row",
    "UPDATE jobs SET tags = '{}'": "changes rows",
    "LOCK TABLE jobs": "locks by hand",
    "CREATE INDEX CONCURRENTLY jobs_shade ON jobs (shade)": "half done",
}
GOOD = [
    ["CREATE TABLE shades (id UUID NOT NULL)", "CREATE INDEX shades_id ON shades (id)"],
    ["ALTER TABLE jobs ADD COLUMN shade TEXT"],
    ["ALTER TABLE jobs ADD COLUMN shade TEXT DEFAULT '' NOT NULL"],
    ["ALTER TABLE jobs ADD CONSTRAINT c CHECK (attempt > 0) NOT VALID"],
    ["ALTER TABLE jobs VALIDATE CONSTRAINT c"],
    ["DROP INDEX CONCURRENTLY IF EXISTS shade", "CREATE INDEX CONCURRENTLY shade ON jobs (id)"],
]


def wrong_with(revision: Script) -> list[str]:
    dropped = frozenset(getattr(revision.module, "unused_by_the_version_before", ()))
    return list(faults(statements(revision.module.upgrade), dropped))


def test_a_migration_leaves_the_version_before_it_at_work() -> None:
    since = [revision for revision in revisions() if revision.revision > BASELINE]

    wrong = {revision.revision: wrong_with(revision) for revision in since}

    assert {number: found for number, found in wrong.items() if found} == {}


def test_what_was_laid_before_the_baseline_shows_that_the_rules_read_real_migrations() -> None:
    laid = [revision for revision in revisions() if revision.revision <= BASELINE]

    found = {fault.partition(":")[0] for revision in laid for fault in wrong_with(revision)}

    assert "builds an index while nobody can write" in found


def test_the_migrations_are_one_line_in_their_order() -> None:
    line = [(revision.revision, revision.down_revision) for revision in revisions()]

    numbers = [number for number, _ in line]
    assert numbers == sorted(numbers)
    assert line == list(zip(numbers, [None, *numbers], strict=False))


@pytest.mark.parametrize(("statement", "reason"), BAD.items())
def test_what_breaks_old_code_or_locks_long_is_found(statement: str, reason: str) -> None:
    found = list(faults([statement]))

    assert [reason in fault for fault in found] == [True]


@pytest.mark.parametrize("sent", GOOD, ids=lambda sent: sent[-1])
def test_what_old_code_does_not_notice_is_let_pass(sent: list[str]) -> None:
    assert list(faults(sent)) == []


def test_a_column_may_go_when_the_version_before_has_left_it() -> None:
    sent = ["ALTER TABLE jobs DROP COLUMN tags"]

    assert list(faults(sent, frozenset({"jobs.tags"}))) == []


def test_every_rule_is_tried() -> None:
    tried = {sentence for sentence in RULES for reason in BAD.values() if reason in sentence}

    assert tried == set(RULES)
