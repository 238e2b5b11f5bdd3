"""A course outline's text → its timeline. Pure functions; they run in the process pool.

Reading order: ``timeline`` (the whole way) · ``reader`` (row by row) · ``dates`` (as written) · ``weeks``
(days named by their week) · ``terms`` (which year) · ``courses`` · ``transcript`` · ``columns`` (a table's
header) · ``events`` (a row's) · ``wording`` (what words mean).
"""

from jobs.outline.timeline import Event, Outline, outline_json, parse_outline

__all__ = ["Event", "Outline", "outline_json", "parse_outline"]
