"""Course outlines and transcripts as people send them: drawn here, kept as PDF beside what is in them.

Reading order: ``canvas`` (a page) · ``pdf_file`` (pages into a file) · ``outlines`` (those that can be
read) · ``unreadable`` (those that cannot). ``python -m tests.jobs.processors.samples`` draws all of them
anew, always the same bytes; the JSON beside each says what a reader finds in it.
"""
