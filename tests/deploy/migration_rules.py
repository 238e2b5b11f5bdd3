"""What a migration may not do while the version before it still runs on the same tables.

Read from the SQL that alembic would send. Each rule is a sentence and what it is found by.
"""

import io
import re
from collections.abc import Callable, Iterator

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from jobs.settings import JobsSettings
from service.schema import scripts

BASELINE = "0022"
"""Up to here there was no installation that had to go on running: tables were still being laid."""

CREATED = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)")
ALTERED = re.compile(
    r"^(?:ALTER TABLE (?:ONLY )?|(?:UPDATE|DELETE FROM|LOCK TABLE|TRUNCATE) )(\w+)"
    r"|^CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?(\w+)"
)
Rule = Callable[[str], bool]


def found_by(pattern: str, unless: str = r"(?!)") -> Rule:
    """Return a rule that a statement with ``pattern`` breaks, unless it has the other one too."""
    breaking, saved = re.compile(pattern, re.DOTALL), re.compile(unless, re.DOTALL)
    return lambda statement: bool(breaking.search(statement)) and not saved.search(statement)


OLD_CODE = {
    "drops a table that old code reads": found_by(r"^DROP TABLE"),
    "drops a column that old code reads": found_by(r"DROP COLUMN"),
    "renames what old code names": found_by(r"^ALTER .* RENAME "),
    "changes a type under old code, and rewrites the table": found_by(r"ALTER COLUMN \S+ TYPE "),
    "asks old code for a column it does not know": found_by(
        r"ADD COLUMN .*NOT NULL", unless=r" DEFAULT "
    ),
    "refuses what old code may write": found_by(r"ALTER COLUMN \S+ SET NOT NULL"),
    "takes a default away that old code leans on": found_by(r"ALTER COLUMN \S+ DROP DEFAULT"),
}
LOCKS = {
    "builds an index while nobody can write": found_by(r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"),
    "drops an index while nobody can read": found_by(r"^DROP INDEX (?!CONCURRENTLY)"),
    "checks every row while nobody can write": found_by(
        r"ADD CONSTRAINT .*(CHECK|FOREIGN KEY)", unless=r"NOT VALID"
    ),
    "builds a constraint's index while nobody can write": found_by(
        r"ADD (CONSTRAINT .*)?(UNIQUE|PRIMARY KEY)", unless=r"USING INDEX"
    ),
    "writes every row anew for its default": found_by(
        r"ADD COLUMN .* DEFAULT .*(random|clock_timestamp|uuid\w*|nextval)\("
    ),
    "changes rows by the table in one transaction": found_by(r"^(UPDATE|DELETE FROM|TRUNCATE) "),
    "locks by hand": found_by(r"^(LOCK TABLE|VACUUM FULL|CLUSTER|REINDEX (?!.*CONCURRENTLY))"),
}
RULES = OLD_CODE | LOCKS


def revisions() -> list[Script]:
    """Return every migration, oldest first."""
    directory: ScriptDirectory = scripts(JobsSettings())
    return list(directory.walk_revisions())[::-1]


def statements(upgrade: Callable[[], None]) -> list[str]:
    """Return the SQL a migration would send, one line a statement, without sending it."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer, "literal_binds": True}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with context.begin_transaction(), Operations.context(context):
        upgrade()
    spoken = (" ".join(part.split()) for part in buffer.getvalue().split(";\n"))
    return [s for s in spoken if s and s not in {"BEGIN", "COMMIT"}]


def faults(sent: list[str], dropped: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield what a migration does wrong.

    A table made by the migration itself may be treated as one likes. ``dropped`` are tables and
    ``table.column`` that the version before has stopped to use: the second step of two.
    """
    new = {made[1] for statement in sent if (made := CREATED.match(statement))}
    for statement in sent:
        touched = ALTERED.match(statement)
        if touched and (touched[1] or touched[2]) in new:
            continue
        if goes(statement) in dropped:
            continue
        for sentence, breaks in RULES.items():
            if breaks(statement):
                yield f"{sentence}: {statement}"
    concurrent = [s for s in sent if "CONCURRENTLY" in s]
    if concurrent and (len(sent) != len(concurrent) or not repeatable(concurrent)):
        yield f"what is half done when it fails stays so: {concurrent[0]}"


def goes(statement: str) -> str:
    """Return the table or ``table.column`` that a statement drops."""
    table = re.match(r"DROP TABLE (\w+)", statement)
    column = re.match(r"ALTER TABLE (\w+) DROP COLUMN (\w+)", statement)
    return table[1] if table else f"{column[1]}.{column[2]}" if column else ""


def repeatable(sent: list[str]) -> bool:
    """Say whether what runs outside a transaction drops first what a failed try left behind."""
    names = re.compile(r"^(DROP|CREATE)(?: UNIQUE)? INDEX CONCURRENTLY (IF EXISTS )?(\w+)")
    read = [found.groups() for s in sent if (found := names.match(s))]
    gone = {name for verb, careful, name in read if verb == "DROP" and careful}
    return all(name in gone for verb, _, name in read if verb == "CREATE")
