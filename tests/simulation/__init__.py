"""Weeks in minutes: real Postgres, Redis and workers under a clock that jumps from quarter to quarter.

Reading order: ``clock`` (the database's time, moved by hand) · ``crew`` (worker processes, and when they
are done).
"""
