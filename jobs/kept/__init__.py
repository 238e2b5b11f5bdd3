"""What processors keep, one table a file: a row as they see it, and the SQL that reads and writes it.

Every function takes the session of ``context.db()`` and speaks to the driver (``statement``), so a
process that only serves loads no table, and SQLAlchemy not before the first session.
"""
