"""How Postgres keeps the tables: free space for updates in place, and when autovacuum comes.

Autovacuum's default, a fifth of a table dead, is 200,000 dead rows in a million: by then every look at the
partial indexes walks past them. The settings say it by the way a table is used; none blocks anybody.
"""

BUSY = {
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_vacuum_cost_delay": "1",
}
"""Grows large, and each row changes a few times in its first seconds."""

HOT = {
    "fillfactor": "50",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_threshold": "200",
    "autovacuum_vacuum_cost_delay": "0",
}
"""Few rows, each changed again and again, in place as long as its page has room."""

PASSING = {
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_cost_delay": "1",
}
"""Rows that are written once and deleted before long."""
