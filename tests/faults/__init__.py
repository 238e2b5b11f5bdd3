"""The proof by fault: what is promised, asserted while processes, Redis and Postgres misbehave.

Reading order: ``kinds`` and ``journal`` (what ran, told outside the database) · ``steps`` and ``process``
(a web or worker process that is hit at a named step) · ``proxy`` (a bad network) · ``site`` (everything
up) · ``customer`` and ``watcher`` (who submits, who looks) · ``judge`` (what must hold) · the scenarios ·
``twins`` (each protection taken away: its scenario must notice) · ``chaos`` (the long run).
"""
