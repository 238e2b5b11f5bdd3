"""The tables, one aggregate a file, all of them in ``tables``; and the words their columns hold.

A process that serves needs only the words (``state``, ``policy``): the tables stand on SQLAlchemy, which
takes 25 MB, and are loaded by alembic alone. What processors keep is read and written in ``jobs.kept``.
"""
