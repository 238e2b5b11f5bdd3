"""Weeks in minutes: real Postgres, Redis and workers under a clock that jumps from quarter to quarter.

Reading order: ``clock`` (the database's time, moved by hand) · ``crew`` (worker processes, and when they
are done) · ``zones`` and ``people`` · ``life`` and ``agendas`` (what people do) · ``oracle`` (what a clock
on the wall says) · ``ledger`` (what was seen) · ``judge`` (what is wrong) · ``weeks`` (all of it).
"""
