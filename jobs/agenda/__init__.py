"""What two sides say of an event, and which of them counts: pure, without a clock or a database.

Reading order: ``content`` (what an event says) · ``sides`` (the event here, the event there) · ``merge``
(which one counts). The steps of a sync are ``jobs.syncing``'s.
"""
